"""Title drops: bronze -> cleansed, append-only events in silver, with the current titles as a view over them.

An event says: from ``effective_at`` on, the title ``show_id`` reads like this. A row of a drop becomes an event only when
it changes something, so a drop that is sent again adds nothing. Gold takes the events by AUTO CDC. The table of drops
is written last: a drop that is not in it is taken in again, and finds what it wrote before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from lakehouse import quality, repair, tables
from lakehouse.changes import by_repetition, changes
from lakehouse.cleanse import GRADING, content_hash, grade_titles, landed_columns, title_content, title_number
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
class Part:
    """Some of the sound rows, staged as events, and those of them that change something."""

    staged: DataFrame
    changed: DataFrame
    repeats: bool


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
    known = spark.table(lake.silver(EVENTS)) if tables.exists(spark, lake.silver(EVENTS)) else None
    landed = landed_columns(bronze)
    graded = repair.applied(grade_titles(bronze, landed), landed, repairs)
    parts = [
        _part(spark, rows, known, moments, history, repeats=repeats)
        for rows, repeats in _by_repetition(bronze, graded, landed, repairs)
    ]
    merged = _merged([part for part in parts if part.repeats or history.moments or repairs])
    _write(spark, lake, graded, [part.changed for part in parts], list(moments), first=known is None)
    accounts = _checked(spark, lake, drops, merged)
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


def _by_repetition(
    bronze: DataFrame, graded: DataFrame, landed: Sequence[str], repairs: Collection[str]
) -> list[tuple[DataFrame, bool]]:
    """The graded rows in up to two parts, and whether a title may be there more than once in it. Landed rows are parted
    before they are graded, which is done once to each then; repaired ones can only be parted after it.
    """
    if repairs:
        once, several = by_repetition(graded, "show_id")
    else:
        landed_once, landed_several = by_repetition(bronze, title_number(landed))
        once = _unrepaired(landed_once, landed)
        several = None if landed_several is None else _unrepaired(landed_several, landed)
    return [(once, False)] if several is None else [(once, False), (several, True)]


def _unrepaired(bronze: DataFrame, landed: Sequence[str]) -> DataFrame:
    return repair.applied(grade_titles(bronze, landed), landed, ())


def _part(
    spark: SparkSession,
    graded: DataFrame,
    known: DataFrame | None,
    moments: Mapping[str, int],
    history: History,
    *,
    repeats: bool,
) -> Part:
    # The join itself leaves broken rows out: as a filter, the rules would be worked out twice for every row.
    times = spark.createDataFrame(list(moments.items()), "sound_in string, moment bigint")
    sound_in = F.when(F.col("broken_rule").isNull(), F.col("source_file")).alias("sound_in")
    staged = (
        graded.select("*", sound_in)
        .join(times, "sound_in")
        .select(
            *[name for name in graded.columns if name not in GRADING],
            "pieces",
            F.timestamp_micros("moment").alias("effective_at"),
            content_hash(title_content(graded)).alias("content_hash"),
        )
    )
    others = [moment for name, moment in history.moments.items() if name not in moments]
    earlier = known.where(~F.col("source_file").isin(list(moments))) if known is not None and others else None
    in_order = not others or max(others) < min(moments.values())
    return Part(staged, changes(staged, earlier, in_order=in_order, repeats=repeats).drop("pieces"), repeats)


def _merged(parts: Sequence[Part]) -> dict[str, int]:
    """Drop -> its sound rows that change nothing, counted before anything is written."""
    if not parts:
        return {}
    sound = [part.staged.select("source_file", F.col("pieces").alias("rows")) for part in parts]
    kept = [part.changed.select("source_file", F.lit(-1).alias("rows")) for part in parts]
    per_file = _union(sound + kept).groupBy("source_file").agg(F.sum("rows").alias("merged"))
    return {row["source_file"]: row["merged"] for row in per_file.collect()}


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionByName(other), frames)


def _write(
    spark: SparkSession, lake: Lakehouse, graded: DataFrame, parts: list[DataFrame], files: list[str], *, first: bool
) -> None:
    """Quarantine and events, each in one commit that may be repeated without harm. ``first``: there are no events yet."""
    quarantine, events = lake.silver(QUARANTINE), lake.silver(EVENTS)
    quality.ensure_quarantine(spark, quarantine)
    slice_of_files = f"table_name = '{TITLES}' AND {tables.is_one_of('source_file', files)}"
    tables.replace_slice(quality.quarantine_rows(graded, TITLES), quarantine, slice_of_files)
    changed = _union(parts)
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
    spark: SparkSession, lake: Lakehouse, drops: Collection[Drop], merged: Mapping[str, int]
) -> dict[str, Account]:
    """The account of each drop: rows in from bronze, kept and quarantined from what the tables hold now."""
    files = [drop.source_file for drop in drops]
    kept = _per_file(spark.table(lake.silver(EVENTS)).where(F.col("source_file").isin(files)))
    quarantined = quality.quarantined_per_file(spark.table(lake.silver(QUARANTINE)), TITLES, files)
    return {
        name: Account(
            lake.silver(TITLES), drop.rows, kept.get(name, 0), merged.get(name, 0), quarantined.get(name, {})
        ).checked()
        for drop in drops
        for name in [drop.source_file]
    }


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
