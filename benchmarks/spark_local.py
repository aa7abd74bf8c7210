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
from rules import LOOKUPS, RATINGS, Record, table

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
        try_cast(duration_seasons as int) as duration_seasons, source_file, ingested_at
    from ({PARSED}) where rule is null),
repeated as (
    select try_cast(show_id as bigint) as show_id from bronze_titles group by 1 having count(*) > 1),
ordered as (
    select *, row_number() over (partition by show_id order by source_file desc) as place
    from typed t left semi join repeated r on t.show_id = r.show_id),
latest as (
    select t.* from typed t left anti join repeated r on t.show_id = r.show_id
    union all
    select * except (place) from ordered where place = 1)
select show_id, type, title, split_part(title, ':', 1) as short_title,
    case type when 'Movie' then 1 else 2 end as type_flag,
    date_added, release_year, o.rating, family as rating_family, minimum_age, (release_year div 10) * 10 as decade,
    year(date_added) as added_year, month(date_added) as added_month, year(date_added) - release_year as age_when_added,
    description, duration_minutes, duration_seasons, source_file, ingested_at
from latest o left join ratings r on o.rating = r.rating"""

QUARANTINED_TITLES = f"""
select 'netflix_titles' as source_table, rule, source_file, concat_ws(',', duration_minutes, duration_seasons, type,
    title, date_added, release_year, rating, description, show_id) as raw_record, now() as quarantined_at
from ({PARSED}) where rule is not null"""


def key(text: str) -> str:
    """A surrogate key that every engine computes alike: the first 60 bits of the MD5 of a text."""
    return f"cast(conv(substring(md5({text}), 1, 15), 16, 10) as bigint)"


DAY = "coalesce(cast(date_format(date_added, 'yyyyMMdd') as int), -1)"

GOLD = {
    "dim_title": f"""
        select {key("cast(show_id as string)")} as title_key, * except (ingested_at), now() as start_at,
            cast(null as timestamp) as end_at
        from silver_titles""",
    "dim_person": f"""
        select {key("person")} as person_key, person from (
            select cast as person from silver_cast union select director from silver_directors)""",
    "dim_genre": f"""
        select {key("genre")} as genre_key, genre from (select distinct listed_in as genre from silver_category)""",
    "dim_country": f"""
        select {key("country")} as country_key, country from (select distinct country from silver_countries)""",
    "dim_rating": f"""
        select {key("rating")} as rating_key, rating, rating_family, minimum_age
        from (select distinct rating, rating_family, minimum_age from dim_title where rating is not null)
        union all select -1, 'Unknown', 'Unknown', null""",
    "dim_date": """
        select cast(date_format(day, 'yyyyMMdd') as int) as date_key, day as date, year(day) as year,
            quarter(day) as quarter, month(day) as month, date_format(day, 'MMMM') as month_name,
            dayofmonth(day) as day_of_month, dayofweek(day) as day_of_week, date_format(day, 'EEEE') as day_name,
            weekofyear(day) as week_of_year, dayofweek(day) in (1, 7) as is_weekend
        from (select explode(sequence(make_date(year(min(date_added)), 1, 1),
                make_date(year(max(date_added)), 12, 31), interval 1 day)) as day from dim_title)
        union all select -1, null, null, null, null, null, null, null, null, null, null""",
    "bridge_title_person": f"""
        select {key("cast(show_id as string)")} as title_key, {key("cast")} as person_key, 'actor' as role
        from silver_cast
        union all
        select {key("cast(show_id as string)")}, {key("director")}, 'director' from silver_directors""",
    "bridge_title_genre": f"""
        select {key("cast(show_id as string)")} as title_key, {key("listed_in")} as genre_key from silver_category""",
    "bridge_title_country": f"""
        select {key("cast(show_id as string)")} as title_key, {key("country")} as country_key from silver_countries""",
    "fact_title_added": f"""
        select t.title_key, {DAY} as date_key, coalesce({key("rating")}, -1) as rating_key, start_at as title_version,
            duration_minutes, duration_seasons, cast(coalesce(actors, 0) as int) as cast_count,
            cast(coalesce(directors, 0) as int) as director_count, cast(coalesce(genres, 0) as int) as genre_count,
            cast(coalesce(countries, 0) as int) as country_count, age_when_added
        from dim_title t
        left join (
            select title_key, count_if(role = 'actor') as actors, count_if(role = 'director') as directors
            from bridge_title_person group by title_key) p on p.title_key = t.title_key
        left join (select title_key, count(*) as genres from bridge_title_genre group by title_key) g
            on g.title_key = t.title_key
        left join (select title_key, count(*) as countries from bridge_title_country group by title_key) c
            on c.title_key = t.title_key
        where end_at is null""",
    "titles_added_per_month": """
        select year, month, type, count(*) as titles, sum(f.duration_minutes) as minutes,
            sum(f.duration_seasons) as seasons
        from fact_title_added f join dim_date d on f.date_key = d.date_key join dim_title t on f.title_key = t.title_key
        group by all""",
    "titles_per_country_and_genre": """
        select country, genre, titles
        from (select country_key, genre_key, count(*) as titles
              from bridge_title_country c join bridge_title_genre g on c.title_key = g.title_key group by all) n
        join dim_country c on n.country_key = c.country_key join dim_genre g on n.genre_key = g.genre_key""",
    "top_people": """
        select * from (
            select role, row_number() over (partition by role order by titles desc, person) as place, person, titles
            from (select role, person_key, count(*) as titles from bridge_title_person group by all) n
            join dim_person p on n.person_key = p.person_key)
        where place <= 100""",
    "rating_mix": """
        select *, titles / sum(titles) over (partition by type) as share
        from (select type, r.rating, r.rating_family, count(*) as titles
              from fact_title_added f join dim_title t on f.title_key = t.title_key
              join dim_rating r on f.rating_key = r.rating_key group by all)""",
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
    """All files as text, with the file that each row came from."""
    extra = ("*", "_metadata.file_path as source_file", "now() as ingested_at")
    titles = lake.csv(f"{source}/netflix_titles*.csv", COLUMNS)
    lake.write("bronze.netflix_titles", titles.selectExpr(*extra))
    for name, column in LOOKUPS.items():
        landed = lake.csv(f"{source}/netflix_{name}.csv", (column, "show_id"))
        lake.write(f"bronze.netflix_{name}", landed.selectExpr(*extra))


def silver(lake: Lake) -> None:
    """Typed, trimmed, latest per title; what breaks a rule goes to quarantine."""
    lake.write("silver.netflix_titles", lake.spark.sql(SILVER_TITLES))
    broken = [QUARANTINED_TITLES]
    for name, column in LOOKUPS.items():
        landed = (
            f"(select trim({column}) as {column}, try_cast(show_id as bigint) as show_id, source_file "
            f"from bronze_{name}) l"
        )
        known = f"from {landed} left {{}} join silver_titles t on t.show_id = l.show_id"
        kept = f"select distinct l.show_id, l.{column} {known.format('semi')}"
        lake.write(f"silver.netflix_{name}", lake.spark.sql(kept))
        broken.append(
            f"select 'netflix_{name}', 'no such title', source_file, concat_ws(',', {column}, show_id), now() "
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
    return found | {name: lake.count("fact_title_added", f"sum(duration_{name})") for name in ("minutes", "seasons")}


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
