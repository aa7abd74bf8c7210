"""The lines of ``netflix_titles.csv``: what a title is (numbers first, then text), and how a drop writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from houseboat.samples import weights, words
from houseboat.samples.csvtext import Text, choose, joined, numbers, pick, quoted, record, replaced
from houseboat.samples.plan import CORRECTIONS, DESCRIPTION, DIRT, NEW_COLUMN_FROM, RATING, TITLE, Fate, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from houseboat.samples.dice import Dice, Ints, Mask

COLUMNS = (
    "duration_minutes", "duration_seasons", "type", "title", "date_added", "release_year", "rating", "description",
    "show_id",
)  # fmt: skip
NEW_COLUMN = "language"
FIRST_ID = 80_000_000
UNKNOWN_ID = 60_000_000

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def columns(drop: int) -> tuple[str, ...]:
    """The header of a drop's titles files."""
    return (*COLUMNS, NEW_COLUMN) if drop >= NEW_COLUMN_FROM else COLUMNS


def show_id(dice: Dice, title: Ints) -> Ints:
    """Each title's ``show_id``: rising with gaps, never that of another title."""
    return FIRST_ID + 3 * title + dice.below(3, "show_id", title)


def unknown_id(title: Ints) -> Ints:
    """A number like a ``show_id`` that no title has."""
    return UNKNOWN_ID + title


def is_movie(dice: Dice, title: Ints) -> Mask:
    """Movies; the others are TV shows."""
    movie: Mask = dice.below(1000, "type", title) < weights.MOVIES_PER_THOUSAND
    return movie


def _drawn(dice: Dice, counts: dict[int, int], what: str, title: Ints) -> Ints:
    drawn: Ints = np.asarray(tuple(counts))[dice.weighted(weights.cumulative(tuple(counts.values())), what, title)]
    return drawn


def minutes(dice: Dice, title: Ints) -> Ints:
    """Duration of a movie: even between two quantiles of the real durations."""
    quantiles = np.asarray(weights.MINUTES)
    part = dice.weighted(weights.cumulative(weights.MINUTES_WEIGHTS), "minutes part", title)
    low, width = quantiles[part], quantiles[part + 1] - quantiles[part]
    result: Ints = low + (dice.roll("minutes", title) % width.astype(np.uint64)).astype(np.int64)
    return result


def seasons(dice: Dice, title: Ints) -> Ints:
    """Number of seasons of a TV show."""
    return _drawn(dice, weights.SEASONS, "seasons", title)


def days(plan: Plan, title: Ints) -> Ints:
    """Day on which each title was added, counted from 1970-01-01; a third of them on the first of a month."""
    year = _drawn(plan.dice, weights.YEARS_ADDED, "year added", title)
    months = (year - 1970) * 12 + plan.dice.below(12, "month added", title)
    start = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    day = np.where(plan.dice.one_in(3, "first of month", title), 0, plan.dice.below(28, "day added", title))
    first = plan.first_drop(title)
    epoch = date(1970, 1, 1)
    ends = np.asarray([(plan.as_of(drop) - epoch).days for drop in range(plan.drops + 2)])
    later = ends[np.minimum(first, plan.drops)] - 1 - plan.dice.below(90, "days before drop", title)
    result: Ints = np.where(first == 1, start + day, later)
    return result


def year_of(day: Ints) -> Ints:
    """Calendar year of a day counted from 1970-01-01."""
    return day.astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970


def date_text(day: Ints, style: str) -> Text:
    """Days as the drop writes them: ``m/d/yyyy``, ``dd-mm-yyyy`` or ``Month d, yyyy``."""
    stamp = day.astype("M8[D]")
    month = stamp.astype("M8[M]").astype(np.int64) % 12
    in_month = (stamp - stamp.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1
    year = numbers(year_of(day))
    two_digits = [f"{n:02}" for n in range(32)]
    if style == "m/d/yyyy":
        return joined(numbers(month + 1), "/", numbers(in_month), "/", year)
    if style == "dd-mm-yyyy":
        return joined(pick(two_digits, in_month), "-", pick(two_digits, month + 1), "-", year)
    return joined(pick(MONTHS, month), " ", numbers(in_month), ", ", year)


def title_text(dice: Dice, title: Ints, revision: Ints) -> Text:
    """Titles; a revision has other words at its end."""
    slots = (words.TITLE_OPENINGS, words.TITLE_ADJECTIVES, words.TITLE_NOUNS, words.TITLE_TAILS)
    parts = [pick(slot, dice.below(len(slot), f"title {n}", title)) for n, slot in enumerate(slots)]
    endings = ("", *words.TITLE_REVISIONS)
    which = np.where(revision > 0, 1 + revision % len(words.TITLE_REVISIONS), 0)
    return joined(*parts, pick(endings, which))


def description_text(dice: Dice, title: Ints, revision: Ints) -> Text:
    """Descriptions; a revision has another ending."""
    slots = (words.PLOT_OPENINGS, words.PLOT_HEROES, words.PLOT_COMPANIONS, words.PLOT_VERBS, words.PLOT_RIVALS)
    parts = [pick(slot, dice.below(len(slot), f"plot {n}", title)) for n, slot in enumerate(slots)]
    ending = _revised(dice, dice.below(len(words.PLOT_ENDINGS), "plot end", title), len(words.PLOT_ENDINGS), revision)
    return joined(*parts, pick(words.PLOT_ENDINGS, ending))


def rating_text(plan: Plan, title: Ints, movie: Mask, revision: Ints) -> Text:
    """Ratings; empty for those who have none, until a correction gives one."""
    of_movie = plan.dice.weighted(weights.cumulative(weights.MOVIE_RATING_WEIGHTS), "rating", title)
    of_show = plan.dice.weighted(weights.cumulative(weights.SHOW_RATING_WEIGHTS), "rating", title)
    index = _revised(plan.dice, np.where(movie, of_movie, of_show), len(weights.RATINGS), revision)
    return choose(plan.has("no_rating", title) & (revision == 0), "", pick(weights.RATINGS, index))


def _revised(dice: Dice, index: Ints, size: int, revision: Ints) -> Ints:
    """Another index below ``size`` for a revision: never the original, never that of the drop before."""
    shift = 1 + (dice.roll("revision", index) % np.uint64(size)).astype(np.int64) + revision
    return np.where(revision > 0, (index + 1 + shift % (size - 1)) % size, index)


@dataclass(frozen=True)
class Batch:
    """Lines of some titles in one drop, and what they hold: one number per kind, for the manifest."""

    lines: Text
    counts: dict[str, int]


def batch(plan: Plan, fate: Fate) -> Batch:
    """The lines of those of the titles that the drop sends."""
    fate = fate.only(fate.sent)
    cells = _cells(plan, fate)
    lines = record([quoted(cell) for cell in cells])
    first_time = {kind: fate.new & plan.has(kind, fate.title) for kind in DIRT}
    whole_ids = ~(first_time["broken"] | first_time["no_show_id"])
    if first_time["no_show_id"].any():
        lines = _without_id(lines, first_time["no_show_id"], cells)
    if first_time["broken"].any():
        lines = _broken(plan, fate, lines, first_time["broken"], cells)
    lines = joined(lines, choose(first_time["duplicate"], lines, ""))
    return Batch(lines, _counts(plan, fate, first_time, whole_ids, cells))


def _cells(plan: Plan, fate: Fate) -> list[Text]:
    """Values of each column, unquoted."""
    dice, title = plan.dice, fate.title
    movie = is_movie(dice, title)
    day = days(plan, title)
    release = year_of(day) - _drawn(dice, weights.AGES, "age", title)
    name = title_text(dice, title, fate.revision[TITLE])
    cells = [
        numbers(minutes(dice, title), absent=~movie),
        numbers(seasons(dice, title), absent=movie),
        choose(movie, "Movie", "TV Show"),
        joined(name, choose(plan.has("padded", title), " ", "")),
        choose(plan.has("no_date", title), "", date_text(day, plan.date_format(fate.drop))),
        numbers(release),
        rating_text(plan, title, movie, fate.revision[RATING]),
        description_text(dice, title, fate.revision[DESCRIPTION]),
        numbers(show_id(dice, title)),
    ]
    if fate.drop >= NEW_COLUMN_FROM:
        spoken = dice.weighted(weights.cumulative(weights.LANGUAGE_WEIGHTS), "language", title)
        cells.append(choose(fate.spoken, pick(words.LANGUAGES, spoken), ""))
    return cells


def _without_id(lines: Text, where: Mask, cells: list[Text]) -> Text:
    """Rows whose last known column, the id, is empty."""
    position = COLUMNS.index("show_id")
    some = [cell.filter(pa.array(where)) for cell in cells]
    fields: list[Text | str] = [quoted(cell) for cell in some]
    fields[position] = choose(np.ones(int(where.sum()), np.bool_), "", some[position])
    return replaced(lines, where, record(fields))


def _broken(plan: Plan, fate: Fate, lines: Text, where: Mask, cells: list[Text]) -> Text:
    """Records cut into two lines of full width, as in the public files: within the title, or within the description.

    The first line ends with empty fields; the second begins with the rest of the text and its quote, then come the
    remaining columns, shifted to the left: ``type`` holds a year, ``show_id`` is empty, the id stands elsewhere.
    """
    title = fate.title[where]
    some = [cell.filter(pa.array(where)) for cell in cells]
    in_title = ((plan.place(title) // DIRT["broken"][0] + plan.first_drop(title)) % 2).astype(np.bool_)
    cut_in_title = _two_lines(some, COLUMNS.index("title"), spaces=1, lead="")
    cut_in_text = _two_lines(some, COLUMNS.index("description"), spaces=4, lead=" ")
    return replaced(lines, where, choose(in_title, cut_in_title, cut_in_text))


def _two_lines(cells: Sequence[Text], cut: int, spaces: int, lead: str) -> Text:
    """Both lines of records cut in column ``cut``, ``spaces`` blanks before its end."""
    pieces = pc.split_pattern(cells[cut], " ", max_splits=spaces, reverse=True)
    head = pc.list_element(pieces, 0)
    rest = pc.binary_join(pc.list_slice(pieces, 1), " ")
    width = len(cells)
    first: list[Text | str] = [*(quoted(cell) for cell in cells[:cut]), quoted(head)]
    second: list[Text | str] = [quoted(joined(lead, rest, '"')), *(quoted(cell) for cell in cells[cut + 1 :])]
    pad = [""] * width
    return joined(record((first + pad)[:width]), record((second + pad)[:width]))


def _counts(plan: Plan, fate: Fate, dirt: dict[str, Mask], whole: Mask, cells: list[Text]) -> dict[str, int]:
    def total(mask: Mask) -> int:
        return int(mask.sum())

    new = fate.new & whole
    valid = new | fate.repaired | fate.corrected | fate.resent
    no_rating = np.asarray(pc.equal(pc.utf8_length(cells[COLUMNS.index("rating")]), pa.scalar(0)))
    counts = {
        "rows": len(fate.title) + total(dirt["broken"]) + total(dirt["duplicate"]),
        "new": total(new),
        "repaired": total(fate.repaired),
        "corrections": total(fate.corrected),
        "late_corrections": total(fate.late),
        "resends": total(fate.resent),
        "duplicates": total(dirt["duplicate"]),
        "broken_records": total(dirt["broken"]),
        "broken_rows": 2 * total(dirt["broken"]),
        "no_show_id": total(dirt["no_show_id"]),
        "no_rating": total(valid & no_rating),
        "no_date": total(valid & plan.has("no_date", fate.title)),
        "padded": total(valid & plan.has("padded", fate.title)),
    }
    fresh = fate.corrected & ~fate.late
    for n, name in enumerate(CORRECTIONS):
        counts[f"corrected_{name}"] = total(fresh & (fate.correction == n))
    return counts
