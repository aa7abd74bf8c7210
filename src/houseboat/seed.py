"""Puts the files of a drop where a project's sources would deliver them.

The manifest's ``[[seed]]`` rules say where: a lake address (a file lands in the data lake) or a web address that a
stand-in folder serves (a file is published in the repository). Files appear whole: each is written beside its place and renamed.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from houseboat.lake import Lake, WebSources
    from houseboat.project import Project


@dataclass(frozen=True)
class Seeded:
    """One file that was put in place. ``new`` is False when it was there already with the same content."""

    file: str
    to: str
    size: int
    new: bool


def drops(project: Project) -> dict[str, Path]:
    """The dated drops of the project's sample, in order: name -> folder."""
    if project.sample is None:
        return {}
    found = [path for path in project.sample.glob("drop-*") if path.is_dir()]
    return {path.name: path for path in sorted(found, key=_order)}


def seed(project: Project, lake: Lake, web: WebSources, folder: Path, *, drop: str | None = None) -> list[Seeded]:
    """Put every file of ``folder`` that a rule names in its place. ``drop``: its name, the folder's by default."""
    if not project.seeds:
        raise HouseboatError(
            "the manifest has no [[seed]] rules", place=Place(project.manifest), hint="see docs/reference/manifest.md"
        )
    if not folder.is_dir():
        raise HouseboatError(
            f"{folder} is not a folder of files", hint="give a folder with --data, or a number with --drop"
        )
    name = drop or folder.resolve().name
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        rule = next((r for r in project.seeds if any(fnmatch.fnmatchcase(file.name, p) for p in r.files)), None)
        if rule is None:
            continue
        address = rule.into.replace("{drop}", name).rstrip("/") + "/" + file.name
        found.append(_put(file, _place(address, project, lake, web), address))
    if not found:
        patterns = ", ".join(pattern for rule in project.seeds for pattern in rule.files)
        raise HouseboatError(
            f"no file in {folder} matches a seed rule",
            hint=f"expected: {patterns}",
            place=Place(project.manifest, at="seed"),
        )
    return found


def stand_ins(project: Project) -> Mapping[str, Path]:
    """Web address prefix -> the folder that stands in for it."""
    return {prefix: project.place(text) for prefix, text in project.web.items()}


def _order(drop: Path) -> tuple[int, str]:
    """By number, then by name."""
    number = drop.name.removeprefix("drop-")
    return (int(number) if number.isdecimal() else 1 << 31, drop.name)


def _place(address: str, project: Project, lake: Lake, web: WebSources) -> Path:
    if address.startswith(("http://", "https://")):
        place = web.folder(address)
        if place is None:
            raise HouseboatError(f"no [web] entry stands in for {address}", place=Place(project.manifest, at="web"))
        return place
    return lake.local(address)


def _put(file: Path, place: Path, address: str) -> Seeded:
    size = file.stat().st_size
    if place.is_file() and place.stat().st_size == size and place.read_bytes() == file.read_bytes():
        return Seeded(file.name, address, size, new=False)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    shutil.copyfile(file, beside)
    os.replace(beside, place)
    return Seeded(file.name, address, size, new=True)
