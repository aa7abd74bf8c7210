"""Partition columns: ``key=value`` folders of a path.

Source: Databricks, "Auto Loader: partition columns": found automatically while the layout is consistent, all ignored
where it is not, or taken by name from ``cloudFiles.partitionColumns``.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

NULL = "__HIVE_DEFAULT_PARTITION__"


def values(relative: str) -> dict[str, str | None]:
    """The ``key=value`` pairs in a path's folders, in order: ``year=2026/day=1/f.csv`` -> ``{"year": "2026", "day": "1"}``."""
    found: dict[str, str | None] = {}
    for part in relative.split("/")[:-1]:
        key, sign, value = part.partition("=")
        if sign and key:
            found[unquote(key)] = None if value == NULL else unquote(value)
    return found


def columns(relatives: Iterable[str], wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """The partition columns of these files: ``wanted`` if named, else those that every path has in the same order."""
    if wanted is not None:
        return wanted
    layouts = {tuple(values(path)) for path in relatives}
    return layouts.pop() if len(layouts) == 1 else ()
