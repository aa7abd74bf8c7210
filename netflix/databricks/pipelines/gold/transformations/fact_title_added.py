"""fact_title_added: one row per title and the date on which it was added, as the title reads now."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from star.keys import UNKNOWN, date_key, surrogate_key


@dp.materialized_view(comment="A title was added to the catalogue: when, how long it is, how many belong to it")
@dp.expect_all_or_fail(
    {
        "title is present": "title_key >= 0",
        "date is present": "date_key IS NOT NULL",
        "rating is present": "rating_key IS NOT NULL",
        "counts are not negative": "least(cast_count, director_count, genre_count, country_count) >= 0",
    }
)
@dp.expect_all(
    {
        "minutes or seasons": "(duration_minutes IS NULL) <> (duration_seasons IS NULL)",
        "added after its release": "age_when_added IS NULL OR age_when_added >= -1",
    }
)
def fact_title_added() -> DataFrame:
    titles = spark.read.table("dim_title").where("__END_AT IS NULL")
    people = (
        spark.read.table("bridge_title_person")
        .groupBy("title_key")
        .agg(
            F.count_if(F.col("role") == "actor").alias("actors"),
            F.count_if(F.col("role") == "director").alias("directors"),
        )
    )
    genres = spark.read.table("bridge_title_genre").groupBy("title_key").agg(F.count(F.lit(1)).alias("genres"))
    countries = spark.read.table("bridge_title_country").groupBy("title_key").agg(F.count(F.lit(1)).alias("countries"))
    counted = (
        titles.join(people, "title_key", "left").join(genres, "title_key", "left").join(countries, "title_key", "left")
    )
    return counted.select(
        "title_key",
        date_key("date_added").alias("date_key"),
        F.coalesce(surrogate_key("rating"), F.lit(UNKNOWN)).alias("rating_key"),
        F.col("__START_AT").alias("title_version"),
        "duration_minutes",
        "duration_seasons",
        *[
            F.coalesce(F.col(found).cast("int"), F.lit(0)).alias(name)
            for found, name in (
                ("actors", "cast_count"),
                ("directors", "director_count"),
                ("genres", "genre_count"),
                ("countries", "country_count"),
            )
        ],
        "age_when_added",
    )
