"""Catalogues made from a seed: like the public listing in shape and dirt, of any size, the same on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError
from houseboat.samples.summary import Drop, Summary

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Drop", "SampleError", "Summary", "generate"]

DEFAULT_CAST = 3.0
"""Cast members per title. The public listing has 7.1; fewer keep the committed sample small."""


class SampleError(HouseboatError):
    """A catalogue was asked for that cannot be made."""

    exit_code = 2


def generate(
    folder: Path,
    titles: int,
    seed: int,
    drops: int = 3,
    dirt: bool = True,
    files_per_drop: int = 1,
    cast: float = DEFAULT_CAST,
) -> Summary:
    """Write a catalogue to ``folder``/drop-1, drop-2, ...: titles files, four lookup files and ``manifest.json`` each.

    ``titles`` counts all titles of all drops; the first drop brings 85 % of them. Titles files hold what is new or
    corrected; lookup files are full snapshots. ``dirt`` off leaves out everything that a rule would have to meet,
    corrections and deletions stay. The same arguments give the same bytes.
    """
    from houseboat.samples.catalogue import write_catalogue
    from houseboat.samples.dice import Dice
    from houseboat.samples.people import LIMIT
    from houseboat.samples.plan import Plan

    for name, number in (("titles", titles), ("drops", drops), ("files", files_per_drop)):
        if number < 1:
            raise SampleError(f"{name} is {number}, expected at least 1", hint=f"give {name} a positive whole number")
    plan = Plan(Dice(seed), titles, drops, dirt, files_per_drop, cast)
    if not 0 < cast <= 20 or plan.people > LIMIT:  # noqa: PLR2004 - explained by the message
        raise SampleError(
            f"no catalogue of {titles:,} titles with {cast} cast members each can be made",
            hint=f"ask for more than 0 and at most 20 per title, and fewer than {LIMIT:,} people in all",
        )
    return write_catalogue(folder, plan)
