"""YAML whose mappings and lists remember where in the user's files each entry stands.

``Map`` is a dict and ``Seq`` a list, so that the rest of the program works on plain values; ``place_of(container,
key)`` answers where an entry was declared, also after files have been merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from houseboat.databricks.errors import BundleError
from houseboat.errors import Place
from houseboat.runs import Json


class Map(dict[str, Json]):
    """A mapping; ``places`` holds the place of each key, ``place`` that of the mapping itself."""

    def __init__(self, items: Iterable[tuple[str, Json]] = (), *, place: Place | None = None) -> None:
        super().__init__(items)
        self.place = place or Place()
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Json, place: Place) -> None:
        """Set an entry together with its place."""
        self[key] = value
        self.places[key] = place

    def __deepcopy__(self, memo: dict[int, Any]) -> Map:
        copy = Map(((key, deepcopy(value, memo)) for key, value in self.items()), place=self.place)
        copy.places = dict(self.places)
        return copy


class Seq(list[Json]):
    """A list; ``places`` holds the place of each item."""

    def __init__(self, items: Iterable[Json] = (), places: Iterable[Place] = (), *, place: Place | None = None) -> None:
        super().__init__(items)
        self.place = place or Place()
        self.places: list[Place] = list(places)

    def __deepcopy__(self, memo: dict[int, Any]) -> Seq:
        return Seq((deepcopy(item, memo) for item in self), self.places, place=self.place)


def place_of(container: object, key: str | int | None = None) -> Place:
    """Where an entry of a ``Map`` or ``Seq`` was declared; an empty place when that is not known."""
    if isinstance(container, Map):
        return container.places.get(str(key), container.place) if key is not None else container.place
    if isinstance(container, Seq):
        known = isinstance(key, int) and key < len(container.places)
        return container.places[key] if known and isinstance(key, int) else container.place
    return Place()


def read_yaml(path: Path) -> Map:
    """Read one YAML file whose top is a mapping; raises ``BundleError`` with the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BundleError(f"there is no file {path.name}", place=Place(path)) from error
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = _build(loader, node, path) if node is not None else Map(place=Place(path, 1))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BundleError(
            f"not YAML: {error.problem or error.context}", place=Place(path, mark.line + 1 if mark else None)
        ) from error
    if not isinstance(value, Map):
        raise BundleError("expected a mapping of keys at the top", place=Place(path, 1))
    return value


def _build(loader: yaml.SafeLoader, node: yaml.Node, path: Path) -> Json:
    place = Place(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        result = Map(place=place)
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node, deep=True))
            result.put(key, _build(loader, value_node, path), Place(path, key_node.start_mark.line + 1))
        return result
    if isinstance(node, yaml.SequenceNode):
        places = [Place(path, item.start_mark.line + 1) for item in node.value]
        return Seq((_build(loader, item, path) for item in node.value), places, place=place)
    return _scalar(loader.construct_object(node, deep=True))


def _scalar(value: object) -> Json:
    """Dates stay text, as Databricks reads them."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


_KEYS = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "environments": "environment_key",
    "parameters": "name",
}
"""Lists that merge by a key of their items; ``clusters`` of pipelines merge by label, with ``default`` as default."""


def merge(base: Map, over: Mapping[str, Json]) -> Map:
    """``base`` overlaid with ``over``: mappings merge deeply, keyed lists by key, other lists append, else ``over`` wins.

    Source: Databricks' page on target overrides.
    """
    result = deepcopy(base)
    for key, value in over.items():
        place = place_of(over, key)
        if key not in result or result[key] is None:
            result.put(key, deepcopy(value), place)
        elif isinstance(value, Map) and isinstance(result[key], Map):
            result[key] = merge(result[key], value)
        elif isinstance(value, Seq) and isinstance(result[key], Seq):
            result[key] = _merge_lists(key, result[key], value)
        else:
            result.put(key, deepcopy(value), place)
    return result


def _merge_lists(name: str, base: Seq, over: Seq) -> Seq:
    result = deepcopy(base)
    for position, item in enumerate(over):
        at = _position(name, result, item)
        if at is None:
            result.append(deepcopy(item))
            result.places.append(place_of(over, position))
        else:
            result[at] = merge(result[at], item)
    return result


def _position(name: str, items: Seq, wanted: Json) -> int | None:
    if not isinstance(wanted, Map):
        return None
    field = "label" if name == "clusters" else _KEYS.get(name)
    if field is None:
        return None
    label = wanted.get(field, "default" if name == "clusters" else None)
    for position, item in enumerate(items):
        if isinstance(item, Map) and label is not None and item.get(field, "default") == label:
            return position
    return None


__all__ = ["Map", "Seq", "merge", "place_of", "read_yaml"]
