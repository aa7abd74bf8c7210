"""The ``text`` format: one column ``value``, a row per line or (``wholeText``) per file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.options import boolean
from houseboat.autoloader.reader import lines
from houseboat.autoloader.reader.job import InputFile, ReadJob
from houseboat.autoloader.ddl import text

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType


class Text:
    """Lines of text, empty ones included."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """Always ``value STRING``."""
        del files, options, con, types
        from pyspark.sql.types import StringType, StructField, StructType

        return StructType([StructField("value", StringType())])

    def direct(
        self, job: ReadJob, con: duckdb.DuckDBPyConnection
    ) -> tuple[relations_pb2.Relation | None, Sequence[InputFile]]:
        """The engine reads none."""
        del con
        return None, job.files

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Lines, or whole files."""
        del con
        if boolean("wholeText", job.options.get("wholetext", "false")):
            whole = f"SELECT filename, content AS line FROM read_text({lines.paths(job.files)})"
            return [_value(job, whole)]
        if separator := job.options.get("linesep"):
            whole = f"SELECT filename, unnest(string_split(content, {text(separator)})) AS line FROM read_text({lines.paths(job.files)})"
            return [_value(job, whole)]
        return [_value(job, f"SELECT filename, line FROM {lines.source(job.files)}")]


def _value(job: ReadJob, source: str) -> str:
    columns = ", ".join(f"{'line' if f.name == 'value' else 'NULL::VARCHAR'} AS d{i}" for i, f in enumerate(job.data.fields))
    return f"SELECT f.at AS file_at, {columns}, NULL::VARCHAR AS rescued FROM ({source}) l JOIN input_files f ON f.path = l.filename"  # noqa: S608
