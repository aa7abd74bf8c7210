"""The hidden ``_metadata`` struct: what it holds, as a type, in SQL and in a plan.

Source: Databricks, "File metadata column".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

COLUMN = "_metadata"

SQL = (
    "struct_pack(file_path := f.address, file_name := f.name, file_size := f.size, file_block_start := 0::BIGINT,"
    " file_block_length := f.size, file_modification_time := make_timestamptz(f.modified * 1000))"
)
"""The struct as DuckDB builds it from a row ``f`` of ``input_files``."""


def metadata_type() -> StructType:
    """The struct's type."""
    from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

    kinds = {
        "file_path": StringType(),
        "file_name": StringType(),
        "file_size": LongType(),
        "file_block_start": LongType(),
        "file_block_length": LongType(),
        "file_modification_time": TimestampType(),
    }
    return StructType([StructField(name, kind) for name, kind in kinds.items()])
