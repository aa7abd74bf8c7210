"""The rival with the engine that Databricks grew from: Apache Spark on two local cores, with Delta Lake.

    python spark_local.py SOURCE LAKE JARS      JARS: a folder of Delta's jars
    python spark_local.py --jars FOLDER         fetch Delta's jars from Maven Central into FOLDER, once

Settings are those of a careful user of a small machine: 16 shuffle partitions in place of 200, 6 GB of heap, no web
page, two partitions in place of 50 for reading Delta's own log.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession
from rules import LOOKUPS, RATINGS, Record, land, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DELTA = "io.delta:delta-spark_2.13:4.0.1"
HEAP = "6g"
COLUMNS = (
    "duration_minutes", "duration_seasons", "type", "title", "date_added", "release_year", "rating", "description",
    "show_id",
)  # fmt: skip

RULES = """case
    when try_cast(show_id as bigint) is null then 'show_id is a whole number'
    when type is null or type not in ('Movie', 'TV Show') then 'type is Movie or TV Show'
    when nullif(trim(date_added), '') is not null and added is null then 'date_added is a date'
    when nullif(trim(duration_minutes), '') is not null and try_cast(duration_minutes as int) is null
      or nullif(trim(duration_seasons), '') is not null and try_cast(duration_seasons as int) is null
      then 'durations are whole or absent'
end"""

PARSED = f"""
select *, {RULES} as rule from (
    select *, cast(coalesce(
        try_to_timestamp(trim(date_added), 'M/d/yyyy'), try_to_timestamp(trim(date_added), 'dd-MM-yyyy'),
        try_to_timestamp(trim(date_added), 'MMMM d, yyyy')) as date) as added
    from bronze_titles)"""

SILVER_TITLES = f"""
with typed as (
    select cast(show_id as bigint) as show_id, type, trim(title) as title, added as date_added,
        try_cast(release_year as int) as release_year, nullif(trim(rating), '') as rating,
        trim(description) as description, try_cast(duration_minutes as int) as duration_minutes,
        try_cast(duration_seasons as int) as duration_seasons, source_file
    from ({PARSED}) where rule is null),
repeated as (
    select try_cast(show_id as bigint) as show_id from bronze_titles group by 1 having count(*) > 1),
ordered as (
    select *, row_number() over (partition by show_id order by source_file desc) as place
    from typed t left semi join repeated r on t.show_id = r.show_id),
latest as (
    select t.* from typed t left anti join repeated r on t.show_id = r.show_id
    union all
    select * except (place) from ordered where place = 1),
ranks as (
    select duration_minutes, dense_rank() over (order by duration_minutes desc) as duration_rank
    from (select distinct duration_minutes from typed where duration_minutes is not null))
select show_id, type, title, split_part(title, ':', 1) as short_title, cast(type = 'Movie' as int) as type_flag,
    date_added, release_year, o.rating, family as rating_family, minimum_age, (release_year div 10) * 10 as decade,
    year(date_added) as added_year, month(date_added) as added_month, year(date_added) - release_year as age_when_added,
    description, o.duration_minutes, duration_seasons, source_file, duration_rank
from latest o left join ratings r on o.rating = r.rating left join ranks k on o.duration_minutes = k.duration_minutes"""

QUARANTINED_TITLES = f"""
select 'netflix_titles' as source_table, rule, source_file, concat_ws(',', duration_minutes, duration_seasons, type,
    title, date_added, release_year, rating, description, show_id) as raw_record, now() as quarantined_at
from ({PARSED}) where rule is not null"""


def key(text: str) -> str:
    """A surrogate key that every engine computes alike: the first 60 bits of the MD5 of a text."""
    return f"cast(conv(substring(md5({text}), 1, 15), 16, 10) as bigint)"


GOLD = {
    "dim_title": f"""
        select {key("concat(show_id, '|1')")} as title_key, show_id, type, title, short_title, type_flag, date_added,
            release_year, rating, rating_family, minimum_age, decade, description, duration_minutes, duration_seasons,
            duration_rank, 1 as valid_from, cast(null as int) as valid_to, true as is_current
        from silver_titles""",
    "dim_person": f"""
        select {key("person")} as person_key, person from (
            select cast as person from silver_cast union select director from silver_directors)""",
    "dim_genre": f"""
        select {key("listed_in")} as genre_key, listed_in as genre from (select distinct listed_in from silver_category)
        """,
    "dim_country": f"""
        select {key("country")} as country_key, country from (select distinct country from silver_countries)""",
    "dim_rating": f"select {key('rating')} as rating_key, rating, family, minimum_age from ratings",
    "dim_date": """
        select cast(date_format(day, 'yyyyMMdd') as int) as date_key, day as date, year(day) as year,
            quarter(day) as quarter, month(day) as month, date_format(day, 'MMMM') as month_name,
            dayofweek(day) as weekday
        from (select explode(sequence(min(date_added), max(date_added), interval 1 day)) as day from silver_titles)""",
    "bridge_title_person": f"""
        select {key("concat(show_id, '|1')")} as title_key, {key("cast")} as person_key, 'actor' as role
        from silver_cast
        union all
        select {key("concat(show_id, '|1')")}, {key("director")}, 'director' from silver_directors""",
    "bridge_title_genre": f"""
        select {key("concat(show_id, '|1')")} as title_key, {key("listed_in")} as genre_key from silver_category""",
    "bridge_title_country": f"""
        select {key("concat(show_id, '|1')")} as title_key, {key("country")} as country_key from silver_countries""",
    "fact_title_added": f"""
        select {key("concat(t.show_id, '|1')")} as title_key,
            cast(date_format(date_added, 'yyyyMMdd') as int) as date_key, {key("rating")} as rating_key, type_flag,
            duration_minutes as minutes, duration_seasons as seasons,
            coalesce(c.n, 0) as cast_count, coalesce(d.n, 0) as director_count, coalesce(g.n, 0) as genre_count,
            coalesce(k.n, 0) as country_count, age_when_added
        from silver_titles t
        left join (select show_id, count(*) as n from silver_cast group by show_id) c on c.show_id = t.show_id
        left join (select show_id, count(*) as n from silver_directors group by show_id) d on d.show_id = t.show_id
        left join (select show_id, count(*) as n from silver_category group by show_id) g on g.show_id = t.show_id
        left join (select show_id, count(*) as n from silver_countries group by show_id) k on k.show_id = t.show_id""",
    "titles_added_per_month": """
        select added_year, added_month, type, count(*) as titles from silver_titles group by all""",
    "titles_by_country_and_genre": """
        select country, listed_in as genre, count(*) as titles
        from silver_countries k join silver_category g on k.show_id = g.show_id group by all""",
    "top_people": """
        select person, role, count(*) as titles from (
            select cast as person, 'actor' as role from silver_cast
            union all select director, 'director' from silver_directors)
        group by all order by titles desc, person limit 100""",
    "rating_mix": "select type, rating, count(*) as titles from silver_titles group by all",
}


def builder() -> SparkSession.Builder:
    """What every session here has in common."""
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.driver.memory", HEAP)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "16")
        .config("spark.databricks.delta.snapshotPartitions", "2")
    )


class Lake:
    """Delta tables of one folder, visible to SQL as views."""

    def __init__(self, folder: Path, spark: SparkSession) -> None:
        self.folder, self.spark = folder, spark
        columns = "rating string, family string, minimum_age int"
        spark.createDataFrame(list(RATINGS), columns).createOrReplaceTempView("ratings")

    def write(self, name: str, frame: DataFrame) -> None:
        """Write a frame as the table's next version."""
        path = table(self.folder, name)
        frame.write.format("delta").mode("overwrite").save(path)
        layer, _, rest = name.partition(".")
        short = rest.removeprefix("netflix_")
        view = short if layer == "gold" else f"{layer}_{short}"
        self.spark.read.format("delta").load(path).createOrReplaceTempView(view)

    def csv(self, files: str, columns: tuple[str, ...]) -> DataFrame:
        """CSV files as text columns."""
        schema = ", ".join(f"{column} string" for column in columns)
        return self.spark.read.csv(files, schema=schema, header=True, quote='"', escape='"', mode="PERMISSIVE")

    def count(self, view: str, what: str = "count(*)") -> int:
        """One number from a view."""
        return int(self.spark.sql(f"select {what} from {view}").collect()[0][0])


def bronze(lake: Lake, source: Path) -> None:
    """Titles as text with the file they came from; lookups as landed."""
    titles = lake.csv(f"{source}/netflix_titles*.csv", COLUMNS)
    extra = ("*", "_metadata.file_path as source_file", "now() as ingested_at")
    lake.write("bronze.netflix_titles", titles.selectExpr(*extra))
    land(source, lake.folder)


def silver(lake: Lake) -> None:
    """Typed, trimmed, latest per title; what breaks a rule goes to quarantine."""
    lake.write("silver.netflix_titles", lake.spark.sql(SILVER_TITLES))
    broken = [QUARANTINED_TITLES]
    for name, column in LOOKUPS.items():
        file = str(lake.folder / "bronze" / "lookups" / f"netflix_{name}.csv")
        landed = lake.csv(file, (column, "show_id"))
        landed.selectExpr(
            f"trim({column}) as {column}", "try_cast(show_id as bigint) as show_id"
        ).createOrReplaceTempView(f"landed_{name}")
        known = f"from landed_{name} l left {{}} join silver_titles t on t.show_id = l.show_id"
        lake.write(f"silver.netflix_{name}", lake.spark.sql(f"select distinct l.* {known.format('semi')}"))
        broken.append(
            f"select 'netflix_{name}', 'no such title', '{file}', concat_ws(',', {column}, show_id), now() "
            f"{known.format('anti')}"
        )
    lake.write("silver.quarantine", lake.spark.sql(" union all ".join(broken)))


def gold(lake: Lake) -> None:
    """The star schema and the tables that a report needs."""
    for name, query in GOLD.items():
        lake.write(f"gold.{name}", lake.spark.sql(query))


def figures(lake: Lake) -> dict[str, int]:
    """What the run ended with."""
    views = {
        "bronze_titles": "bronze_titles", "silver_titles": "silver_titles", "quarantine": "silver_quarantine",
        **{f"silver_{name}": f"silver_{name}" for name in LOOKUPS},
        **{name: name for name in ("dim_title", "dim_person", "dim_genre", "dim_country")},
        "bridge_person": "bridge_title_person", "bridge_genre": "bridge_title_genre",
        "bridge_country": "bridge_title_country", "fact": "fact_title_added",
    }  # fmt: skip
    found = {figure: lake.count(view) for figure, view in views.items()}
    return found | {name: lake.count("fact_title_added", f"sum({name})") for name in ("minutes", "seasons")}


def fetch_jars(folder: Path) -> None:
    """Let Spark resolve Delta from Maven Central, and keep the jars."""
    cache = folder / "ivy"
    spark = builder().config("spark.jars.packages", DELTA).config("spark.jars.ivy", str(cache)).getOrCreate()
    spark.stop()
    for jar in (cache / "jars").glob("*.jar"):
        shutil.copyfile(jar, folder / jar.name)


def main(source: Path, folder: Path, jars: Path) -> None:
    """Run all layers and print the record."""
    record = Record()
    with record.layer("start"):
        spark = builder().config("spark.jars", ",".join(str(jar) for jar in jars.glob("*.jar"))).getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        lake = Lake(folder, spark)
    with record.layer("bronze"):
        bronze(lake, source)
    with record.layer("silver"):
        silver(lake)
    with record.layer("gold"):
        gold(lake)
    record.figures = figures(lake)
    spark.stop()
    record.show()


if __name__ == "__main__":
    if sys.argv[1] == "--jars":
        fetch_jars(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
