"""Repairs: what can be put right without a guess. All are off unless a run asks for them by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from lakehouse.cleanse import PROVENANCE, grade_titles

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

REJOIN = "rejoin_cut_records"
REPAIRS = {REJOIN: "joins two rows of a file that are one record, cut in two by a line break inside a cell"}


class UnknownRepairError(ValueError):
    """A run asked for a repair that does not exist."""


def parsed(parameter: str) -> tuple[str, ...]:
    """The repairs that a job parameter names, separated by commas."""
    names = tuple(name.strip() for name in parameter.split(",") if name.strip())
    unknown = [name for name in names if name not in REPAIRS]
    if unknown:
        raise UnknownRepairError(f"no repair is called {unknown[0]!r}; there are: {', '.join(REPAIRS)}")
    return names


def label(repairs: Collection[str]) -> str:
    """The repairs as one text, the same for the same set."""
    return ",".join(sorted(set(repairs)))


def applied(graded: DataFrame, landed: Sequence[str], repairs: Collection[str]) -> DataFrame:
    """The graded rows after the repairs; ``pieces`` says of how many landed rows a row was made.

    ``landed``: the names of the landed columns, in the files' order.
    """
    graded = graded.withColumn("pieces", F.lit(1))
    return _rejoined(graded, landed) if REJOIN in repairs else graded


def _rejoined(graded: DataFrame, landed: Sequence[str]) -> DataFrame:
    """Joins a head and a tail when the two make a sound record and neither makes one with any other row of the file."""
    pairs = _sound_pairs(_pairs(_broken(graded)), landed)
    # Few, and asked for several times: held rather than found again each time.
    pairs = graded.sparkSession.createDataFrame(pairs.toArrow(), pairs.schema)
    halves = pairs.select("source_file", F.explode(F.array("head", "tail")).alias("raw_record"))
    whole = pairs.drop("head", "tail").withColumn("pieces", F.lit(2))
    return graded.join(halves, ["source_file", "raw_record"], "left_anti").unionByName(whole.select(*graded.columns))


def _broken(graded: DataFrame) -> DataFrame:
    """The broken rows that are like no other of their file, with the number of their last filled cell."""
    alike = Window.partitionBy("source_file", "raw_record")
    last = F.expr(
        "coalesce(array_max(filter(transform(cells, (cell, i) -> if(cell IS NULL, 0, i + 1)), n -> n > 0)), 0)"
    )
    broken = graded.where("broken_rule IS NOT NULL").select(*PROVENANCE, "raw_record", "cells")
    alone = broken.withColumn("alike", F.count(F.lit(1)).over(alike)).where("alike = 1").drop("alike")
    return alone.withColumn("filled", last).where("filled > 0")


def _pairs(broken: DataFrame) -> DataFrame:
    """Every two broken rows of a file that fit into one record, the last cell of the first joined to the first of the second."""
    head = broken.select(
        *PROVENANCE, F.col("raw_record").alias("head"), F.col("cells").alias("begin"), F.col("filled").alias("n")
    )
    tail = broken.select(
        "source_file", F.col("raw_record").alias("tail"), F.col("cells").alias("end"), F.col("filled").alias("m")
    )
    seam = "concat_ws(' ', btrim(element_at(begin, n)), btrim(element_at(end, 1)))"
    whole_cell = f"array(regexp_replace({seam}, '^([^\"]*)\"$', '$1'))"
    cells = f"concat(slice(begin, 1, n - 1), {whole_cell}, slice(end, 2, m - 1))"
    fitting = head.join(tail, "source_file").where("head <> tail AND n + m - 1 <= size(begin)")
    return fitting.withColumn("cells", F.expr(cells)).drop("begin", "end", "n", "m")


def _sound_pairs(pairs: DataFrame, landed: Sequence[str]) -> DataFrame:
    by_name = [F.get("cells", F.lit(i)).alias(name) for i, name in enumerate(landed)]
    rows = pairs.select(*PROVENANCE, "head", "tail", *by_name)
    sound = grade_titles(rows, landed, carried=("head", "tail")).where("broken_rule IS NULL")
    for half in ("head", "tail"):
        chances = F.count(F.lit(1)).over(Window.partitionBy("source_file", half))
        sound = sound.withColumn("chances", chances).where("chances = 1").drop("chances")
    return sound
