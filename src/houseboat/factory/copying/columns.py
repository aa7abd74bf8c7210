"""Which columns a copy writes: the mapping of its translator and its additional columns, as SQL.

Source: Data Factory's published reference of TabularTranslator and additionalColumns. Without a mapping, columns go
by name. Paths into nested values are a declared gap. A type that a mapping gives its sink's column is made with
``cast``; text files hold texts, so there it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.factory.copying import sql
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.runs import Json


def with_additional(rows: str, additional: Sequence[Mapping[str, Json]], path: str) -> str:
    """The rows with further columns: ``$$FILEPATH``, ``$$COLUMN:name`` or a constant text."""
    if not additional:
        return rows
    extra = ", ".join(
        f"{_additional(to_text(entry.get('value')), path)} as {sql.name(entry['name'])}" for entry in additional
    )
    return f"select *, {extra} from ({rows})"


def _additional(value: str, path: str) -> str:
    if value == "$$FILEPATH":
        return sql.text(path)
    if value.startswith("$$COLUMN:"):
        return sql.name(value.removeprefix("$$COLUMN:"))
    return sql.text(value)


TYPES: dict[str, str] = {
    "boolean": "boolean",
    "byte": "utinyint",
    "byte[]": "blob",
    "datetime": "timestamp",
    "datetimeoffset": "timestamptz",
    "decimal": "decimal(38, 18)",
    "double": "double",
    "guid": "uuid",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "sbyte": "tinyint",
    "single": "float",
    "string": "varchar",
    "timespan": "interval",
    "uint16": "usmallint",
    "uint32": "uinteger",
    "uint64": "ubigint",
}
"""Data Factory's interim types -> DuckDB's."""


@dataclass(frozen=True)
class Mapped:
    """The rows that a mapping gives, and those whose values it cannot convert (``item``, ``message``; None: no types)."""

    rows: str
    broken: str | None = None


def mapped(
    rows: str,
    names: Sequence[str],
    translator: Mapping[str, Json] | None,
    *,
    typed: bool,
    tolerant: bool = False,
) -> Mapped:
    """The rows with the columns that the translator asks for. Raises ``ActivityError`` for one that is not there.

    ``typed``: the sink's columns have types. ``tolerant``: a row with a value that cannot be converted is left out.
    """
    chosen, failing = [], []
    for source, sink in _pairs(translator or {}):
        column = _source(source, names)
        value = sql.name(column)
        kind = _type(sink) if typed else None
        if kind is not None:
            failing.append(f"({value} is not null and try_cast({value} as {kind}) is null)")
            value = f"{'try_cast' if tolerant else 'cast'}({value} as {kind})"
        chosen.append(f"{value} as {sql.name(_sink(sink, column))}")
    if not chosen:
        return Mapped(rows)
    made = f"select {', '.join(chosen)} from ({rows})"
    if not failing or not tolerant:
        return Mapped(made)
    wrong = " or ".join(failing)
    item = f"concat_ws(',', {sql.columns(names)})"
    broken = f"select {item} as item, 'A value cannot be converted to its column''s type.' as message from ({rows})"
    return Mapped(f"{made} where not ({wrong})", f"{broken} where {wrong}")


def _type(sink: Mapping[str, Json]) -> str | None:
    """DuckDB's type for a mapping's sink column; None where the mapping says none."""
    name = str(sink.get("type") or "")
    if name and name.lower() not in TYPES:
        raise Unsupported(f"the type '{name}' of a mapping is not known here", hint=f"types are {', '.join(TYPES)}")
    return TYPES.get(name.lower())


def _pairs(translator: Mapping[str, Json]) -> list[tuple[Mapping[str, Json], Mapping[str, Json]]]:
    if translator.get("collectionReference"):
        raise Unsupported("the translator's 'collectionReference' is not known here", hint="flatten it in a notebook")
    if translator.get("mappings"):
        return [(entry.get("source") or {}, entry.get("sink") or {}) for entry in translator["mappings"]]
    legacy = translator.get("columnMappings")
    if isinstance(legacy, str):
        legacy = dict(part.split(":", 1) for part in legacy.split(",") if ":" in part)
    return [({"name": str(key).strip()}, {"name": str(value).strip()}) for key, value in (legacy or {}).items()]


def _source(source: Mapping[str, Json], names: Sequence[str]) -> str:
    wanted = source.get("name") or _top(source.get("path"))
    if wanted is None and source.get("ordinal"):
        position = int(source["ordinal"]) - 1
        wanted = names[position] if 0 <= position < len(names) else f"number {position + 1}"
    if wanted not in names:
        raise ActivityError(
            f"ErrorCode=MappingColumnNameNotFoundInSourceFile,Message=Column '{wanted}' specified in column mapping "
            f"cannot be found in the source. Its columns are '{', '.join(names)}'.",
            code="2200",
        )
    return str(wanted)


def _sink(sink: Mapping[str, Json], otherwise: str) -> str:
    return str(sink.get("name") or _top(sink.get("path")) or otherwise)


def _top(path: Json) -> str | None:
    """``$['a']`` or ``$.a`` as ``a``; anything deeper is a gap."""
    if not path:
        return None
    inner = str(path).removeprefix("$").strip(".").removeprefix("['").removesuffix("']")
    if any(mark in inner for mark in ".[]"):
        raise Unsupported(f"the path '{path}' of a mapping leads into a nested value", hint="flatten it in a notebook")
    return inner
