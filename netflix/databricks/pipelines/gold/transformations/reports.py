"""What the report reads: aggregates over the star."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

TOP = 100


def _titles() -> DataFrame:
    return spark.read.table("dim_title").where("__END_AT IS NULL").select("title_key", "type")


@dp.materialized_view(comment="Titles added per month and type; year and month are null for titles without a date")
@dp.expect("titles are counted", "titles > 0")
@dp.expect("month is a month", "month IS NULL OR month BETWEEN 1 AND 12")
def titles_added_per_month() -> DataFrame:
    dates = spark.read.table("dim_date").select("date_key", "year", "month")
    added = spark.read.table("fact_title_added").join(dates, "date_key").join(_titles(), "title_key")
    return added.groupBy("year", "month", "type").agg(
        F.count(F.lit(1)).alias("titles"),
        F.sum("duration_minutes").alias("minutes"),
        F.sum("duration_seasons").alias("seasons"),
    )


@dp.materialized_view(comment="Titles per country of production and genre")
@dp.expect("titles are counted", "titles > 0")
def titles_per_country_and_genre() -> DataFrame:
    pairs = spark.read.table("bridge_title_country").join(spark.read.table("bridge_title_genre"), "title_key")
    counted = pairs.groupBy("country_key", "genre_key").agg(F.count(F.lit(1)).alias("titles"))
    named = counted.join(spark.read.table("dim_country"), "country_key").join(
        spark.read.table("dim_genre"), "genre_key"
    )
    return named.select("country", "genre", "titles")


@dp.materialized_view(comment=f"The {TOP} people with the most titles, per role")
@dp.expect("place is in range", f"place BETWEEN 1 AND {TOP}")
def top_people() -> DataFrame:
    counted = (
        spark.read.table("bridge_title_person").groupBy("role", "person_key").agg(F.count(F.lit(1)).alias("titles"))
    )
    most = Window.partitionBy("role").orderBy(F.desc("titles"))
    leading = counted.withColumn("rank", F.rank().over(most)).where(F.col("rank") <= TOP)  # few are left to be named
    named = leading.join(spark.read.table("dim_person"), "person_key")
    by_titles = Window.partitionBy("role").orderBy(F.desc("titles"), "person")
    return (
        named.withColumn("place", F.row_number().over(by_titles))
        .where(F.col("place") <= TOP)
        .select("role", "place", "person", "titles")
    )


@dp.materialized_view(comment="Titles per type and rating, with the share within the type")
@dp.expect("share is a share", "share > 0 AND share <= 1")
def rating_mix() -> DataFrame:
    ratings = spark.read.table("dim_rating")
    rated = spark.read.table("fact_title_added").join(_titles(), "title_key").join(ratings, "rating_key")
    counted = rated.groupBy("type", "rating", "rating_family").agg(F.count(F.lit(1)).alias("titles"))
    of_type = F.sum("titles").over(Window.partitionBy("type"))
    return counted.withColumn("share", F.col("titles") / of_type)
