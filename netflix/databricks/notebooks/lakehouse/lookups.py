"""Lookup snapshots: the landed CSV -> bronze -> silver. A snapshot replaces the one before it, and only when it differs.

Data Factory copies the four files at every run, so their modification times say nothing: the rows are compared. A title
that arrives later frees its lookup rows from the quarantine, so silver is compared at every run too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass
class Fate:
    """What is meant to become of a snapshot's rows."""

    sound: int = 0
    kept: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)


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


def refine(spark: SparkSession, lake: Lakehouse, table: str) -> Account:
    """Bring a lookup from bronze into silver; returns the sum over its rows, or zeros when nothing is new."""
    lookup = LOOKUPS[table]
    titles = spark.table(lake.silver(EVENTS)).select("show_id").distinct()
    graded = grade_lookup(spark.table(lake.bronze(table)), lookup.column, titles)
    wanted = graded.where("broken_rule IS NULL").select("show_id", lookup.column).distinct()
    written = _replace_silver(spark, lake, lookup, wanted)
    # The other lookups write their slices of the quarantine at the same time.
    written = tables.retried(lambda: _replace_quarantine(spark, lake, lookup, graded)) or written
    if not written:
        return Account(lake.silver(table))
    fate = _fate(graded, lookup.column)
    return tables.retried(lambda: _account(spark, lake, lookup, fate))


def _replace_silver(spark: SparkSession, lake: Lakehouse, lookup: Lookup, wanted: DataFrame) -> bool:
    target = lake.silver(lookup.table)
    if tables.exists(spark, target) and tables.same_rows(wanted, spark.table(target), ["show_id", lookup.column]):
        return False
    tables.replace(wanted, target)
    return True


def _replace_quarantine(spark: SparkSession, lake: Lakehouse, lookup: Lookup, graded: DataFrame) -> bool:
    target = lake.silver(QUARANTINE)
    quality.ensure_quarantine(spark, target)
    rows = quality.quarantine_rows(graded, lookup.table)
    mine = f"table_name = '{lookup.table}'"
    if tables.same_rows(rows, spark.table(target).where(mine), ["rule", "source_file", "raw_record"]):
        return False
    tables.replace_slice(rows, target, mine)
    return True


def _fate(graded: DataFrame, column: str) -> Fate:
    groups = graded.groupBy("broken_rule", "show_id", column).agg(F.count(F.lit(1)).alias("rows"))
    fate = Fate()
    for row in (
        groups.groupBy("broken_rule").agg(F.sum("rows").alias("rows"), F.count(F.lit(1)).alias("kept")).collect()
    ):
        if row["broken_rule"] is None:
            fate.sound, fate.kept = row["rows"], row["kept"]
        else:
            fate.quarantined[row["broken_rule"]] = row["rows"]
    return fate


def _account(spark: SparkSession, lake: Lakehouse, lookup: Lookup, fate: Fate) -> Account:
    """The sum, from what the tables hold now, when that is what was meant."""
    rows_in = spark.table(lake.bronze(lookup.table)).count()
    kept = spark.table(lake.silver(lookup.table)).count()
    files = quality.quarantined_per_file(
        spark.table(lake.silver(QUARANTINE)), lookup.table, [lake.landed_lookup(lookup.table)]
    )
    quarantined = files.get(lake.landed_lookup(lookup.table), {})
    quality.expect_equal(f"rows of {lake.silver(lookup.table)}", kept, fate.kept)
    quality.expect_equal(f"quarantine of {lookup.table}", quarantined, fate.quarantined)
    return Account(lake.silver(lookup.table), rows_in, kept, fate.sound - kept, quarantined).checked()
