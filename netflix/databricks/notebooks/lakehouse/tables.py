"""Writing tables so that a replay is harmless and a run with nothing new commits nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_CONFLICTS = ("CONCURRENT", "Concurrent", "Failed to commit transaction", "Missing commit file")
_ATTEMPTS = 5

T = TypeVar("T")


def exists(spark: SparkSession, table: str) -> bool:
    """Whether the catalog has the table."""
    return bool(spark.catalog.tableExists(table))


def append(rows: DataFrame, table: str) -> None:
    """Append in one commit; columns that the table lacks are added to it."""
    rows.write.format("delta").mode("append").option("mergeSchema", "true").saveAsTable(table)


def replace(rows: DataFrame, table: str) -> None:
    """Replace the whole table, its columns included, in one commit."""
    rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").saveAsTable(table)


def replace_slice(rows: DataFrame, table: str, where: str) -> None:
    """Replace the rows for which ``where`` holds, in one commit. Others may write other slices at the same time."""
    writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", where)
    retried(lambda: writer.saveAsTable(table))


def is_one_of(column: str, values: Iterable[str]) -> str:
    """SQL: the column has one of the values."""
    return f"{column} IN ({', '.join(_quoted(value) for value in values)})"


def same_rows(left: DataFrame, right: DataFrame, columns: Sequence[str]) -> bool:
    """Whether two frames hold the same rows as often, by the count and the sum of the rows' hashes."""
    named = [F.coalesce(F.col(name).cast("string"), F.lit("\u0000")) for name in columns]
    row_hash = F.xxhash64(*named).cast("decimal(20,0)")
    signed = [
        frame.select(F.lit(sign).alias("sign"), (row_hash * sign).alias("hash"))
        for frame, sign in ((left, 1), (right, -1))
    ]
    found = signed[0].unionAll(signed[1]).agg(F.sum("sign").alias("rows"), F.sum("hash").alias("hash")).first()
    return found is not None and not found["rows"] and not found["hash"]


def retried(step: Callable[[], T]) -> T:
    """The result of a step that may be repeated; tried again when another writer came between, who has then committed."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return step()
        except Exception as error:
            if not any(word in str(error) for word in _CONFLICTS):
                raise
            time.sleep(0.1 * attempt)
    return step()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
