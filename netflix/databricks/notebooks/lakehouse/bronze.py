"""The sum over what Auto Loader took into bronze."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lakehouse.quality import Account

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def counted(spark: SparkSession, table: str, rows_before: int, progress: Iterable[Any]) -> Account:
    """Rows that the stream read, against the rows that the table gained."""
    rows_in = sum(batch["numInputRows"] for batch in progress)
    gained = spark.table(table).count() - rows_before
    return Account(table, rows_in, gained).checked()
