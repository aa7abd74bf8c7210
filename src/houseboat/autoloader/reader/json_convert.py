"""JSON values to Spark types, as SQL over DuckDB's JSON type.

Source: Spark's ``JacksonParser``: whole numbers for integer types, numbers (or NaN and Infinity as text) for floating
ones, any value's text for strings; dates and timestamps from text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import duckdb_type, name, text
from houseboat.autoloader.reader.convert import typed as typed_text

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

_WHOLE = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT')"
_NUMBERS = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')"


def typed(value: str, kind: DataType, options: Mapping[str, str], depth: int = 0) -> str:
    """SQL for the JSON expression ``value`` as a Spark type; NULL where it does not fit."""
    from pyspark.sql.types import ArrayType, MapType, StructType

    target = duckdb_type(kind)
    if isinstance(kind, StructType):
        if not kind.fields:
            return f"CAST(NULL AS {target})"
        parts = [f"{name(f.name)} := {typed(_member(value, f.name), f.dataType, options, depth)}" for f in kind.fields]
        return f"CASE WHEN json_type({value}) = 'OBJECT' THEN struct_pack({', '.join(parts)}) END"
    if isinstance(kind, ArrayType):
        item = f"e{depth}"
        inner = typed(item, kind.elementType, options, depth + 1)
        listed = f"list_transform(json_extract({value}, '$[*]'), lambda {item}: {inner})"
        return f"CASE WHEN json_type({value}) = 'ARRAY' THEN CAST({listed} AS {target}) END"
    if isinstance(kind, MapType):
        key = f"k{depth}"
        inner = typed(_pointed(value, key), kind.valueType, options, depth + 1)
        keys = f"json_keys({value})"
        pair = f"map({keys}, list_transform({keys}, lambda {key}: {inner}))"
        return f"CASE WHEN json_type({value}) = 'OBJECT' THEN CAST({pair} AS {target}) END"
    return _leaf(value, kind, options)


def fits(value: str, kind: DataType, options: Mapping[str, str]) -> str:
    """SQL that is false where a value is there (not null) and is not of the type."""
    if kind.simpleString() == "string":
        return "true"
    absent = f"{value} IS NULL OR json_type({value}) = 'NULL'"
    return f"({absent} OR {typed(value, kind, options)} IS NOT NULL)"


def _leaf(value: str, kind: DataType, options: Mapping[str, str]) -> str:
    label, target = kind.simpleString(), duckdb_type(kind)
    shown = f"json_extract_string({value}, '$')"
    if label == "string":
        return shown
    if label in ("bigint", "int", "smallint", "tinyint") or label.startswith("decimal"):
        held = _NUMBERS if label.startswith("decimal") else _WHOLE
        return f"CASE WHEN json_type({value}) IN {held} THEN TRY_CAST({shown} AS {target}) END"
    if label in ("double", "float"):
        named = f"{shown} IN ('NaN', 'Infinity', '-Infinity', '+Infinity', 'INF', '-INF', '+INF')"
        number = f"TRY_CAST(replace({shown}, '+', '') AS {target})"
        return f"CASE WHEN json_type({value}) IN {_NUMBERS} OR {named} THEN {number} END"
    if label == "boolean":
        return f"CASE WHEN json_type({value}) = 'BOOLEAN' THEN {shown} = 'true' END"
    if label == "binary":
        return f"CASE WHEN json_type({value}) = 'VARCHAR' THEN TRY(from_base64({shown})) END"
    return f"CASE WHEN json_type({value}) = 'VARCHAR' THEN {typed_text(shown, kind, options)} END"


def _member(value: str, field: str) -> str:
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    return f"json_extract({value}, {text(pointer)})"


def _pointed(value: str, key: str) -> str:
    return f"json_extract({value}, '/' || replace(replace({key}, '~', '~0'), '/', '~1'))"
