"""Lays ``cloudFiles.schemaHints`` over an inferred schema.

A hint names a column or a place inside one (``a.b``, ``list.element``, ``map.key``, ``map.value.f``) and its type; a hint
for what is not there adds it. Source: Databricks, "Auto Loader: override schema inference with schema hints".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import parse_fields

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType


def apply(schema: StructType, hints: str | None) -> StructType:
    """The schema with the hints laid over it. Raises ``CloudFilesError`` for hints that are no column list."""
    if not hints or not hints.strip():
        return schema
    for path, kind in parse_fields(hints):
        if path.lower() in (f.name.lower() for f in schema.fields):
            schema = _struct(schema, [path], kind)
        else:
            schema = _struct(schema, path.split("."), kind)
    return schema


def _struct(schema: StructType, path: list[str], kind: DataType) -> StructType:
    from pyspark.sql.types import StructField, StructType

    fields = list(schema.fields)
    for at, held in enumerate(fields):
        if held.name.lower() == path[0].lower():
            # the hint's spelling wins: it is how users pin one of several
            fields[at] = StructField(path[0], _inside(held.dataType, path[1:], kind))
            return StructType(fields)
    fields.append(StructField(path[0], _inside(None, path[1:], kind)))
    return StructType(fields)


def _inside(held: DataType | None, path: list[str], kind: DataType) -> DataType:
    """The type of a column after a hint for a place inside it."""
    from pyspark.sql.types import ArrayType, MapType, StringType, StructType

    if not path:
        return kind
    step, rest = path[0].lower(), path[1:]
    if step == "element" and not isinstance(held, StructType):
        return ArrayType(_inside(held.elementType if isinstance(held, ArrayType) else None, rest, kind))
    if step in ("key", "value") and not isinstance(held, StructType):
        base = held if isinstance(held, MapType) else MapType(StringType(), StringType())
        if step == "key":
            return MapType(_inside(base.keyType, rest, kind), base.valueType)
        # a map that was inferred as text says nothing about the shape of its values
        value = base.valueType if isinstance(held, MapType) and not isinstance(base.valueType, StringType) else None
        return MapType(base.keyType, _inside(value, rest, kind))
    return _struct(held if isinstance(held, StructType) else StructType([]), path, kind)
