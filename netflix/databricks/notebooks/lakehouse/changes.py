"""Which rows of new drops change something: the difference from what was known, title by title, in the order of the drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BY_TITLE = Window.partitionBy("show_id").orderBy("effective_at")
_FEW = 100_000


def changes(staged: DataFrame, earlier: DataFrame | None, *, in_order: bool, repeats: bool = True) -> DataFrame:
    """The rows of ``staged`` whose ``content_hash`` differs from the version before them.

    Both frames have ``show_id``, ``effective_at`` and ``content_hash``; ``earlier`` holds the events of other drops.
    ``in_order``: every staged row is later than every earlier event, which saves comparing moment by moment.
    ``repeats``: a title may be there more than once. Of its rows at one moment the one with the smallest hash stays:
    the same one on every engine.
    """
    if earlier is not None and not in_order:
        return _sorted_differences(staged, _of_the_same_titles(earlier, staged))
    if earlier is not None:
        known = earlier.groupBy("show_id").agg(F.max_by("content_hash", "effective_at").alias("known_hash"))
        staged = staged.join(known, "show_id", "left")
    else:
        staged = staged.withColumn("known_hash", F.lit(None).cast("bigint"))
    return (_differences if repeats else _differing)(staged).drop("known_hash")


def by_repetition(rows: DataFrame, title: str) -> tuple[DataFrame, DataFrame | None]:
    """The rows of titles that are there once, rows without a title among them, and those of titles that are there more
    than once, or None when there is no such title. ``title``: SQL for a row's title.

    Only the second need be sorted by title, which costs five times as much as writing them; mostly they are few.
    """
    named = rows.withColumn("_title", F.expr(title))
    counts = named.where("_title IS NOT NULL").groupBy("_title").agg(F.count(F.lit(1)).alias("n")).where("n > 1")
    few = counts.limit(_FEW + 1).toArrow()
    if not few.num_rows:
        return rows, None
    held = sum(few["n"].to_pylist()) <= _FEW
    repeated = (rows.sparkSession.createDataFrame(few, counts.schema) if held else counts).select("_title")
    once, several = (named.join(repeated, "_title", how).drop("_title") for how in ("left_anti", "left_semi"))
    if held:  # rather than found again each time
        several = rows.sparkSession.createDataFrame(several.toArrow(), several.schema)
    return once, several


def _differing(rows: DataFrame) -> DataFrame:
    return rows.where("known_hash IS NULL OR known_hash <> content_hash")


def _differences(rows: DataFrame) -> DataFrame:
    """Rows that differ from the one before them in the sequence, the first one from ``known_hash``."""
    at_a_moment = Window.partitionBy("show_id", "effective_at").orderBy("content_hash")
    single = rows.withColumn("place", F.row_number().over(at_a_moment)).where("place = 1").drop("place")
    before = F.coalesce(F.lag("content_hash").over(_BY_TITLE), F.col("known_hash"))
    return _differing(single.withColumn("known_hash", before))


def _sorted_differences(staged: DataFrame, earlier: DataFrame) -> DataFrame:
    """As ``_differences``, with the earlier events in their places: for a drop that comes after later ones."""
    known = earlier.select("show_id", "effective_at", "content_hash", F.lit(True).alias("known"))
    absent = [F.lit(None).cast(kind).alias(name) for name, kind in staged.dtypes if name not in known.columns]
    both = staged.withColumn("known", F.lit(False)).unionByName(known.select("*", *absent))
    return (
        _differences(both.withColumn("known_hash", F.lit(None).cast("bigint")))
        .where("NOT known")
        .drop("known", "known_hash")
    )


def _of_the_same_titles(earlier: DataFrame, staged: DataFrame) -> DataFrame:
    return earlier.join(staged.select("show_id").distinct(), "show_id", "left_semi")
