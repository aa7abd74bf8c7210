"""The shape of JSON documents.

Source: Spark's ``JsonInferSchema`` (fields sorted by name, conflicts become text) and Databricks' "How does Auto Loader
schema inference work" (all leaves text by default).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.types import DataType, StructType

_LEAVES = {
    "BIGINT": "LongType",
    "UBIGINT": "LongType",
    "HUGEINT": "DoubleType",
    "DOUBLE": "DoubleType",
    "BOOLEAN": "BooleanType",
}


def infer(documents: str, con: duckdb.DuckDBPyConnection, *, types: bool, corrupt: str) -> StructType:
    """The schema of the query ``documents`` (one column, ``doc``). ``corrupt``: a name that is never inferred."""
    from pyspark.sql.types import StructType

    row = con.execute(f"SELECT json_group_structure(doc)::VARCHAR FROM ({documents})").fetchone()
    shape = json.loads(row[0]) if row and row[0] else {}
    kind = _kind(shape, types=types)
    if not isinstance(kind, StructType):
        return StructType([])
    return StructType([field for field in kind.fields if field.name != corrupt])


def _kind(shape: object, *, types: bool) -> DataType:
    from pyspark.sql import types as spark

    if isinstance(shape, dict):
        held: dict[str, spark.StructField] = {}
        for field in sorted(shape):
            held.setdefault(field.lower(), spark.StructField(field, _kind(shape[field], types=types)))
        return spark.StructType(list(held.values()))
    if isinstance(shape, list):
        return spark.ArrayType(_kind(shape[0] if shape else "NULL", types=types))
    leaf = _LEAVES.get(str(shape), "StringType") if types else "StringType"
    return getattr(spark, leaf)()
