"""Decides what columns that a stream does not know mean for it.

Source: Databricks, "Configure schema inference and evolution in Auto Loader".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.autoloader.errors import UnknownFieldException
from houseboat.autoloader.schema_store import SchemaStore, StreamSchema

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

STOPPING = ("addNewColumns", "failOnNewColumns")
"""Modes in which a new column stops the stream."""


def new_fields(known: StructType, seen: StructType, ignore: frozenset[str] = frozenset()) -> list[str]:
    """Names (dotted where nested) that ``seen`` has and ``known`` lacks; case variants of a name are one column."""
    return list(_new(known, seen, "", ignore))


def merged(known: StructType, seen: StructType, ignore: frozenset[str] = frozenset()) -> StructType:
    """``known`` with the new fields of ``seen`` at its end (nested ones at the end of their struct); types untouched."""
    from pyspark.sql.types import StructField, StructType

    fields = list(known.fields)
    at = {f.name.lower(): i for i, f in enumerate(fields)}
    for field in seen.fields:
        index = at.get(field.name.lower())
        if index is not None:
            fields[index] = StructField(fields[index].name, _merged_type(fields[index].dataType, field.dataType))
        elif field.name.lower() not in ignore:
            at[field.name.lower()] = len(fields)
            fields.append(StructField(field.name, field.dataType))
    return StructType(fields)


def evolve(
    known: StreamSchema, seen: StructType, *, mode: str, store: SchemaStore | None, path: str, ignore: frozenset[str]
) -> None:
    """Stop the stream when ``seen`` (the columns of this batch's files) has new columns and the mode says so.

    In ``addNewColumns`` the new schema is stored first, with all new columns of the batch. ``path`` names the files in
    the message; ``ignore``: lower-case names that are no data (partition columns, the rescued column).
    Raises ``UnknownFieldException``.
    """
    if mode not in STOPPING:
        return
    fresh = new_fields(known.data, seen, ignore)
    if not fresh:
        return
    retryable = mode == "addNewColumns" and store is not None
    if retryable and store is not None:
        # another run may have stored a newer version since this one's DataFrame was defined: build on that
        newest = store.latest() or known
        store.add(StreamSchema(merged(newest.data, seen, ignore), newest.partitions))
    raise UnknownFieldException(
        fresh, path=path, retryable=retryable, schema_location=str(store.folder) if store is not None else None
    )


def _new(known: StructType, seen: StructType, prefix: str, ignore: frozenset[str]) -> list[str]:
    held = {f.name.lower(): f.dataType for f in known.fields}
    found: list[str] = []
    for field in seen.fields:
        if field.name.lower() in held:
            inner = _structs(held[field.name.lower()], field.dataType)
            found += _new(*inner, f"{prefix}{field.name}.", frozenset()) if inner else []
        elif field.name.lower() not in ignore:
            found.append(prefix + field.name)
    return found


def _structs(known: DataType, seen: DataType) -> tuple[StructType, StructType] | None:
    """The structs inside two types of one shape (a struct, or an array of structs)."""
    from pyspark.sql.types import ArrayType, StructType

    if isinstance(known, StructType) and isinstance(seen, StructType):
        return known, seen
    if isinstance(known, ArrayType) and isinstance(seen, ArrayType):
        return _structs(known.elementType, seen.elementType)
    return None


def _merged_type(known: DataType, seen: DataType) -> DataType:
    from pyspark.sql.types import ArrayType, StructType

    if isinstance(known, StructType) and isinstance(seen, StructType):
        return merged(known, seen)
    if isinstance(known, ArrayType) and isinstance(seen, ArrayType):
        return ArrayType(_merged_type(known.elementType, seen.elementType))
    return known
