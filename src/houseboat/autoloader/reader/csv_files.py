"""The ``csv`` format.

Files that are provably regular are read by the fastest reader there is, the engine's own where all columns are text,
DuckDB's otherwise; every other file is read by the definition in ``csv_split``. Which reader was taken cannot be seen in
the rows. Source: Databricks, "Auto Loader options: csv"; "What is the rescued data column".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.reader import csv_clean, csv_infer
from houseboat.autoloader.reader.csv_dialect import Dialect, dialect
from houseboat.autoloader.reader.csv_head import Head, heads
from houseboat.autoloader.reader.csv_rows import layout, ragged_queries, regular_query, tolerant_query
from houseboat.autoloader.reader.job import Direct

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.autoloader.reader.job import InputFile, ReadJob


class Csv:
    """Text cells by header name (Auto Loader) or by position (Spark's own source)."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """Columns by header name over all files, text unless ``types``."""
        return csv_infer.infer(files, options, con, types=types)

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """Regular files whose wanted columns are all text."""
        from houseboat.autoloader import relations
        from houseboat.autoloader.reader import csv_direct, direct

        form = dialect(job.options)
        if form.null_value or direct.too_many(job):
            return Direct(None, job.files)
        parts: list[relations_pb2.Relation] = []
        rest: list[InputFile] = []
        count = 0
        for head, files in _by_head(job, form, con).items():
            plan = layout(job, head, form)
            if not plan.all_text or (plan.unknown and job.rescued) or not csv_direct.readable(head.skip):
                rest += files
                continue
            rest += [file for file in files if not direct.readable(file)]
            found = csv_clean.kinds([file for file in files if direct.readable(file)], plan.head, form, con)
            parts += csv_direct.plans(job, plan, form, found.regular)
            count += found.rows
            rest += found.ragged + found.other
        if not parts or len(parts) > direct.MOST:
            return Direct(None, job.files)
        return Direct(relations.union(parts), rest, count)

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """One query per kind of file: regular or not, by header."""
        form = dialect(job.options)
        queries: list[str] = []
        for head, files in _by_head(job, form, con).items():
            plan = layout(job, head, form)
            found = csv_clean.Kinds(other=files) if plan.needs_record else csv_clean.kinds(files, plan.head, form, con)
            queries += [regular_query(job, plan, form, found.regular)] if found.regular else []
            queries += ragged_queries(job, plan, form, found)
            queries += [tolerant_query(job, plan, form, found.other)] if found.other else []
        return queries


def _by_head(job: ReadJob, form: Dialect, con: duckdb.DuckDBPyConnection) -> dict[Head, list[InputFile]]:
    """The files with anything in them, by their head."""
    found: dict[Head, list[InputFile]] = {}
    header = form.header is True or (form.header is None and not job.by_position)
    for file, head in zip(job.files, heads(job.files, form, con, header=header), strict=True):
        if head.names:
            found.setdefault(head, []).append(file)
    return found
