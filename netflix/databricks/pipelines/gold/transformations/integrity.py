"""integrity: one row per table of the star, with what an expectation on single rows cannot see."""

from dataclasses import dataclass, field
from functools import reduce

from pyspark import pipelines as dp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Check:
    """A table, the columns that identify a row, and the dimension that each foreign key must be found in."""

    table: str
    key: tuple[str, ...]
    references: dict[str, str] = field(default_factory=dict)


CHECKS = (
    Check("dim_title", ("title_key", "__START_AT")),
    Check("dim_person", ("person_key",)),
    Check("dim_genre", ("genre_key",)),
    Check("dim_country", ("country_key",)),
    Check("dim_rating", ("rating_key",)),
    Check("dim_date", ("date_key",)),
    Check(
        "bridge_title_person",
        ("title_key", "person_key", "role"),
        {"title_key": "dim_title", "person_key": "dim_person"},
    ),
    Check("bridge_title_genre", ("title_key", "genre_key"), {"title_key": "dim_title", "genre_key": "dim_genre"}),
    Check(
        "bridge_title_country", ("title_key", "country_key"), {"title_key": "dim_title", "country_key": "dim_country"}
    ),
    Check(
        "fact_title_added",
        ("title_key", "date_key"),
        {"title_key": "dim_title", "date_key": "dim_date", "rating_key": "dim_rating"},
    ),
)


def _checked(check: Check) -> DataFrame:
    rows = spark.read.table(check.table)
    counts = (
        rows.groupBy(*check.key)
        .agg(F.count(F.lit(1)).alias("n"))
        .agg(
            F.coalesce(F.sum("n"), F.lit(0)).cast("bigint").alias("rows"),
            F.count(F.lit(1)).cast("bigint").alias("keys"),
        )
    )
    orphans = [
        rows.select(key)
        .join(spark.read.table(dimension).select(key), key, "left_anti")
        .distinct()
        .select(F.lit(1).alias("orphan"))
        for key, dimension in check.references.items()
    ]
    if orphans:
        lost = reduce(lambda left, right: left.unionAll(right), orphans).agg(F.count(F.lit(1)).alias("orphans"))
    else:
        lost = spark.range(1).select(F.lit(0).cast("bigint").alias("orphans"))
    return counts.crossJoin(lost).select(F.lit(check.table).alias("table_name"), "rows", "keys", "orphans")


@dp.materialized_view(comment="Rows, distinct keys and foreign keys without a match, per table of the star")
@dp.expect_all_or_fail({"keys are unique": "rows = keys", "foreign keys resolve": "orphans = 0"})
def integrity() -> DataFrame:
    return reduce(lambda left, right: left.unionByName(right), map(_checked, CHECKS))
