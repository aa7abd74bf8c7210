"""Invented people: every number below ``LIMIT`` is another name."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from houseboat.samples import words
from houseboat.samples.csvtext import Text, joined, pick

if TYPE_CHECKING:
    from houseboat.samples.dice import Ints

_MIDDLES = (
    " ",
    *(f" {one}. " for one in ascii_uppercase),
    *(f" {one}. {two}. " for one in ascii_uppercase for two in ascii_uppercase),
)
_SURNAMES = len(words.SURNAME_STEMS) * len(words.SURNAME_ENDINGS)
_PLAIN = len(words.GIVEN_NAMES) * _SURNAMES
LIMIT = _PLAIN * len(_MIDDLES)
_STRIDE = 1_000_003  # a prime, so it has no factor in common with _PLAIN: numbers that are near get names that are not


def names(person: Ints) -> Text:
    """Given name, middle initials once all plain names are used up, surname."""
    scattered = person % _PLAIN * _STRIDE % _PLAIN
    surname = scattered // len(words.GIVEN_NAMES)
    return joined(
        pick(words.GIVEN_NAMES, scattered % len(words.GIVEN_NAMES)),
        pick(_MIDDLES, person // _PLAIN),
        pick(words.SURNAME_STEMS, surname // len(words.SURNAME_ENDINGS)),
        pick(words.SURNAME_ENDINGS, surname % len(words.SURNAME_ENDINGS)),
    )
