"""The vocabulary from which titles, people and descriptions are composed; every phrase was invented for Houseboat.

A composed text is one phrase of each slot, in order, joined without separators: the phrases carry their own blanks.
The order of a list is part of the generator's output: append, never insert (a test pins a checksum).
"""

from __future__ import annotations

TITLE_OPENINGS = (
    "The ", "That ", "", "My ", "Our ", "Last ", "Dear ", "Inside the ", "Beyond the ", "Hello, ", "Operation ", "No ",
    "", "The ", "",
)  # fmt: skip

TITLE_ADJECTIVES = (
    "Quiet", "Crooked", "Silver", "Paper", "Hollow", "Borrowed", "Midnight", "Salted", "Restless", "Painted", "Amber",
    "Forgotten", "Electric", "Frozen", "Wandering", "Velvet", "Broken", "Secret", "Golden", "Tidal", "Sleepless",
    "Copper", "Northern", "Second", "Unlikely", "Burning", "Little", "Distant", "Stubborn", "Honest", "Blue-Eyed",
    "Twelfth", "Naïve", "Scarlet", "Thirsty", "Patient", "Wooden", "Lucky", "Endless", "Counterfeit",
)  # fmt: skip

TITLE_NOUNS = (
    " Lantern", " Harbour", " Orchard", " Cartographer", " Ferry", " Symphony", " Clockmaker", " Lighthouse", " Tide",
    " Kitchen", " Monsoon", " Bicycle", " Alphabet", " Detective", " Garden", " Café", " Carnival", " Season",
    " Telegram", " Mountain", " Señorita", " Library", " Neighbours", " Island", " Promise", " Avalanche", " Piano",
    " Fortune", " Ghosts", " Rebels", " Wedding", " Caravan", " Submarine", " Hotel", " Sparrow", " Market", " Été",
    " Kingdom", " Goalkeeper", " Umbrella", " Witness", " Bakery", " Astronauts", " River", " Summer", " Machine",
    " Postman", " Elephants", " Verdict", " Rooftop",
)  # fmt: skip

TITLE_TAILS = (
    "", "", "", "", "", "", "", "", "", " of the North", ": The Reckoning", " & Sons", ", My Love", " in Winter",
    ": A Love Story", " at Noon", " Returns", " and Other Stories", ": Live", " of São Rafael", " Academy",
    " for Beginners", ' "Encore"', ", Interrupted", ": Part Two", " Under Glass", " by the Sea", " '84", " Club",
    " without a Map",
)  # fmt: skip

TITLE_REVISIONS = (" (Restored)", ": Director's Cut", " - Extended", ": Special Edition", " (Uncut)")

PLOT_OPENINGS = (
    "After a storm ruins the harvest", "When the only bridge in town collapses", "As the monsoon empties the city",
    "Following a wedding that never happened", "On the eve of a long-awaited trial", "Years after leaving the circus",
    "During the hottest summer in memory", "Stranded at a border station", "When a letter arrives forty years late",
    "With one week left to save the theatre", "After winning a lottery by mistake", "In a village without a clock",
    "When the lights go out across the valley", "Hired to guard an empty museum", "On a night train to the coast",
    "After waking up with a stranger's memories", "When a secret recipe is stolen", "In the shadow of a new stadium",
    "Forced to share one apartment", "Between two tours of duty", "When the river changes its course",
    "At the world's smallest film festival", "After a séance goes wrong", "When a rival school burns down",
)  # fmt: skip

PLOT_HEROES = (
    ", a retired clockmaker", ", a shy goalkeeper", ', a singer known as "La Niña"', ", a young prosecutor",
    ", an ambitious pastry chef", ", a widowed ferry captain", ", the elder of two brothers", ", a forgetful magician",
    ", a small-town reporter", ", an undercover teacher", ', a boxer nicknamed "Papa"', ", a stubborn beekeeper",
    ", a disgraced violinist", ", a homesick astronaut", ", a night-shift nurse", ", an honest con artist",
    ", a lonely cartographer", ", a teenage inventor", ", a court interpreter", ", an ex-spy from Málaga",
    ", a travelling dentist", ", a clumsy bodyguard", ", a mother of five", ", a poet with stage fright",
)  # fmt: skip

PLOT_COMPANIONS = (
    ", helped by a sister,", ", joined by an unwilling nephew,", " with a parrot", "", "", " with an old friend",
    ", backed by a band of misfits,", ", advised by a talkative ghost,", "", " with the neighbours' dog",
    ", watched by a reluctant judge,", " with three cousins", "", " with an insurance clerk", ", led by an old rival,",
)  # fmt: skip

PLOT_VERBS = (
    " must outwit", " falls for", " sets out to find", " takes revenge on", " makes a deal with", " hides from",
    " is mistaken for", " tries to befriend", " uncovers the past of", " races against", " learns to trust",
    " crosses a desert with", " goes on trial with", " starts a business with", " digs up secrets about",
)  # fmt: skip

PLOT_RIVALS = (
    " a smuggler with nothing to lose", " the mayor's charming son", " a rival from the capital", " a famous recluse",
    " the richest family in town", " a cult of gardeners", " a very patient detective", " an heiress in disguise",
    " a vanished explorer", " the coach who broke a promise", " a thief who returns things", " a talent scout",
    " a band of retired pirates", " a fortune-teller", " the last honest banker", " a quiz-show champion",
    " an old flame", " a rogue weather machine",
)  # fmt: skip

PLOT_ENDINGS = (
    " before the last ferry leaves the island.", " while the whole town is watching.", " and loses more than a bet.",
    " in this tender comedy of errors.", ", whatever the price may be.", " to keep a promise made in childhood.",
    " before winter closes the pass.", " in a race nobody wants to win.", ", one lie at a time.",
    " and discovers what home means.", " without telling the family.", " to clear a good name.",
    " as old wounds begin to open.", " in a city that never forgives.", ", and this time it is personal.",
    " with nothing but a map and a song.",
)  # fmt: skip

GIVEN_NAMES = (
    "Adela", "Amadou", "Anneli", "Aoife", "Arash", "Ayşe", "Baptiste", "Beatriz", "Bilal", "Björn", "Camila", "Chidi",
    "Chloé", "Ciro", "Dagny", "Dalia", "Daniel", "Dev", "Elena", "Eluned", "Emeka", "Enzo", "Fatima", "Femi", "Fen",
    "Florin", "Gabriela", "Giulia", "Goran", "Greta", "Hana", "Hassan", "Hélène", "Hugo", "Ines", "Ingrid", "Ishaan",
    "Ivo", "Jae-won", "Jasper", "Joaquín", "José", "Jun", "Kaito", "Karolína", "Keira", "Kofi", "Lakshmi", "Leïla",
    "Lena", "Linh", "Ludovic", "Łucja", "Maeve", "Malik", "Marguerite", "Marta", "Mateus", "Mei", "Mina", "Miriam",
    "Nadia", "Nasser", "Nils", "Noor", "Núria", "Olamide", "Olga", "Omar", "Otto", "Paloma", "Pavel", "Petra", "Priya",
    "Quentin", "Rafaël", "Ravi", "Rosa", "Ruth", "Samira", "Sanna", "Sean", "Siddharth", "Søren", "Sofia", "Stefan",
    "Sunita", "Tariq", "Tatiana", "Teo", "Tomoko", "Uma", "Valentina", "Viggo", "Wanjiru", "Wei", "Xenia", "Yara",
    "Yusuf", "Zoë", 'Bo "Thunder"',
)  # fmt: skip

SURNAME_STEMS = (
    "Aberl", "Ander", "Bal", "Bel", "Bor", "Brav", "Cal", "Cast", "Cor", "Dal", "Den", "Dor", "Eber", "Fal", "Fern",
    "Gal", "Grun", "Hal", "Hav", "Ib", "Jand", "Kal", "Kor", "Lam", "Lind", "Mar", "Mor", "Nar", "Nov", "O'Bran",
    "Or", "Pal", "Quin", "Ras", "Sal", "Sten", "Tal", "Tor", "Val", "Zan",
)  # fmt: skip

SURNAME_ENDINGS = (
    "abi", "acre", "ado", "amoto", "ando", "anova", "ari", "arsen", "avik", "beck", "berg", "court", "dottir", "eau",
    "elli", "enko", "ero", "esh", "etti", "ewicz", "field", "gaard", "grove", "hart", "ibáñez", "ides", "ikar", "ing",
    "ivan", "lund", "mark", "mere", "nath", "oğlu", "orio", "osa", "ovic", "quist", "son", "ström",
)  # fmt: skip

LANGUAGES = (
    "English", "Hindi", "Spanish", "French", "Japanese", "Korean", "Portuguese", "German", "Turkish", "Arabic",
)  # fmt: skip
