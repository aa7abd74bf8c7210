"""What happens to each title in each drop: when it is new, broken, corrected, or sent again without a change.

Kinds of dirt stand at fixed places within the titles that a drop brings (``DIRT``), so that even a small drop has
each kind; what happens to earlier titles is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from houseboat.samples.dice import Dice, Ints, Mask

FIRST_SHARE = 0.85
FIRST_AS_OF = date(2020, 1, 1)
DAYS_BETWEEN_DROPS = 91
NEW_COLUMN_FROM = 3
DATE_FORMATS = ("m/d/yyyy", "dd-mm-yyyy", "Month d, yyyy")

DIRT = {
    "broken": (601, 40),
    "no_show_id": (397, 25),
    "duplicate": (211, 7),
    "no_rating": (311, 13),
    "no_date": (331, 17),
    "padded": (401, 9),
}
"""Every n-th title of a drop, beginning with the k-th, has this kind: (n, k)."""

TITLE, DESCRIPTION, RATING = range(3)
CORRECTIONS = ("title", "description", "rating")


@dataclass(frozen=True)
class Plan:
    """The shape of a catalogue: title numbers 0 to ``titles`` - 1; drop d brings those up to ``ends[d - 1]``."""

    dice: Dice
    titles: int
    drops: int
    dirt: bool
    files: int = 1  # titles files per drop
    cast: float = 3.0  # rows per title in the lookup of cast, on average

    @property
    def ends(self) -> tuple[int, ...]:
        """Number of titles that exist after each drop."""
        if self.drops == 1:
            return (self.titles,)
        first = int(self.titles * FIRST_SHARE)
        later = self.titles - first
        return tuple(first + later * n // (self.drops - 1) for n in range(self.drops))

    @property
    def people(self) -> int:
        """How many people there are to choose from."""
        return max(60, int(self.titles * (self.cast + 1) * 0.8))

    def start(self, drop: int) -> int:
        """Number of titles before the drop."""
        return self.ends[drop - 2] if drop > 1 else 0

    def as_of(self, drop: int) -> date:
        """The day of the drop; no title in it was added later."""
        return FIRST_AS_OF + timedelta(days=DAYS_BETWEEN_DROPS * (drop - 1))

    def date_format(self, drop: int) -> str:
        """How this drop writes dates."""
        return DATE_FORMATS[(drop - 1) % len(DATE_FORMATS)]

    def first_drop(self, title: Ints) -> Ints:
        """The drop in which each title is new."""
        first: Ints = np.searchsorted(np.asarray(self.ends), title, side="right").astype(np.int64) + 1
        return first

    def place(self, title: Ints) -> Ints:
        """Each title's number within the drop that brings it, from 0."""
        starts = np.asarray([self.start(drop) for drop in range(1, self.drops + 2)])
        place: Ints = title - starts[self.first_drop(title) - 1]
        return place

    def has(self, kind: str, title: Ints) -> Mask:
        """Titles with a kind of dirt, by its name in ``DIRT``; of the kinds that change lines each has one at most."""
        every, begin = DIRT[kind]
        place = self.place(title)
        found: Mask = (place % every == begin) & self.dirt
        if kind in ("no_show_id", "duplicate"):
            found &= ~self.has("broken", title)
        if kind == "duplicate":
            found &= ~self.has("no_show_id", title)
        return found

    def repaired_later(self, title: Ints) -> Mask:
        """Broken titles that the next drop brings whole: every third, beginning with the first of a drop."""
        every, _ = DIRT["broken"]
        every_third: Mask = (self.place(title) // every) % 3 == 0
        return self.has("broken", title) & every_third


@dataclass(frozen=True)
class Fate:
    """What the titles of one chunk are at one drop. Masks and numbers run parallel to ``title``."""

    title: Ints
    drop: int
    present: Mask  # a valid row of it has arrived, in this drop or before
    new: Mask  # belongs to this drop: its first line, whole or not, is in it
    repaired: Mask  # was broken in the drop before and comes whole in this one
    corrected: Mask  # an earlier title, with another value
    correction: Ints  # which value, an index into CORRECTIONS
    late: Mask  # corrected a second time, back to what it was first
    resent: Mask  # an earlier title, unchanged
    spoken: Mask  # its new column has been filled, in this drop or before
    revision: tuple[Ints, Ints, Ints]  # per CORRECTIONS: the drop that set the value, 0 for the original

    @property
    def sent(self) -> Mask:
        """Titles that have a line in this drop."""
        return self.new | self.repaired | self.corrected | self.resent

    def only(self, mask: Mask) -> Fate:
        """The same for some of the titles."""
        return Fate(
            title=self.title[mask],
            drop=self.drop,
            present=self.present[mask],
            new=self.new[mask],
            repaired=self.repaired[mask],
            corrected=self.corrected[mask],
            correction=self.correction[mask],
            late=self.late[mask],
            resent=self.resent[mask],
            spoken=self.spoken[mask],
            revision=(self.revision[0][mask], self.revision[1][mask], self.revision[2][mask]),
        )


def _arrival(plan: Plan, title: Ints, first: Ints, whole: Mask, drop: int) -> Fate:
    """Titles at a drop in which nothing happens to those that were there before."""
    nothing = np.zeros(len(title), np.bool_)
    zero = np.zeros(len(title), np.int64)
    repaired = (first == drop - 1) & plan.repaired_later(title)
    return Fate(
        title=title,
        drop=drop,
        present=(first == drop) & whole,
        new=first == drop,
        repaired=repaired,
        corrected=nothing,
        correction=zero,
        late=nothing,
        resent=nothing,
        spoken=((first == drop) | repaired) & (drop >= NEW_COLUMN_FROM),
        revision=(zero, zero, zero),
    )


def _next(plan: Plan, before: Fate, arrival: Fate) -> Fate:
    """The titles one drop later: some of those present are corrected (again) or sent again."""
    title, drop = before.title, arrival.drop
    current = np.choose(before.correction, before.revision)
    late = before.corrected & (current != 0) & plan.dice.one_in(4, "late", title, drop)
    fresh = before.present & ~late & plan.dice.one_in(40, "correct", title, drop)
    kind = np.where(fresh, plan.dice.below(len(CORRECTIONS), "correction", title, drop), before.correction)
    revision = [
        np.where(late & (kind == n), 0, np.where(fresh & (kind == n), drop, before.revision[n]))
        for n in range(len(CORRECTIONS))
    ]
    resent = before.present & ~late & ~fresh & plan.dice.one_in(60, "resend", title, drop)
    return Fate(
        title=title,
        drop=drop,
        present=before.present | arrival.present | arrival.repaired,
        new=arrival.new,
        repaired=arrival.repaired,
        corrected=late | fresh,
        correction=kind,
        late=late,
        resent=resent,
        spoken=before.spoken | arrival.spoken | ((late | fresh) & (drop >= NEW_COLUMN_FROM)),
        revision=(revision[0], revision[1], revision[2]),
    )


def fate(plan: Plan, title: Ints, drop: int) -> Fate:
    """What the titles are at the drop; follows them from the first drop on."""
    first = plan.first_drop(title)
    whole = ~(plan.has("broken", title) | plan.has("no_show_id", title))
    state = _arrival(plan, title, first, whole, 1)
    for later in range(2, drop + 1):
        state = _next(plan, state, _arrival(plan, title, first, whole, later))
    return state
