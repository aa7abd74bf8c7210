"""The bridges: which people, genres and countries belong to a title. Grain: a pair, for people a pair and a role."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from star.keys import surrogate_key

SILVER = spark.conf.get("netflix.silver")


@dp.materialized_view(comment="Who acts in a title, who directs it")
@dp.expect_all_or_fail(
    {"keys are present": "title_key >= 0 AND person_key >= 0", "role is known": "role IN ('actor', 'director')"}
)
def bridge_title_person() -> DataFrame:
    actors = spark.read.table(f"{SILVER}.netflix_cast").select(
        "show_id", F.col("cast").alias("person"), F.lit("actor").alias("role")
    )
    directors = spark.read.table(f"{SILVER}.netflix_directors").select(
        "show_id", F.col("director").alias("person"), F.lit("director").alias("role")
    )
    return actors.unionByName(directors).select(
        surrogate_key("show_id").alias("title_key"), surrogate_key("person").alias("person_key"), "role"
    )


@dp.materialized_view(comment="The genres of a title")
@dp.expect_all_or_fail({"keys are present": "title_key >= 0 AND genre_key >= 0"})
def bridge_title_genre() -> DataFrame:
    pairs = spark.read.table(f"{SILVER}.netflix_category")
    return pairs.select(surrogate_key("show_id").alias("title_key"), surrogate_key("listed_in").alias("genre_key"))


@dp.materialized_view(comment="The countries of production of a title")
@dp.expect_all_or_fail({"keys are present": "title_key >= 0 AND country_key >= 0"})
def bridge_title_country() -> DataFrame:
    pairs = spark.read.table(f"{SILVER}.netflix_countries")
    return pairs.select(surrogate_key("show_id").alias("title_key"), surrogate_key("country").alias("country_key"))
