"""The weekly maintenance: small files are compacted, files that no version needs any more are removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.names import LAYERS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakehouse.names import Lakehouse

_TABLES = ("MANAGED", "EXTERNAL")
"""Views hold no files; Databricks itself looks after streaming tables and materialized views that a pipeline owns."""


@dataclass(frozen=True)
class Tidied:
    """What was done to one table."""

    table: str
    vacuumed: bool


def tidy(spark: SparkSession, lake: Lakehouse) -> list[Tidied]:
    """OPTIMIZE and VACUUM every table of every layer. A table with nothing to remove is not vacuumed: even an idle VACUUM
    writes to the table's log.
    """
    return [
        _tidy_table(spark, f"{lake.catalog}.{layer}.{found.name}")
        for layer in LAYERS
        for found in spark.catalog.listTables(f"{lake.catalog}.{layer}")
        if found.tableType in _TABLES and not found.isTemporary
    ]


def _tidy_table(spark: SparkSession, table: str) -> Tidied:
    spark.sql(f"OPTIMIZE {table}")
    removable = spark.sql(f"VACUUM {table} DRY RUN").limit(1).collect()
    if removable:
        spark.sql(f"VACUUM {table}")
    return Tidied(table, bool(removable))
