"""Reads a factory in the layout of Data Factory's Git integration.

``pipeline/ dataset/ linkedService/ trigger/ factory/``, one resource per file; other folders are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.errors import Place
from houseboat.factory.errors import FactoryError
from houseboat.factory.model import Definitions, Resource

if TYPE_CHECKING:
    from houseboat.runs import Json

KINDS = ("pipeline", "dataset", "linkedService", "trigger", "factory")


def load(folder: Path) -> Definitions:
    """Read all files. Raises ``FactoryError`` for a file that is not JSON, or a name that occurs twice."""
    if not folder.is_dir():
        raise FactoryError(f"there is no folder {folder}", hint="name the folder that holds pipeline/ and dataset/")
    found = {kind: _resources(folder / kind, kind) for kind in KINDS}
    if not found["pipeline"]:
        raise FactoryError(
            "the factory has no pipeline",
            place=Place(folder),
            hint="expected files such as pipeline/master.json",
        )
    factory = next(iter(found["factory"].values()), None)
    return Definitions(
        folder=folder,
        name=factory.name if factory else folder.resolve().name,
        resources={kind: found[kind] for kind in KINDS if kind != "factory"},
        global_parameters=_globals(factory),
    )


def _resources(folder: Path, kind: str) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for file in sorted(folder.glob("*.json")):
        body = _read(file)
        name = str(body.get("name") or file.stem)
        if name.lower() in found:
            other = found[name.lower()].file.name
            raise FactoryError(f"the {kind} '{name}' is defined twice", place=Place(file), hint=f"also in {other}")
        found[name.lower()] = Resource(kind, name, file, body)
    return found


def _read(file: Path) -> Mapping[str, Json]:
    try:
        body = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise FactoryError(f"not valid JSON: {error.msg}", place=Place(file, error.lineno)) from None
    except UnicodeDecodeError:
        raise FactoryError("not a UTF-8 text", place=Place(file)) from None
    if not isinstance(body, dict):
        raise FactoryError("expected a JSON object with 'name' and 'properties'", place=Place(file))
    return body


def _globals(factory: Resource | None) -> dict[str, Json]:
    declared = factory.properties.get("globalParameters") if factory else None
    return {name: entry.get("value") for name, entry in (declared or {}).items()}
