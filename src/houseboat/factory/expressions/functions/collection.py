"""Functions on arrays, objects and text as collections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.expressions.functions import text
from houseboat.factory.expressions.functions.function import (
    ANY,
    ARRAY,
    CONTAINER,
    INTEGER,
    SEQUENCE,
    TEXT,
    Function,
    Kind,
    many,
    row,
)
from houseboat.factory.expressions.scope import Refused
from houseboat.factory.expressions.values import find_key, same, to_text

if TYPE_CHECKING:
    from houseboat.runs import Json

_CONTAINER_OR_NULL = Kind(
    "an array, an object, a string or null",
    lambda value: value is None or CONTAINER.accepts(value),
)
_ARRAY_OR_OBJECT = Kind("an array or an object", lambda value: isinstance(value, (list, Mapping)))


def _contains(collection: Json, sought: Json) -> bool:
    if isinstance(collection, list):
        return any(same(item, sought) for item in collection)
    if not isinstance(sought, str):
        raise Refused("the function 'contains' expects a string to look for in a string or among the keys of an object")
    return sought in collection if isinstance(collection, str) else find_key(collection, sought) is not None


def _end(collection: Json, index: int) -> Json:
    if isinstance(collection, str):
        whole = text.units(collection)
        return text.from_units(whole[:2] if index == 0 else whole[-2:])
    return collection[index] if collection else None


def _size(name: str, count: int) -> int:
    if count < 0:
        raise Refused(f"the second parameter of '{name}' must not be negative")
    return count


def _take(collection: Json, count: int) -> Json:
    size = _size("take", count)
    return text.piece(collection, 0, size) if isinstance(collection, str) else collection[:size]


def _skip(collection: Json, count: int) -> Json:
    size = _size("skip", count)
    return text.piece(collection, size, text.length(collection)) if isinstance(collection, str) else collection[size:]


def _distinct(items: list[Json]) -> list[Json]:
    kept: list[Json] = []
    for item in items:
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return kept


def _alike(name: str, collections: tuple[Json, ...]) -> bool:
    """Whether all are arrays; refused when arrays and objects are mixed."""
    arrays = [isinstance(collection, list) for collection in collections]
    if any(arrays) != all(arrays):
        raise Refused(f"the parameters of '{name}' must be all arrays or all objects")
    return all(arrays)


def _union(*collections: Json) -> Json:
    if _alike("union", collections):
        return _distinct([item for collection in collections for item in collection])
    return {key: value for collection in collections for key, value in collection.items()}


def _intersection(head: Json, *others: Json) -> Json:
    if _alike("intersection", (head, *others)):
        return _distinct([item for item in head if all(_contains(other, item) for other in others)])
    return {
        key: value for key, value in head.items() if all(key in other and same(other[key], value) for other in others)
    }


FUNCTIONS: dict[str, Function] = {
    "contains": row(_contains, CONTAINER, ANY),
    "empty": row(lambda collection: not collection, _CONTAINER_OR_NULL),
    "first": row(lambda collection: _end(collection, 0), SEQUENCE),
    "last": row(lambda collection: _end(collection, -1), SEQUENCE),
    "take": row(_take, SEQUENCE, INTEGER),
    "skip": row(_skip, SEQUENCE, INTEGER),
    "join": row(lambda items, separator: separator.join(map(to_text, items)), ARRAY, TEXT),
    "length": row(lambda value: text.length(value) if isinstance(value, str) else len(value), SEQUENCE),
    "union": many(_union, _ARRAY_OR_OBJECT, least=2),
    "intersection": many(_intersection, _ARRAY_OR_OBJECT, least=2),
    "createArray": many(lambda *items: list(items), ANY),
    "array": row(lambda value: value if isinstance(value, list) else [value], ANY),
}
