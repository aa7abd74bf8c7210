"""What a generated catalogue holds, counted while it was written: the expectation against which a run is checked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Counts = dict[str, int]
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Drop:
    """One dated drop.

    ``titles`` counts its lines: ``rows`` = ``new`` + ``repaired`` + ``corrections`` + ``resends`` + ``duplicates``
    + ``broken_rows`` + ``no_show_id``. Of the dirt in valid rows, ``no_rating``, ``no_date`` and ``padded`` leave
    duplicates out.

    ``lookups`` counts each snapshot: ``rows`` = ``pairs`` (distinct, trimmed, of titles that exist by now)
    + ``duplicates`` + ``no_such_title`` (of which ``unknown_ids`` name a title that never was). ``deleted`` rows stood
    in the snapshot before and are gone.

    ``after`` is the catalogue once this drop is in: valid titles, how many versions they have had, totals, distinct
    names. ``countries`` keeps "Poland," apart from "Poland"; ``countries_without_comma`` does not.
    """

    number: int
    as_of: str
    date_format: str
    columns: tuple[str, ...]
    files: tuple[str, ...]
    bom: tuple[str, ...]
    titles: Counts
    lookups: dict[str, Counts]
    after: Counts

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into the drop's folder."""
        unfinished = folder / f".{MANIFEST}.unfinished"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8", newline="\n")
        unfinished.replace(folder / MANIFEST)


@dataclass(frozen=True)
class Summary:
    """A whole catalogue."""

    folder: Path
    titles: int
    seed: int
    drops: tuple[Drop, ...]

    def describe(self) -> str:
        """A few lines for people."""
        lines = [f"{self.titles:,} titles from seed {self.seed} in {self.folder}"]
        for drop in self.drops:
            counts, rows = drop.titles, sum(lookup["rows"] for lookup in drop.lookups.values())
            lines.append(
                f"  drop-{drop.number}  {drop.as_of}  {counts['rows']:>10,} title rows: {counts['new']:,} new, "
                f"{counts['corrections']:,} corrections, {counts['resends']:,} unchanged, "
                f"{counts['broken_rows'] + counts['no_show_id']:,} broken; {rows:,} lookup rows"
            )
        return "\n".join(lines)


def added(total: Counts, more: Counts) -> Counts:
    """Counts summed by name."""
    return {name: total.get(name, 0) + number for name, number in more.items()}
