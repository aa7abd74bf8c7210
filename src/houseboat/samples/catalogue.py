"""Writes a catalogue, drop by drop and file by file; memory follows the chunk, not the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from houseboat.samples import lookups, titles, weights
from houseboat.samples.csvtext import Text, write
from houseboat.samples.plan import RATING, Fate, Plan, fate
from houseboat.samples.summary import Counts, Drop, Summary, added

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from houseboat.samples.dice import Ints, Mask

CHUNK = 100_000
BOM_IN_DROP = ({"titles", "cast", "category"}, {"countries"}, {"titles", "directors"})
"""Which files begin with a byte order mark, by drop; then again from the first."""


def write_catalogue(folder: Path, plan: Plan, chunk: int = CHUNK) -> Summary:
    """Write all drops of ``plan`` below ``folder``."""
    drops = []
    for number in range(1, plan.drops + 1):
        writer = _Drop(folder / f"drop-{number}", plan, number, chunk)
        drop = writer.write()
        drop.write(writer.folder)
        drops.append(drop)
    return Summary(folder, plan.titles, plan.dice.seed, tuple(drops))


class _Drop:
    """One drop while it is written: its counts grow with each chunk."""

    def __init__(self, folder: Path, plan: Plan, number: int, chunk: int) -> None:
        self.folder = folder
        self._plan = plan
        self._number = number
        self._chunk = chunk
        self._titles: Counts = {}
        self._lookups: dict[str, Counts] = {}
        self._after: Counts = {}
        self._people = np.zeros(plan.people, np.bool_)

    def write(self) -> Drop:
        names = self._write_titles()
        for lookup in lookups.tables(self._plan.cast):
            write(self.folder / lookup.file, (lookup.column, "show_id"), self._lookup(lookup), self._bom(lookup.name))
            names.append(lookup.file)
        self._count_titles()
        return Drop(
            number=self._number,
            as_of=self._plan.as_of(self._number).isoformat(),
            date_format=self._plan.date_format(self._number),
            columns=titles.columns(self._number),
            files=tuple(names),
            bom=tuple(sorted(kind for kind in BOM_IN_DROP[(self._number - 1) % 3] if self._plan.dirt)),
            titles=self._titles,
            lookups=self._lookups,
            after=self._after,
        )

    def _bom(self, kind: str) -> bool:
        return self._plan.dirt and kind in BOM_IN_DROP[(self._number - 1) % 3]

    def _write_titles(self) -> list[str]:
        """Titles files: each takes its share of the new titles, then of the earlier ones that are sent again."""
        start, end = self._plan.start(self._number), self._plan.ends[self._number - 1]
        files = self._plan.files
        written = []
        for file in range(files):
            name = "netflix_titles.csv" if files == 1 else f"netflix_titles_{file + 1:04}.csv"
            new = (start + (end - start) * file // files, start + (end - start) * (file + 1) // files)
            old = (start * file // files, start * (file + 1) // files)
            lines = self._title_lines((new, old))
            write(self.folder / name, titles.columns(self._number), lines, self._bom("titles") and file % 2 == 0)
            written.append(name)
        return written

    def _title_lines(self, ranges: tuple[tuple[int, int], ...]) -> Iterator[Text]:
        for begin, end in ranges:
            for state in self._fates(begin, end):
                batch = titles.batch(self._plan, state)
                self._titles = added(self._titles, batch.counts)
                yield batch.lines

    def _lookup(self, lookup: lookups.Lookup) -> Iterator[Text]:
        values = np.zeros(max(len(self._people), 200), np.bool_)
        commas = np.zeros(len(weights.COUNTRIES), np.bool_)
        counts: Counts = {}
        for state in self._fates(0, self._plan.ends[self._number - 1]):
            batch = lookups.batch(self._plan, lookup, state)
            counts = added(counts, batch.counts)
            values[batch.values] = True
            commas[batch.commas] = True
            yield batch.lines
        self._lookups[lookup.name] = counts
        self._count_names(lookup, values, commas)

    def _count_names(self, lookup: lookups.Lookup, values: Mask, commas: Mask) -> None:
        if lookup.name in ("cast", "directors"):
            self._people |= values[: len(self._people)]
            self._after["people"] = int(self._people.sum())
        elif lookup.name == "category":
            self._after["genres"] = int(values.sum())
        else:
            known = values[: len(commas)]
            self._after["countries"] = int(known.sum() + commas.sum())
            self._after["countries_without_comma"] = int((known | commas).sum())

    def _fates(self, begin: int, end: int) -> Iterator[Fate]:
        for first in range(begin, end, self._chunk):
            numbers: Ints = np.arange(first, min(first + self._chunk, end), dtype=np.int64)
            yield fate(self._plan, numbers, self._number)

    def _count_titles(self) -> None:
        """Count the catalogue as it is after this drop."""
        plan = self._plan
        totals: Counts = {}
        for state in self._fates(0, plan.ends[self._number - 1]):
            here = state.title[state.present]
            movie = titles.is_movie(plan.dice, here)
            unrated = plan.has("no_rating", here) & (state.revision[RATING][state.present] == 0)
            totals = added(
                totals,
                {
                    "titles": len(here),
                    "movies": int(movie.sum()),
                    "minutes": int(titles.minutes(plan.dice, here)[movie].sum()),
                    "seasons": int(titles.seasons(plan.dice, here)[~movie].sum()),
                    "without_rating": int(unrated.sum()),
                    "without_date": int(plan.has("no_date", here).sum()),
                    "current_corrected": int((_revised(state) & state.present).sum()),
                },
            )
        self._after = totals | self._after


def _revised(state: Fate) -> Mask:
    first, second, third = state.revision
    revised: Mask = (first > 0) | (second > 0) | (third > 0)
    return revised
