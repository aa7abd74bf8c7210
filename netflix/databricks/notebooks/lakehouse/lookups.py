"""Lookup snapshots: the landed CSV -> bronze -> silver. A snapshot replaces the one before it, and only when it differs.

Data Factory copies the four files at every run, so their modification times say nothing: the rows are compared. A title
that arrives later frees its lookup rows from the quarantine, so silver is compared at every run too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from lakehouse import quality, tables
from lakehouse.cleanse import grade_lookup
from lakehouse.quality import Account
from lakehouse.rules import LOOKUPS, Lookup
from lakehouse.titles import EVENTS, QUARANTINE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from lakehouse.names import Lakehouse


def land(spark: SparkSession, lake: Lakehouse, table: str) -> bool:
    """Take the landed snapshot into bronze, as it is, when it differs from what bronze holds; says whether it did."""
    source, target = lake.landed_lookup(table), lake.bronze(table)
    landed = spark.read.option("header", "true").option("escape", '"').csv(source)
    if tables.exists(spark, target):
        held = spark.table(target).drop("source_file", "ingested_at")
        if held.columns == landed.columns and tables.same_rows(landed, held, landed.columns):
            return False
    tables.replace(
        landed.withColumn("source_file", F.lit(source)).withColumn("ingested_at", F.current_timestamp()), target
    )
    return True


def refine(spark: SparkSession, lake: Lakehouse, table: str, *, landed: bool = False) -> Account:
    """Bring a lookup from bronze into silver; returns the sum over its rows, or zeros when nothing is new.

    ``landed``: bronze has just got another snapshot, so what silver holds need not be compared with it.
    """
    lookup = LOOKUPS[table]
    # No event is without a title; that the filter is there makes Sail hold the titles in memory, not the larger lookup.
    titles = spark.table(lake.silver(EVENTS)).where("show_id IS NOT NULL").select("show_id")
    sound, broken = grade_lookup(spark.table(lake.bronze(table)), lookup.column, titles)
    written = _replace_silver(spark, lake, lookup, sound.distinct(), compare=not landed)
    # The other lookups write their slices of the quarantine at the same time.
    written = tables.retried(lambda: _replace_quarantine(spark, lake, lookup, broken, compare=not landed)) or written
    if not written:
        return Account(lake.silver(table))
    sound_rows, pairs = _counted(sound)
    return tables.retried(lambda: _account(spark, lake, lookup, sound_rows, pairs))


def _replace_silver(spark: SparkSession, lake: Lakehouse, lookup: Lookup, wanted: DataFrame, *, compare: bool) -> bool:
    target = lake.silver(lookup.table)
    compare = compare and tables.exists(spark, target)
    if compare and tables.same_rows(wanted, spark.table(target), ["show_id", lookup.column]):
        return False
    tables.replace(wanted, target)
    return True


def _replace_quarantine(
    spark: SparkSession, lake: Lakehouse, lookup: Lookup, broken: DataFrame, *, compare: bool
) -> bool:
    target = lake.silver(QUARANTINE)
    quality.ensure_quarantine(spark, target)
    rows = quality.quarantine_rows(broken, lookup.table)
    mine = f"table_name = '{lookup.table}'"
    if compare and tables.same_rows(rows, spark.table(target).where(mine), ["rule", "source_file", "raw_record"]):
        return False
    tables.replace_slice(rows, target, mine)
    return True


def _counted(sound: DataFrame) -> tuple[int, int]:
    """The sound rows, and the different ones among them."""
    groups = sound.groupBy(*sound.columns).agg(F.count(F.lit(1)).alias("rows"))
    row = groups.agg(F.sum("rows").alias("rows"), F.count(F.lit(1)).alias("pairs")).first()
    return (row["rows"] or 0, row["pairs"]) if row is not None else (0, 0)


def _account(spark: SparkSession, lake: Lakehouse, lookup: Lookup, sound: int, pairs: int) -> Account:
    """The sum, from what the tables hold now, when that is what was meant."""
    rows_in = spark.table(lake.bronze(lookup.table)).count()
    kept = spark.table(lake.silver(lookup.table)).count()
    files = quality.quarantined_per_file(
        spark.table(lake.silver(QUARANTINE)), lookup.table, [lake.landed_lookup(lookup.table)]
    )
    quarantined = files.get(lake.landed_lookup(lookup.table), {})
    quality.expect_equal(f"rows of {lake.silver(lookup.table)}", kept, pairs)
    return Account(lake.silver(lookup.table), rows_in, kept, sound - kept, quarantined).checked()
