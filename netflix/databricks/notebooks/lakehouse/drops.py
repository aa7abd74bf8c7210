"""The order of drops: when each landed file took effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Drop:
    """A landed file. Times are microseconds since 1970, UTC; ``rows`` are those that bronze holds of it."""

    source_file: str
    file_modified_at: int
    rows: int


def effective_times(drops: Iterable[Drop], known: Mapping[str, int]) -> dict[str, int]:
    """File -> the moment from which its rows hold, in microseconds: the file's modification time.

    No two files share a moment, so that the order of two versions of a title is never in doubt: of files modified in
    the same microsecond the later name comes a microsecond later. A file that is known keeps the moment it has.
    """
    times: dict[str, int] = {}
    used = set(known.values())
    for drop in sorted(drops, key=lambda d: (d.file_modified_at, d.source_file)):
        moment = known.get(drop.source_file, drop.file_modified_at)
        while drop.source_file not in known and moment in used:
            moment += 1
        used.add(moment)
        times[drop.source_file] = moment
    return times
