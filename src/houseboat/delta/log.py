"""Looks at a Delta table's log without reading data."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMMIT = re.compile(r"^(\d{20})\.json$")
_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint.*\.parquet$")


def exists(table: Path) -> bool:
    """Whether a Delta table with at least one commit is here."""
    return latest_version(table) is not None


def latest_version(table: Path) -> int | None:
    """The newest version, by the names in ``_delta_log``; None when there is no table."""
    newest = -1
    try:
        with os.scandir(table / "_delta_log") as entries:
            for entry in entries:
                match = _COMMIT.match(entry.name) or _CHECKPOINT.match(entry.name)
                if match:
                    newest = max(newest, int(match[1]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return newest if newest >= 0 else None


def commit(table: Path, version: int) -> list[dict[str, Any]] | None:
    """The actions of one commit, or None when its file is gone (cleaned up after a checkpoint)."""
    try:
        text = (table / "_delta_log" / f"{version:020d}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def commits_backwards(table: Path, *, down_to: int = 0) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Commits from the newest to ``down_to``, as far back as their files still exist."""
    newest = latest_version(table)
    if newest is None:
        return
    for version in range(newest, down_to - 1, -1):
        actions = commit(table, version)
        if actions is None:
            return
        yield version, actions


def user_metadata(actions: list[dict[str, Any]]) -> str | None:
    """The ``userMetadata`` of a commit's ``commitInfo``."""
    for action in actions:
        info = action.get("commitInfo")
        if info:
            text = info.get("userMetadata")
            return str(text) if text is not None else None
    return None


def stamp(table: Path) -> tuple[int, int, int] | None:
    """The newest version with its commit file's time and size: another value means that something was written, even
    when the table was removed and made anew with the same version. None when there is no table.
    """
    version = latest_version(table)
    if version is None:
        return None
    try:
        found = (table / "_delta_log" / f"{version:020d}.json").stat()
    except FileNotFoundError:
        return (version, 0, 0)
    return (version, found.st_mtime_ns, found.st_size)


def identity(table: Path) -> str:
    """A text that changes when the table's columns, partitioning or identity change."""
    from deltalake import DeltaTable

    found = DeltaTable(str(table), without_files=True)
    meta = found.metadata()
    return f"{meta.id} {meta.partition_columns} {found.schema().to_json()}"


def schema_string(table: Path) -> str:
    """The table's current schema as Delta's JSON text; it changes exactly when a column does."""
    from deltalake import DeltaTable

    return str(DeltaTable(str(table), without_files=True).schema().to_json())
