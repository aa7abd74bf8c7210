"""The ``text`` format: one column ``value``, a row per line or (``wholeText``) per file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import text
from houseboat.autoloader.options import boolean
from houseboat.autoloader.reader import lines
from houseboat.autoloader.reader.job import Direct

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.types import StructType

    from houseboat.autoloader.reader.job import InputFile, ReadJob

_LINES = (
    "string_split(replace(replace(ltrim(content, chr(65279)), chr(13) || chr(10), chr(10)), chr(13), chr(10)), chr(10))"
)
# the separator at the end ends the last line and begins none
_WITHOUT_END = "CASE WHEN {0}[-1] = '' THEN {0}[:-2] ELSE {0} END"


class Text:
    """Lines of text, empty ones included; a file is held in memory while it is split."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """Always ``value STRING``."""
        del files, options, con, types
        from pyspark.sql.types import StringType, StructField, StructType

        return StructType([StructField("value", StringType())])

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """The engine reads none."""
        del con
        return Direct(None, job.files)

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Lines, or whole files."""
        del con
        if boolean("wholeText", job.options.get("wholetext", "false")):
            whole = f"SELECT filename, content AS line FROM read_text({lines.paths(job.files)})"
            return [_value(job, whole)]
        parts = f"string_split(content, {text(job.options['linesep'])})" if "linesep" in job.options else _LINES
        return [
            _value(
                job,
                f"SELECT filename, unnest({_WITHOUT_END.format(parts)}) AS line FROM read_text({lines.paths(job.files)})",
            )
        ]


def _value(job: ReadJob, source: str) -> str:
    columns = ", ".join(
        f"{'line' if f.name == 'value' else 'NULL::VARCHAR'} AS d{i}" for i, f in enumerate(job.data.fields)
    )
    return f"SELECT f.at AS file_at, {columns}, NULL::VARCHAR AS rescued FROM ({source}) l JOIN input_files f ON f.path = l.filename"
