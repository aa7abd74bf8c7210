"""How often each value occurs in the public listing: counts and quantiles measured over its 6,232 titles.

Names of genres, countries and ratings are facts; the counts are rounded where they do not matter.
"""

from __future__ import annotations

from itertools import accumulate, chain

MOVIES_PER_THOUSAND = 684

MINUTES = (
    3, 40, 53, 64, 74, 81, 86, 88, 91, 93, 95, 98, 100, 103, 106, 110, 115, 120, 126, 133, 148, 180, 312,
)  # fmt: skip
"""Five-per-cent quantiles of ``duration_minutes``, with two more steps in each tail; the catalogue draws between."""

MINUTES_WEIGHTS = (5, 195, *(200,) * 18, 170, 29)
"""Weight of the interval that begins at each quantile but the last."""

SEASONS = {1: 1321, 2: 304, 3: 158, 4: 61, 5: 46, 6: 22, 7: 21, 8: 16, 9: 7, 10: 3, 11: 3, 12: 2, 13: 2, 14: 1, 15: 2}

RATINGS = ("TV-MA", "TV-14", "TV-PG", "R", "PG-13", "NR", "PG", "TV-Y7", "TV-G", "TV-Y", "TV-Y7-FV", "G", "UR", "NC-17")
MOVIE_RATING_WEIGHTS = (1347, 1038, 431, 506, 286, 202, 183, 69, 80, 41, 27, 36, 7, 2)
SHOW_RATING_WEIGHTS = (679, 660, 269, 2, 0, 16, 1, 100, 69, 102, 68, 1, 0, 0)

YEARS_ADDED = {
    2008: 2, 2009: 2, 2010: 1, 2011: 13, 2012: 7, 2013: 12, 2014: 25, 2015: 90, 2016: 456, 2017: 1299, 2018: 1781,
    2019: 2349,
}  # fmt: skip

AGES = {
    0: 2146, 1: 1285, 2: 524, 3: 364, 4: 264, 5: 189, 6: 173, 7: 135, 8: 124, 9: 108, 10: 89, 11: 88, 12: 65, 14: 100,
    17: 150, 21: 150, 26: 120, 33: 80, 41: 50, 55: 25, 75: 8,
}  # fmt: skip
"""Years between release and the day a title was added."""

MOVIE_CAST = (
    359, 513, 88, 82, 123, 157, 293, 276, 660, 348, 791, 220, 141, 64, 45, 36, 23, 7, 10, 5, 6, 2, 1, 1, 1, 0, 2, 0, 1,
    0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 2, 2,
)  # fmt: skip
SHOW_CAST = (
    210, 184, 61, 56, 81, 110, 193, 151, 172, 143, 182, 92, 64, 52, 41, 42, 30, 17, 13, 12, 12, 7, 7, 2, 6, 6, 3, 3, 4,
    1, 2, 0, 0, 2, 0, 0, 0, 0, 1, 0, 7,
)  # fmt: skip
MOVIE_DIRECTORS = (128, 3719, 373, 21, 9, 3, 1, 1, 1, 1, 3, 2, 2, 1)
SHOW_DIRECTORS = (1841, 110, 11, 2, 2, 1, 0, 2)
MOVIE_COUNTRIES = (195, 3333, 483, 154, 62, 23, 10, 1, 0, 0, 1, 0, 1)
SHOW_COUNTRIES = (281, 1503, 124, 42, 12, 3, 4)
MOVIE_GENRES = (0, 1071, 1541, 1651)
SHOW_GENRES = (0, 378, 590, 1001)
"""Titles with 0, 1, 2, ... members, directors, countries, genres (above 40 cast members counted as 40)."""

MEAN_CAST = 7.1

MOVIE_GENRE_NAMES = {
    "International Movies": 1927, "Dramas": 1623, "Comedies": 1112, "Documentaries": 667, "Action & Adventure": 597,
    "Independent Movies": 552, "Thrillers": 392, "Children & Family Movies": 378, "Romantic Movies": 376,
    "Stand-Up Comedy": 281, "Horror Movies": 262, "Music & Musicals": 243, "Sci-Fi & Fantasy": 193,
    "Sports Movies": 157, "Classic Movies": 83, "LGBTQ Movies": 60, "Movies": 56, "Cult Movies": 55,
    "Faith & Spirituality": 47, "Anime Features": 45,
}  # fmt: skip

SHOW_GENRE_NAMES = {
    "International TV Shows": 1001, "TV Dramas": 599, "TV Comedies": 436, "Crime TV Shows": 363, "Kids' TV": 328,
    "Docuseries": 279, "Romantic TV Shows": 278, "British TV Shows": 210, "Reality TV": 153, "Korean TV Shows": 132,
    "TV Action & Adventure": 126, "Anime Series": 117, "Spanish-Language TV Shows": 117, "TV Mysteries": 69,
    "TV Sci-Fi & Fantasy": 68, "Science & Nature TV": 67, "TV Horror": 54, "Teen TV Shows": 44, "TV Thrillers": 44,
    "Stand-Up Comedy & Talk Shows": 42, "Classic & Cult TV": 24, "TV Shows": 10,
}  # fmt: skip

COUNTRIES = {
    "United States": 2609, "India": 838, "United Kingdom": 601, "Canada": 318, "France": 271, "Japan": 231,
    "Spain": 178, "South Korea": 162, "Germany": 151, "Mexico": 129, "Australia": 126, "China": 120, "Hong Kong": 97,
    "Turkey": 87, "Taiwan": 75, "Argentina": 68, "Italy": 67, "Belgium": 66, "Brazil": 66, "Thailand": 56, "Egypt": 54,
    "Indonesia": 52, "Philippines": 47, "Denmark": 38, "Netherlands": 37, "Nigeria": 36, "Colombia": 36, "Ireland": 33,
    "Sweden": 33, "South Africa": 30, "Singapore": 30, "Poland": 26, "Israel": 26, "Chile": 23, "Pakistan": 23,
    "New Zealand": 23, "Norway": 21, "Russia": 21, "United Arab Emirates": 21, "Malaysia": 21, "Czech Republic": 15,
    "Switzerland": 15, "Austria": 10, "Lebanon": 9, "Peru": 9, "Uruguay": 9, "Finland": 9, "Bulgaria": 8, "Greece": 8,
    "Luxembourg": 7, "Iceland": 6, "Romania": 6, "Jordan": 6, "Morocco": 6, "Qatar": 6, "Serbia": 5, "Hungary": 5,
    "West Germany": 5, "Vietnam": 4, "Iran": 4, "Portugal": 4, "Croatia": 4, "Cambodia": 3, "Venezuela": 3,
    "Ukraine": 3, "Slovenia": 3, "Bangladesh": 3, "Soviet Union": 3, "Ghana": 2, "Georgia": 2, "Malta": 2, "Senegal": 2,
}  # fmt: skip

LANGUAGE_WEIGHTS = (45, 13, 11, 7, 6, 5, 4, 4, 3, 2)


def stretched(counts: tuple[int, ...], mean: float, factor: float = 1000.0) -> tuple[int, ...]:
    """Weights of 0, 1, 2, ... whose mean is ``mean``: those who have none stay, the others are scaled linearly.

    Each count n moves to n * mean / natural mean; what falls between two whole numbers is shared among them in
    tenths of a per mille, so that the result is the same on every machine.
    """
    natural = sum(n * weight for n, weight in enumerate(counts)) / sum(counts)
    scaled = [0] * (round(len(counts) * max(mean / natural, 1)) + 2)
    for n, weight in enumerate(counts):
        whole, rest = divmod(round(n * mean / natural * factor), round(factor))
        scaled[whole] += weight * (round(factor) - rest)
        scaled[whole + 1] += weight * rest
    return tuple(scaled)


def cumulative(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Running totals; a draw below the last of them falls into the first total above it."""
    return tuple(accumulate(weights))


ALL_GENRES = tuple(chain(MOVIE_GENRE_NAMES, SHOW_GENRE_NAMES))
