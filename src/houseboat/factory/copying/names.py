"""How the files that a copy writes are called.

Source: Data Factory's published ``copyBehavior``. Generated names are made from the source's path, so that copying
again overwrites what the first copy wrote.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.connectors.store import SourceFile, Target

PRESERVE, FLATTEN, MERGE = "PreserveHierarchy", "FlattenHierarchy", "MergeFiles"


def behavior(text: str | None) -> str:
    """The copy behaviour, spelled as in the reference. Raises ``ActivityError``."""
    for known in (PRESERVE, FLATTEN, MERGE):
        if (text or PRESERVE).lower() == known.lower():
            return known
    raise ActivityError(f"'{text}' is not a copyBehavior", code="2200", hint=f"use {PRESERVE}, {FLATTEN} or {MERGE}")


def plan(
    sources: list[SourceFile],
    target: Target,
    how: str,
    *,
    extension: str | None = None,
) -> list[tuple[list[SourceFile], Path]]:
    """Which sources go into which file. ``extension`` replaces the sources' own where a name is not given."""
    if how == MERGE:
        name = target.name or _generated("+".join(source.relative for source in sources), extension or "")
        return [(sources, _inside(target, name))] if sources else []
    if target.name and len(sources) > 1:
        raise ActivityError(
            f"{len(sources)} files cannot all be written to '{target.name}'", code="2200",
            hint=f"set copyBehavior to {MERGE}, or let the sink's dataset name only a folder",
        )  # fmt: skip
    planned = []
    for source in sources:
        name = target.name or (_flat(source, extension) if how == FLATTEN else _kept(source, extension))
        planned.append(([source], _inside(target, name)))
    return planned


def _kept(source: SourceFile, extension: str | None) -> str:
    path = PurePosixPath(source.relative)
    return path.as_posix() if extension is None else path.with_suffix(extension).as_posix()


def _flat(source: SourceFile, extension: str | None) -> str:
    return _generated(source.relative, extension if extension is not None else PurePosixPath(source.relative).suffix)


def _generated(seed: str, extension: str) -> str:
    return f"data_{hashlib.sha256(seed.encode()).hexdigest()[:32]}{extension}"


def _inside(target: Target, name: str) -> Path:
    """The place of the file; names that lead out of the lake are refused."""
    place = target.folder / name
    if target.root not in place.resolve().parents or ".." in PurePosixPath(name).parts:
        raise ActivityError(f"'{name}' would leave the lake", code="2200")
    return place
