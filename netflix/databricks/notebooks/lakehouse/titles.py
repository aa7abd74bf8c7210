"""Title drops: bronze -> cleansed, append-only events in silver, with the current titles as a view over them.

An event says: from ``effective_at`` on, the title ``show_id`` reads like this. A row of a drop becomes an event only when
it changes something, so a drop that is sent again adds nothing. Gold takes the events by AUTO CDC. The table of drops
is written last: a drop that is not in it is taken in again, and finds what it wrote before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from lakehouse import quality, repair, tables
from lakehouse.changes import changes, has_repeats
from lakehouse.cleanse import GRADING, content_hash, grade_titles, landed_columns, title_content
from lakehouse.drops import Drop, effective_times
from lakehouse.quality import Account
from lakehouse.rules import DURATION_RANK

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from lakehouse.names import Lakehouse

TITLES = "netflix_titles"
EVENTS = "netflix_title_events"
DROPS = "netflix_title_drops"
QUARANTINE = "quarantine"

_DROPS_DDL = """CREATE TABLE IF NOT EXISTS {table} (
  source_file STRING, file_modified_at TIMESTAMP, effective_at TIMESTAMP COMMENT 'from when its rows hold',
  rows_in BIGINT, kept BIGINT, merged BIGINT, quarantined BIGINT, repairs STRING, taken_in_at TIMESTAMP
) USING DELTA COMMENT 'What became of the rows of every title drop'"""

_CURRENT_TITLES = """CREATE OR REPLACE VIEW {titles} AS
SELECT e.*, {rank} AS duration_rank
FROM {events} e
JOIN (SELECT show_id, max(effective_at) AS effective_at FROM {events} GROUP BY show_id) latest
  ON e.show_id = latest.show_id AND e.effective_at = latest.effective_at"""


@dataclass(frozen=True)
class History:
    """What earlier runs took in: drop -> its moment in microseconds; and the drops that a repair may still mend."""

    moments: Mapping[str, int]
    to_repair: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fate:
    """What is meant to become of one drop's sound rows."""

    merged: int
    kept: int


def take_in(spark: SparkSession, lake: Lakehouse, repairs: Collection[str] = ()) -> Account:
    """Bring what is new in bronze into silver; returns the sum over the new drops. Nothing new: nothing written.

    ``repairs``: names from ``repair.REPAIRS``; drops with quarantined rows are then taken in again, once.
    """
    history = _history(spark, lake, repairs)
    bronze = _new_rows(spark.table(lake.bronze(TITLES)), history)
    drops = _drops(bronze)
    if not drops:
        return Account(lake.silver(TITLES))
    moments = effective_times(drops, history.moments)
    landed = landed_columns(bronze)
    graded = repair.applied(grade_titles(bronze, landed), landed, repairs)
    known = spark.table(lake.silver(EVENTS)) if tables.exists(spark, lake.silver(EVENTS)) else None
    repeats = bool(repairs) or has_repeats(graded)
    changed = _changed(spark, graded, known, moments, history, repeats=repeats)
    fates = _fates(graded, changed) if repeats or history.moments else None
    _write(spark, lake, graded, changed, list(moments), first=known is None)
    accounts = _checked(spark, lake, drops, fates)
    _show_current(spark, lake)
    _record(spark, lake, drops, moments, accounts, repairs)
    return _total(lake, accounts.values())


def _history(spark: SparkSession, lake: Lakehouse, repairs: Collection[str]) -> History:
    if not tables.exists(spark, lake.silver(DROPS)):
        return History({})
    drops = spark.table(lake.silver(DROPS))
    rows = drops.select(
        "source_file", F.unix_micros("effective_at").alias("moment"), "quarantined", "repairs"
    ).collect()
    wanted = repair.label(repairs)
    broken = (row["source_file"] for row in rows if wanted and row["quarantined"] and row["repairs"] != wanted)
    return History({row["source_file"]: row["moment"] for row in rows}, frozenset(broken))


def _new_rows(bronze: DataFrame, history: History) -> DataFrame:
    done = [name for name in history.moments if name not in history.to_repair]
    return bronze.where(~F.col("source_file").isin(done)) if done else bronze


def _drops(bronze: DataFrame) -> list[Drop]:
    per_file = bronze.groupBy("source_file").agg(
        F.max(F.unix_micros("file_modified_at")).alias("modified"), F.count(F.lit(1)).alias("rows")
    )
    return [Drop(row["source_file"], row["modified"], row["rows"]) for row in per_file.collect()]


def _changed(
    spark: SparkSession,
    graded: DataFrame,
    known: DataFrame | None,
    moments: Mapping[str, int],
    history: History,
    *,
    repeats: bool,
) -> DataFrame:
    """The sound rows that change something, as events."""
    times = spark.createDataFrame(list(moments.items()), "source_file string, moment bigint")
    content = title_content(graded)
    sound = graded.where("broken_rule IS NULL").join(times, "source_file")
    staged = sound.select(
        *[name for name in graded.columns if name not in GRADING],
        F.timestamp_micros("moment").alias("effective_at"),
        content_hash(content).alias("content_hash"),
    )
    others = [moment for name, moment in history.moments.items() if name not in moments]
    earlier = known.where(~F.col("source_file").isin(list(moments))) if known is not None and others else None
    in_order = not others or max(others) < min(moments.values())
    return changes(staged, earlier, in_order=in_order, repeats=repeats)


def _fates(graded: DataFrame, changed: DataFrame) -> dict[str, Fate]:
    """What is meant to become of the sound rows of each drop, counted before anything is written."""
    sound = graded.where("broken_rule IS NULL").groupBy("source_file")
    kept = changed.groupBy("source_file").agg(F.lit(0).alias("sound"), F.count(F.lit(1)).alias("kept"))
    counts = sound.agg(F.sum("pieces").alias("sound"), F.lit(0).alias("kept")).unionByName(kept)
    per_file = counts.groupBy("source_file").agg(F.sum("sound").alias("sound"), F.sum("kept").alias("kept"))
    return {row["source_file"]: Fate(row["sound"] - row["kept"], row["kept"]) for row in per_file.collect()}


def _write(
    spark: SparkSession, lake: Lakehouse, graded: DataFrame, changed: DataFrame, files: list[str], *, first: bool
) -> None:
    """Quarantine and events, each in one commit that may be repeated without harm. ``first``: there are no events yet."""
    quarantine, events = lake.silver(QUARANTINE), lake.silver(EVENTS)
    quality.ensure_quarantine(spark, quarantine)
    slice_of_files = f"table_name = '{TITLES}' AND {tables.is_one_of('source_file', files)}"
    tables.replace_slice(quality.quarantine_rows(graded, TITLES), quarantine, slice_of_files)
    if not first:
        there = spark.table(events).where(F.col("source_file").isin(files)).select("show_id", "effective_at")
        if not there.isEmpty():  # a killed run got this far, or a repair takes the drop in again
            changed = changed.join(there, ["show_id", "effective_at"], "left_anti")
        if changed.isEmpty():
            return
    tables.append(changed, events)


def _per_file(rows: DataFrame) -> dict[str, int]:
    return {row["source_file"]: row["count"] for row in rows.groupBy("source_file").count().collect()}


def _checked(
    spark: SparkSession, lake: Lakehouse, drops: Collection[Drop], fates: Mapping[str, Fate] | None
) -> dict[str, Account]:
    """The account of each drop: rows in from bronze, kept and quarantined from what the tables hold now. ``fates`` is None
    when no row could be merged: then what is written must be all that came in.
    """
    files = [drop.source_file for drop in drops]
    kept = _per_file(spark.table(lake.silver(EVENTS)).where(F.col("source_file").isin(files)))
    quarantined = quality.quarantined_per_file(spark.table(lake.silver(QUARANTINE)), TITLES, files)
    accounts = {}
    for drop in drops:
        name, found = drop.source_file, kept.get(drop.source_file, 0)
        fate = Fate(0, found) if fates is None else fates.get(name, Fate(0, 0))
        quality.expect_equal(f"events of {name}", found, fate.kept)
        account = Account(lake.silver(TITLES), drop.rows, found, fate.merged, quarantined.get(name, {}))
        accounts[name] = account.checked()
    return accounts


def _record(
    spark: SparkSession,
    lake: Lakehouse,
    drops: Collection[Drop],
    moments: Mapping[str, int],
    accounts: Mapping[str, Account],
    repairs: Collection[str],
) -> None:
    """The drops are taken in: what a later run starts from."""
    rows = []
    for drop in drops:
        account = accounts[drop.source_file]
        counts = (account.rows_in, account.kept, account.merged, sum(account.quarantined.values()))
        rows.append(
            (drop.source_file, drop.file_modified_at, moments[drop.source_file], *counts, repair.label(repairs))
        )
    schema = "source_file string, modified bigint, moment bigint, rows_in bigint, kept bigint, merged bigint, "
    frame = spark.createDataFrame(rows, schema + "quarantined bigint, repairs string").select(
        "source_file",
        F.timestamp_micros("modified").alias("file_modified_at"),
        F.timestamp_micros("moment").alias("effective_at"),
        *["rows_in", "kept", "merged", "quarantined", "repairs"],
        F.current_timestamp().alias("taken_in_at"),
    )
    spark.sql(_DROPS_DDL.format(table=lake.silver(DROPS)))
    tables.replace_slice(frame, lake.silver(DROPS), tables.is_one_of("source_file", moments))


def _show_current(spark: SparkSession, lake: Lakehouse) -> None:
    spark.sql(_CURRENT_TITLES.format(titles=lake.silver(TITLES), events=lake.silver(EVENTS), rank=DURATION_RANK))


def _total(lake: Lakehouse, accounts: Collection[Account]) -> Account:
    rules = quality.summed(account.quarantined for account in accounts)
    rows_in, kept, merged = (
        sum(getattr(account, part) for account in accounts) for part in ("rows_in", "kept", "merged")
    )
    return Account(lake.silver(TITLES), rows_in, kept, merged, rules).checked()
