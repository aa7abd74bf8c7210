"""Which columns a copy writes: the mapping of its translator and its additional columns, as SQL.

Source: Data Factory's published reference of TabularTranslator and additionalColumns. Without a mapping, columns go
by name. Paths into nested values and type conversion settings are declared gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from houseboat.errors import Unsupported
from houseboat.factory.copying import sql
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_text
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


def mapped(rows: str, names: Sequence[str], translator: Mapping[str, Json] | None) -> str:
    """The rows with the columns that the translator asks for. Raises ``ActivityError`` for one that is not there."""
    pairs = _pairs(translator or {})
    if not pairs:
        return rows
    chosen = []
    for source, sink in pairs:
        column = _source(source, names)
        chosen.append(f"{sql.name(column)} as {sql.name(_sink(sink, column))}")
    return f"select {', '.join(chosen)} from ({rows})"


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
