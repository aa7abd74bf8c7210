"""Functions on text. Searching ignores case (``indexOf``, ``startsWith``, ...), replacing and splitting do not."""

from __future__ import annotations

import uuid

from houseboat.factory.expressions.functions import text
from houseboat.factory.expressions.functions.function import (
    ANY,
    INTEGER,
    TEXT,
    TEXT_OR_NULL,
    Function,
    many,
    outside,
    row,
)
from houseboat.factory.expressions.scope import Environment, Refused
from houseboat.factory.expressions.values import to_text


def _substring(value: str, start: int, count: int | None = None) -> str:
    size = text.length(value)
    if start < 0 or start >= size:
        raise Refused(f"the start index {start} of 'substring' must be inside the string of length {size}")
    end = size if count is None else start + count
    if end > size or end < start:
        raise Refused(f"the length {count} of 'substring' from index {start} exceeds the string of length {size}")
    return text.piece(value, start, end)


def _index_of(value: str, sought: str) -> int:
    return text.position(value, text.upper(value).find(text.upper(sought)))


def _last_index_of(value: str, sought: str) -> int:
    if not sought:
        return max(text.length(value) - 1, 0)
    return text.position(value, text.upper(value).rfind(text.upper(sought)))


def _replace(value: str, old: str, new: str) -> str:
    if not old:
        raise Refused("the second parameter of 'replace' must not be empty")
    return value.replace(old, new)


def _guid(environment: Environment, form: str | None = None) -> str:
    value = uuid.UUID(environment.guid())
    match (form or "D").upper():
        case "D":
            return str(value)
        case "N":
            return value.hex
        case "B":
            return f"{{{value}}}"
        case "P":
            return f"({value})"
        case "X":
            tail = ",".join(f"0x{byte:02x}" for byte in value.bytes[8:])
            return f"{{0x{value.time_low:08x},0x{value.time_mid:04x},0x{value.time_hi_version:04x},{{{tail}}}}}"
    raise Refused(f"'{form}' is not a format of 'guid'; formats are D, N, B, P and X")


FUNCTIONS: dict[str, Function] = {
    "concat": many(lambda *values: "".join(map(to_text, values)), ANY),
    "substring": row(_substring, TEXT, INTEGER, INTEGER, optional=1),
    "indexOf": row(_index_of, TEXT, TEXT),
    "lastIndexOf": row(_last_index_of, TEXT, TEXT),
    "startsWith": row(lambda value, sought: text.upper(value).startswith(text.upper(sought)), TEXT, TEXT),
    "endsWith": row(lambda value, sought: text.upper(value).endswith(text.upper(sought)), TEXT, TEXT),
    "replace": row(_replace, TEXT, TEXT, TEXT),
    "split": row(lambda value, separator: value.split(separator) if separator else [value], TEXT, TEXT),
    "toLower": row(text.lower, TEXT),
    "toUpper": row(text.upper, TEXT),
    "trim": row(lambda value: value.strip(text.WHITE_SPACE), TEXT),
    "guid": outside(_guid, TEXT_OR_NULL, optional=1),
}
