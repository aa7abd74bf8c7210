"""Text as .NET sees it: UTF-16 code units, ordinal upper and lower case, en-US order, white space."""

from __future__ import annotations

import unicodedata

# .NET's Char.IsWhiteSpace; Python's strip() would also take U+001C to U+001F.
WHITE_SPACE = "\t\n\v\f\r\x20\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def units(text: str) -> bytes:
    """The text as UTF-16 code units, two bytes each."""
    return text.encode("utf-16-le", "surrogatepass")


def from_units(data: bytes) -> str:
    """Text of UTF-16 code units; half of a pair stays what it is."""
    return data.decode("utf-16-le", "surrogatepass")


def length(text: str) -> int:
    """Length in UTF-16 code units: an emoji counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def piece(text: str, start: int, end: int) -> str:
    """The text between two positions in UTF-16 code units."""
    return from_units(units(text)[2 * start : 2 * end])


def upper(text: str) -> str:
    """Upper case character by character: no character becomes two, so the length stays."""
    return "".join(_single(character, character.upper()) for character in text)


def lower(text: str) -> str:
    """Lower case character by character."""
    return "".join(_single(character, character.lower()) for character in text)


def _single(character: str, other: str) -> str:
    return other if len(other) == 1 else character


def position(text: str, index: int) -> int:
    """A Python index as a position in UTF-16 code units; -1 stays."""
    return index if index < 0 else length(text[:index])


def order(text: str) -> tuple[tuple[object, ...], ...]:
    """A key that sorts as ICU's en-US collation does for everyday text.

    Punctuation before digits before letters; then accents; then lower case before upper case.
    """
    decomposed = unicodedata.normalize("NFD", text)
    base = [character for character in decomposed if not unicodedata.combining(character)]
    accents = [unicodedata.combining(character) for character in decomposed]
    primary = tuple(_primary(character) for character in base)
    return primary, tuple(accents), tuple(character.isupper() for character in base)


def _primary(character: str) -> tuple[int, str]:
    if character.isspace():
        return 0, character
    if character.isdigit():
        return 2, str(unicodedata.digit(character, 0))
    if character.isalpha():
        return 3, character.casefold()
    return 1, f"{_PUNCTUATION.find(character):02d}{character}" if character in _PUNCTUATION else f"99{character}"


# The order of ASCII punctuation in the root collation (CLDR).
_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
