"""Applies the rules: rows in, the same rows out, cleansed and graded. Nothing is dropped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from lakehouse.rules import LOOKUP_RULES, TITLE_COLUMNS, TITLE_ENRICHMENT, TITLE_RULES, Column, Rule

if TYPE_CHECKING:
    from pyspark.sql import Column as SqlColumn
    from pyspark.sql import DataFrame

PROVENANCE = ("source_file", "file_modified_at", "ingested_at")
"""What bronze adds to a landed row."""

GRADING = ("raw_record", "cells", "broken_rule", "pieces")
"""What a graded row has beside its cleansed columns."""

_BLANKS = " \t\r\n\u00a0"
_NOT_DATA = {*PROVENANCE, "_rescued_data"}
_CONSUMED = {column.name for column in TITLE_COLUMNS} | {"duration"}


def trimmed(name: str, there: Iterable[str]) -> str:
    """SQL for the trimmed text of a landed column: null when blank, or when the column is not there."""
    return f"nullif(btrim(`{name}`, '{_BLANKS}'), '')" if name in set(there) else "CAST(NULL AS STRING)"


def landed_columns(bronze: DataFrame) -> list[str]:
    """The columns that the files brought, in the files' order."""
    return [name for name in bronze.columns if name not in _NOT_DATA]


def title_number(landed: Sequence[str]) -> str:
    """SQL for the ``show_id`` that a landed row will have."""
    return form(TITLE_COLUMNS[0], {"show_id": trimmed("show_id", landed)})


def grade_titles(bronze: DataFrame, landed: Sequence[str], carried: Sequence[str] = ()) -> DataFrame:
    """Landed titles -> cleansed columns, new columns, provenance, ``carried``, ``cells`` and ``raw_record`` as landed,
    and ``broken_rule`` (null: none). New columns, of which no rule speaks, are carried on as trimmed text.

    ``landed``: what ``landed_columns`` says of bronze.
    """
    new = [name for name in landed if name.lower() not in _CONSUMED]
    raw = [F.to_json(F.struct(*landed)).alias("raw_record"), F.array(*landed).alias("cells")]
    texts = {name: f"`{name}_text`" for name in sorted(_CONSUMED)}
    with_texts = bronze.select(
        *[F.expr(trimmed(name, landed)).alias(f"{name}_text") for name in texts],
        *[F.expr(trimmed(name, landed)).alias(name.lower()) for name in new],
        *PROVENANCE, *carried, *raw,
    )  # fmt: skip
    read = with_texts.select("*", *[F.expr(form(column, texts)).alias(column.name) for column in TITLE_COLUMNS])
    return read.select(
        *[column.name for column in TITLE_COLUMNS],
        *[F.expr(sql).alias(name) for name, sql in TITLE_ENRICHMENT.items()],
        *[name.lower() for name in new],
        *PROVENANCE, *carried, "raw_record", "cells",
        F.expr(first_broken(TITLE_RULES, texts)).alias("broken_rule"),
    )  # fmt: skip


def grade_lookup(bronze: DataFrame, column: str, titles: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Landed lookup rows -> the sound ones, as ``show_id`` and the named column, and the broken ones, as ``source_file``,
    ``raw_record`` and ``broken_rule``. Each row is in one of the two.

    ``titles``: has the ``show_id`` of every title that silver knows, as often as it likes.
    """
    landed = landed_columns(bronze)
    read = bronze.select(
        F.expr(f"try_cast({trimmed('show_id', landed)} AS BIGINT)").alias("show_id"),
        F.expr(trimmed(column, landed)).alias("name"),
        "source_file",
        F.struct(*landed).alias("raw"),
    )
    # A row that breaks a rule even if its title exists meets no title: one join parts the sound from the broken.
    broken_anyway = read.withColumn("title_exists", F.lit(True)).withColumn(
        "meets", F.expr(f"CASE WHEN {first_broken(LOOKUP_RULES, {})} IS NULL THEN show_id END")
    )
    known = titles.select(F.col("show_id").alias("meets"))
    sound = broken_anyway.join(known, "meets", "left_semi").select("show_id", F.col("name").alias(column))
    broken = broken_anyway.join(known, "meets", "left_anti").withColumn("title_exists", F.lit(False))
    rule = F.expr(first_broken(LOOKUP_RULES, {})).alias("broken_rule")
    return sound, broken.select("source_file", F.to_json("raw").alias("raw_record"), rule)


def form(column: Column, texts: Mapping[str, str]) -> str:
    """SQL for a cleansed column: the first form in which its text can be read, else null."""
    return f"CAST(coalesce({', '.join(column.forms)}) AS {column.type})".format_map(texts)


def first_broken(rules: Sequence[Rule], texts: Mapping[str, str]) -> str:
    """SQL for the name of the first rule that a row breaks, else null."""
    whens = " ".join(f"WHEN {rule.broken.format_map(texts)} THEN '{rule.name}'" for rule in rules)
    return f"CASE {whens} END"


def content_hash(columns: Iterable[str]) -> SqlColumn:
    """A number that changes when any of the columns does; null for a row without a key. A column that is null counts as
    one that is not there (xxhash64 passes over nulls), so a column that arrives later leaves the hash of rows without it
    alone.
    """
    parts = [part for name in columns for part in (F.when(F.col(name).isNotNull(), F.lit(name)), F.col(name))]
    return F.when(F.col("show_id").isNotNull(), F.xxhash64(*parts))


def title_content(graded: DataFrame) -> list[str]:
    """The columns whose change makes a new version of a title: all but what is derived and what says where it came from."""
    left_out = {*PROVENANCE, *GRADING, *TITLE_ENRICHMENT}
    return [name for name in graded.columns if name not in left_out]
