"""The ``binaryFile`` format: a row per file with its path, time, length and bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.reader import lines
from houseboat.autoloader.reader.job import Direct

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.types import StructType

    from houseboat.autoloader.reader.job import InputFile, ReadJob

_COLUMNS = {
    "path": "f.address",
    "modificationTime": "make_timestamptz(f.modified * 1000)",
    "length": "f.size",
    "content": "b.content",
}


class BinaryFile:
    """Whole files."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """Always ``path, modificationTime, length, content``."""
        del files, options, con, types
        from pyspark.sql.types import BinaryType, LongType, StringType, StructField, StructType, TimestampType

        kinds = (StringType(), TimestampType(), LongType(), BinaryType())
        return StructType([StructField(name, kind) for name, kind in zip(_COLUMNS, kinds, strict=True)])

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """The engine reads none."""
        del con
        return Direct(None, job.files)

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """The bytes as they are."""
        del con
        columns = ", ".join(f"{_COLUMNS.get(f.name, 'NULL')} AS d{i}" for i, f in enumerate(job.data.fields))
        return [
            (
                f"SELECT f.at AS file_at, {columns}, NULL::VARCHAR AS rescued"
                f" FROM read_blob({lines.paths(job.files)}) b JOIN input_files f ON f.path = b.filename"
            )
        ]
