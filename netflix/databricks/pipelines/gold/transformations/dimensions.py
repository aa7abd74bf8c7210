"""The dimensions beside dim_title: people, genres, countries, ratings, dates."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from star.keys import UNKNOWN, date_key, surrogate_key

SILVER = spark.conf.get("netflix.silver")


@dp.materialized_view(comment="One row per person, actor or director")
@dp.expect_all_or_fail({"key is present": "person_key >= 0", "person is present": "person IS NOT NULL"})
def dim_person() -> DataFrame:
    actors = spark.read.table(f"{SILVER}.netflix_cast").select(F.col("cast").alias("person"))
    directors = spark.read.table(f"{SILVER}.netflix_directors").select(F.col("director").alias("person"))
    people = actors.unionByName(directors).distinct()
    return people.select(surrogate_key("person").alias("person_key"), "person")


@dp.materialized_view(comment="One row per genre")
@dp.expect_all_or_fail({"key is present": "genre_key >= 0", "genre is present": "genre IS NOT NULL"})
def dim_genre() -> DataFrame:
    genres = spark.read.table(f"{SILVER}.netflix_category").select(F.col("listed_in").alias("genre")).distinct()
    return genres.select(surrogate_key("genre").alias("genre_key"), "genre")


@dp.materialized_view(comment="One row per country of production")
@dp.expect_all_or_fail({"key is present": "country_key >= 0", "country is present": "country IS NOT NULL"})
def dim_country() -> DataFrame:
    countries = spark.read.table(f"{SILVER}.netflix_countries").select("country").distinct()
    return countries.select(surrogate_key("country").alias("country_key"), "country")


@dp.materialized_view(comment="One row per rating, and one for titles without one")
@dp.expect_all_or_fail({"key is present": "rating_key IS NOT NULL", "rating is present": "rating IS NOT NULL"})
@dp.expect("minimum age is plausible", "minimum_age IS NULL OR minimum_age BETWEEN 0 AND 21")
def dim_rating() -> DataFrame:
    titles = spark.read.table("dim_title").where("rating IS NOT NULL")
    latest = [F.max_by(column, "__START_AT").alias(column) for column in ("rating_family", "minimum_age")]
    rated = titles.groupBy("rating").agg(*latest)
    unknown = spark.range(1).select(
        F.lit(UNKNOWN).cast("bigint").alias("rating_key"),
        F.lit("Unknown").alias("rating"),
        F.lit("Unknown").alias("rating_family"),
        F.lit(None).cast("int").alias("minimum_age"),
    )
    return rated.select(surrogate_key("rating").alias("rating_key"), "*").unionByName(unknown)


@dp.materialized_view(comment="One row per day of the years in which titles were added, and one for no date")
@dp.expect_all_or_fail(
    {"key is present": "date_key IS NOT NULL", "date is present": "date IS NOT NULL OR date_key = -1"}
)
@dp.expect("month is a month", "month IS NULL OR month BETWEEN 1 AND 12")
def dim_date() -> DataFrame:
    span = spark.read.table("dim_title").agg(F.min("date_added").alias("first"), F.max("date_added").alias("last"))
    years = "sequence(make_date(year(first), 1, 1), make_date(year(last), 12, 31), INTERVAL 1 DAY)"
    days = span.where("first IS NOT NULL").select(F.explode(F.expr(years)).alias("date"))
    unknown = spark.range(1).select(F.lit(None).cast("date").alias("date"))
    return days.unionByName(unknown).select(
        date_key("date").alias("date_key"),
        "date",
        F.year("date").alias("year"),
        F.quarter("date").alias("quarter"),
        F.month("date").alias("month"),
        F.date_format("date", "MMMM").alias("month_name"),
        F.dayofmonth("date").alias("day_of_month"),
        F.dayofweek("date").alias("day_of_week"),
        F.date_format("date", "EEEE").alias("day_name"),
        F.weekofyear("date").alias("week_of_year"),
        F.dayofweek("date").isin(1, 7).alias("is_weekend"),
    )
