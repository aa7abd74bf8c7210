"""The lines of the four lookup files: full snapshots of who and what belongs to the titles that a drop knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from houseboat.samples import weights
from houseboat.samples.csvtext import Text, choose, joined, numbers, pick, quoted, record, replaced
from houseboat.samples.people import names
from houseboat.samples.titles import is_movie, show_id, unknown_id

if TYPE_CHECKING:
    from houseboat.samples.dice import Dice, Ints, Mask
    from houseboat.samples.plan import Fate, Plan

DELETED, DOUBLED, PADDED, COMMA, UNKNOWN = 200, 150, 100, 300, 250
"""One row in so many is deleted by a later drop, stands twice, has a blank too many, ends in a comma; one title in so
many is named by a row whose ``show_id`` no title has."""


@dataclass(frozen=True)
class Lookup:
    """One of the four files: ``netflix_<name>.csv`` with the columns ``column`` and ``show_id``."""

    name: str
    column: str
    movie_counts: tuple[int, ...]
    show_counts: tuple[int, ...]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"netflix_{self.name}.csv"


def tables(cast: float) -> tuple[Lookup, ...]:
    """The four files, with ``cast`` rows per title in the first, on average."""
    return (
        Lookup("cast", "cast", _cast(weights.MOVIE_CAST, cast), _cast(weights.SHOW_CAST, cast)),
        Lookup("directors", "director", weights.MOVIE_DIRECTORS, weights.SHOW_DIRECTORS),
        Lookup("countries", "country", weights.MOVIE_COUNTRIES, weights.SHOW_COUNTRIES),
        Lookup("category", "listed_in", weights.MOVIE_GENRES, weights.SHOW_GENRES),
    )


def _cast(counts: tuple[int, ...], mean: float) -> tuple[int, ...]:
    natural = sum(n * weight for n, weight in enumerate(counts)) / sum(counts)
    return weights.stretched(counts, natural * mean / weights.MEAN_CAST)


@dataclass(frozen=True)
class Rows:
    """Rows of one lookup for a chunk of titles, before dirt: parallel arrays."""

    at: Ints  # index into the chunk
    title: Ints
    position: Ints  # 0, 1, ... within its title; rows that a title would have twice are left out
    value: Ints  # which person, country or genre


@dataclass(frozen=True)
class Batch:
    """Lines of a chunk of titles, and the values in those of them whose title exists."""

    lines: Text
    counts: dict[str, int]
    values: Ints  # written plainly
    commas: Ints  # written with a trailing comma


def rows(plan: Plan, lookup: Lookup, title: Ints) -> Rows:
    """Draw the rows of a chunk of titles; each value at most once per title."""
    dice, movie = plan.dice, is_movie(plan.dice, title)
    number = np.where(
        movie,
        dice.weighted(weights.cumulative(lookup.movie_counts), f"{lookup.name} count", title),
        dice.weighted(weights.cumulative(lookup.show_counts), f"{lookup.name} count", title),
    )
    at = np.repeat(np.arange(len(title)), number)
    position = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    value = _values(dice, lookup, title[at], position, movie[at], plan.people)
    _, first = np.unique(at * np.int64(value.max(initial=0) + 1) + value, return_index=True)
    keep = np.sort(first)
    return Rows(at[keep], title[at[keep]], position[keep], value[keep])


def _values(dice: Dice, lookup: Lookup, title: Ints, position: Ints, movie: Mask, people: int) -> Ints:
    if lookup.name == "cast":
        return dice.skewed(people, "cast", title, position)
    if lookup.name == "directors":
        return people - 1 - dice.skewed(people // 5 + 1, "director", title, position)
    if lookup.name == "countries":
        return dice.weighted(weights.cumulative(tuple(weights.COUNTRIES.values())), "country", title, position)
    of_movie = dice.weighted(weights.cumulative(tuple(weights.MOVIE_GENRE_NAMES.values())), "genre", title, position)
    of_show = dice.weighted(weights.cumulative(tuple(weights.SHOW_GENRE_NAMES.values())), "genre", title, position)
    return np.where(movie, of_movie, of_show + len(weights.MOVIE_GENRE_NAMES))


def text(lookup: Lookup, value: Ints) -> Text:
    """Values as names."""
    if lookup.name == "countries":
        return pick(tuple(weights.COUNTRIES), value)
    if lookup.name == "category":
        return pick(weights.ALL_GENRES, value)
    return names(value)


def batch(plan: Plan, lookup: Lookup, fate: Fate) -> Batch:
    """The lines of a chunk of titles as this drop has them."""
    drawn = rows(plan, lookup, fate.title)
    gone, deleted = _deleted(plan, lookup, drawn, fate.drop)
    kept = Rows(drawn.at[~gone], drawn.title[~gone], drawn.position[~gone], drawn.value[~gone])
    exists = fate.present[kept.at]
    marks = _marks(plan, lookup, kept)
    lines = _lines(plan, lookup, kept, marks)
    counts = {
        "rows": len(kept.at) + int(marks["doubled"].sum()) + int(marks["unknown"].sum()),
        "pairs": int(exists.sum()),
        "duplicates": int((marks["doubled"] & exists).sum()),
        "no_such_title": int((~exists).sum() + (marks["doubled"] & ~exists).sum() + marks["unknown"].sum()),
        "unknown_ids": int(marks["unknown"].sum()),
        "deleted": int(deleted.sum()),
        "padded": int(marks["padded"].sum()),
        "trailing_comma": int(marks["comma"].sum()),
        "titles_without": int(fate.present.sum()) - len(np.unique(kept.at[exists])),
    }
    return Batch(lines, counts, kept.value[exists & ~marks["comma"]], kept.value[exists & marks["comma"]])


def _deleted(plan: Plan, lookup: Lookup, drawn: Rows, drop: int) -> tuple[Mask, Mask]:
    """Rows that are gone by this drop, and those of them that were still there in the one before."""
    before = np.zeros(len(drawn.at), np.bool_)
    now = before
    first = plan.first_drop(drawn.title)
    for later in range(2, drop + 1):
        before = now
        chosen = plan.dice.one_in(DELETED, f"{lookup.name} deleted", drawn.title, drawn.position, later)
        now = before | (chosen & (first < later))
    return now, now & ~before


def _marks(plan: Plan, lookup: Lookup, kept: Rows) -> dict[str, Mask]:
    """Which rows have which kind of dirt."""

    def drawn(n: int, what: str) -> Mask:
        return plan.dice.one_in(n, f"{lookup.name} {what}", kept.title, kept.position) & plan.dirt

    comma = drawn(COMMA, "comma") if lookup.name == "countries" else np.zeros(len(kept.at), np.bool_)
    return {
        "doubled": drawn(DOUBLED, "doubled"),
        "padded": drawn(PADDED, "padded") & ~comma,
        "comma": comma,
        "unknown": drawn(UNKNOWN, "unknown") & (kept.position == 0),
    }


def _lines(plan: Plan, lookup: Lookup, kept: Rows, marks: dict[str, Mask]) -> Text:
    """Lines with their dirt; a doubled row and one of an unknown title follow the row that they repeat."""
    clean = text(lookup, kept.value)
    before = plan.dice.one_in(2, f"{lookup.name} blank before", kept.title, kept.position)
    padded = choose(before, joined(" ", clean), joined(clean, " "))
    with_comma = joined(clean, ",")
    cell = quoted(choose(marks["comma"], with_comma, choose(marks["padded"], padded, clean)))
    again = quoted(choose(marks["comma"], with_comma, choose(before, padded, clean)))
    number = show_id(plan.dice, kept.title)
    lines = record([cell, numbers(number)])
    lines = _followed(lines, marks["doubled"], again, number)
    return _followed(lines, marks["unknown"], cell, unknown_id(kept.title))


def _followed(lines: Text, where: Mask, cell: Text, number: Ints) -> Text:
    """Lines, some of them with another line behind."""
    mask = pa.array(where)
    extra = record([cell.filter(mask), numbers(number[where])])
    return replaced(lines, where, joined(lines.filter(mask), extra))
