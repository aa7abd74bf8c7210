"""The columns of CSV files: by header name over all of them, and their types where asked for.

Source: Databricks, "How does Auto Loader schema inference work"; Spark's ``CSVInferSchema`` for the order of types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import text
from houseboat.autoloader.reader.convert import typed
from houseboat.autoloader.reader.csv_dialect import Dialect, dialect
from houseboat.autoloader.reader.csv_head import Head, heads
from houseboat.autoloader.reader.csv_split import cells, records

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.types import DataType, StructType

    from houseboat.autoloader.reader.job import InputFile


def infer(
    files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
) -> StructType:
    """Column names in order of first appearance (case variants are one); a file's first line is its header unless ``header``
    is false. ``types``: the narrowest type that all values of a column have, of int, bigint, double, date, timestamp,
    boolean; else text.
    """
    from pyspark.sql.types import StringType, StructField, StructType

    form = dialect(options)
    by_head: dict[Head, list[InputFile]] = {}
    for file, head in zip(files, heads(files, form, con, header=form.header is not False), strict=True):
        by_head.setdefault(head, []).append(file)
    names: dict[str, str] = {}
    for head in by_head:
        for name in head.names:
            names.setdefault(name.lower(), name)
    kinds = _kinds(by_head, form, options, con) if types else {}
    return StructType([StructField(name, kinds.get(low, StringType())) for low, name in names.items()])


def _kinds(
    by_head: dict[Head, list[InputFile]], form: Dialect, options: Mapping[str, str], con: duckdb.DuckDBPyConnection
) -> dict[str, DataType]:
    """Lower-case column name -> type; a column that no candidate fits, or without values, is missing."""
    candidates = _candidates()
    fits: dict[str, list[bool]] = {}
    for head, files in by_head.items():
        if not head.names:
            continue
        found = f"SELECT {cells('line', form)} AS cells FROM ({records(files, form, skip=head.skip)})"
        tests = []
        for at in range(len(head.names)):
            cell = f"nullif(cells[{at + 1}], {text(form.null_value)})"
            tests += [
                f"count({cell})",
                *(f"count(CASE WHEN {typed(cell, kind, options)} IS NOT NULL THEN 1 END)" for kind in candidates),
            ]
        row = con.execute(f"SELECT {', '.join(tests)} FROM ({found})").fetchone() or ()
        step = len(candidates) + 1
        for at, name in enumerate(head.names):
            total, *matched = row[at * step : (at + 1) * step]
            if total:
                held = fits.setdefault(name.lower(), [True] * len(candidates))
                fits[name.lower()] = [was and count == total for was, count in zip(held, matched, strict=True)]
    return {name: candidates[ok.index(True)] for name, ok in fits.items() if True in ok}


def _candidates() -> list[DataType]:
    from pyspark.sql.types import BooleanType, DateType, DoubleType, IntegerType, LongType, TimestampType

    return [IntegerType(), LongType(), DoubleType(), DateType(), TimestampType(), BooleanType()]
