"""Functions that the workflow engine has and Data Factory's reference does not list.

They are here because public pipelines use some of them; in Azure they may or may not work (``documented`` is False).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.expressions.functions import text
from houseboat.factory.expressions.functions.function import (
    ANY,
    ARRAY,
    INTEGER,
    NUMBER,
    OBJECT,
    SEQUENCE,
    TEXT,
    Function,
    extension,
    row,
)
from houseboat.factory.expressions.scope import Refused
from houseboat.factory.expressions.values import find_key, is_number

if TYPE_CHECKING:
    from houseboat.runs import Json

_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_FLOAT = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def _nth_index_of(value: str, sought: str, occurrence: int) -> int:
    haystack, needle, position = text.upper(value), text.upper(sought), -1
    if occurrence == 0 or not sought:
        return -1
    for _ in range(abs(occurrence)):
        if occurrence > 0:
            position = haystack.find(needle, position + 1)
        else:
            position = haystack.rfind(needle, 0, None if position < 0 else position)
        if position < 0:
            return -1
    return text.position(value, position)


def _slice(value: str, start: int, end: int | None = None) -> str:
    return value[start:end]


def _sort(items: list[Json], by: str | None = None) -> list[Json]:
    if by is not None and not all(isinstance(item, Mapping) for item in items):
        raise Refused("the function 'sort' expects an array of objects when it is given a property's name")
    keys = [item if by is None else item.get(by) for item in items]
    if not (all(map(is_number, keys)) or all(isinstance(key, str) for key in keys)):
        raise Refused("the function 'sort' expects numbers only or strings only")
    ranks = keys if keys and is_number(keys[0]) else [text.order(key) for key in keys]
    return [items[index] for index in sorted(range(len(items)), key=ranks.__getitem__)]


def _chunk(collection: Json, size: int) -> list[Json]:
    if size < 1:
        raise Refused("the second parameter of 'chunk' must be at least 1")
    return [collection[start : start + size] for start in range(0, len(collection), size)]


def _format_number(value: float, form: str, _locale: str = "en-us") -> str:
    match = re.fullmatch(r"([NFDPXnfdpx])(\d{0,2})", form)
    if match is None:
        raise Refused(f"'{form}' is not a number format known here; known are N, F, D, P and X with digits")
    kind, digits = match[1].upper(), int(match[2] or (0 if match[1] in "DdXx" else 2))
    match kind:
        case "N":
            return f"{value:,.{digits}f}"
        case "F":
            return f"{value:.{digits}f}"
        case "P":
            return f"{value * 100:,.{digits}f}%"
        case "D":
            return f"{int(value):0{digits}d}"
        case _:
            return f"{int(value):0{digits}{'X' if form[0] == 'X' else 'x'}}"


def _with_property(value: dict[str, Json], key: str, item: Json) -> dict[str, Json]:
    return {**value, find_key(value, key) or key: item}


def _add_property(value: dict[str, Json], key: str, item: Json) -> dict[str, Json]:
    if find_key(value, key) is not None:
        raise Refused(f"the object has a property '{key}' already")
    return {**value, key: item}


def _remove_property(value: dict[str, Json], key: str) -> dict[str, Json]:
    found = find_key(value, key)
    return {name: item for name, item in value.items() if name != found}


FUNCTIONS: dict[str, Function] = {
    name: extension(function)
    for name, function in {
        "nthIndexOf": row(_nth_index_of, TEXT, TEXT, INTEGER),
        "slice": row(_slice, TEXT, INTEGER, INTEGER, optional=1),
        "reverse": row(lambda collection: collection[::-1], SEQUENCE),
        "sort": row(_sort, ARRAY, TEXT, optional=1),
        "chunk": row(_chunk, SEQUENCE, INTEGER),
        "formatNumber": row(_format_number, NUMBER, TEXT, TEXT, optional=1),
        "isInt": row(lambda value: _INTEGER.fullmatch(str(value)) is not None, ANY),
        "isFloat": row(lambda value: _FLOAT.fullmatch(str(value)) is not None, ANY),
        "addProperty": row(_add_property, OBJECT, TEXT, ANY),
        "setProperty": row(_with_property, OBJECT, TEXT, ANY),
        "removeProperty": row(_remove_property, OBJECT, TEXT),
    }.items()
}
