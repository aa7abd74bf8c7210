"""The sums: every row that came in was kept, merged with another, or quarantined under the name of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

QUARANTINE_DDL = """CREATE TABLE IF NOT EXISTS {table} (
  table_name STRING COMMENT 'the silver table that did not take the row',
  rule STRING COMMENT 'the first rule that the row breaks',
  source_file STRING,
  raw_record STRING COMMENT 'the landed cells as JSON, blank cells left out',
  quarantined_at TIMESTAMP
) USING DELTA PARTITIONED BY (table_name)
COMMENT 'Rows that broke a rule: nothing vanishes'"""


class AccountingError(Exception):
    """Rows were lost or made up between bronze and silver."""


@dataclass(frozen=True)
class Account:
    """What became of the rows that came in. ``merged``: equal to a row that is kept, or to what the table held."""

    table: str
    rows_in: int = 0
    kept: int = 0
    merged: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)

    def checked(self) -> Account:
        """Itself, when the sum is right."""
        if self.rows_in != self.kept + self.merged + sum(self.quarantined.values()) or self.merged < 0:
            raise AccountingError(f"the sum is wrong: {self}")
        return self

    def as_dict(self) -> dict[str, Any]:
        """As a task value and as the notebook's exit value."""
        return {
            "table": self.table,
            "rows_in": self.rows_in,
            "kept": self.kept,
            "merged": self.merged,
            "quarantined": dict(sorted(self.quarantined.items())),
        }

    def __str__(self) -> str:
        rules = "; ".join(f"{count:,} {rule}" for rule, count in sorted(self.quarantined.items()))
        total = sum(self.quarantined.values())
        line = (
            f"{self.table}: {self.rows_in:,} in = {self.kept:,} kept + {self.merged:,} merged + {total:,} quarantined"
        )
        return f"{line} ({rules})" if rules else line


def ensure_quarantine(spark: SparkSession, table: str) -> None:
    """Create the quarantine if this is the first run."""
    spark.sql(QUARANTINE_DDL.format(table=table))


def quarantine_rows(graded: DataFrame, table_name: str) -> DataFrame:
    """The graded rows that break a rule, in the quarantine's shape."""
    return graded.where("broken_rule IS NOT NULL").select(
        F.lit(table_name).alias("table_name"),
        F.col("broken_rule").alias("rule"),
        "source_file",
        "raw_record",
        F.current_timestamp().alias("quarantined_at"),
    )


def quarantined_per_file(quarantine: DataFrame, table_name: str, files: list[str]) -> dict[str, dict[str, int]]:
    """What the quarantine holds of these files: file -> rule -> rows."""
    mine = quarantine.where((F.col("table_name") == table_name) & F.col("source_file").isin(files))
    found: dict[str, dict[str, int]] = {}
    for row in mine.groupBy("source_file", "rule").count().collect():
        found.setdefault(row["source_file"], {})[row["rule"]] = row["count"]
    return found


def expect_equal(what: str, found: object, expected: object) -> None:
    """Stop the task when what was written is not what was meant to be."""
    if found != expected:
        raise AccountingError(f"{what}: {found} written, {expected} expected")


def summed(accounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts per rule, added up."""
    total: dict[str, int] = {}
    for counts in accounts:
        for rule, count in counts.items():
            total[rule] = total.get(rule, 0) + count
    return total
