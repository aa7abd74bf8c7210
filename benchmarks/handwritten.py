"""The rival without a framework: DuckDB computes, delta-rs writes, one script from CSV to star schema.

    python handwritten.py SOURCE LAKE

Written as a careful engineer would who knows the data (few titles are there twice, so only those are sorted), with
nothing that a general runtime must do: no records of runs, no checkpoints, no schema evolution, no merge (it rebuilds),
no expectations.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from deltalake import DeltaTable, write_deltalake
from rules import LOOKUPS, RATINGS, Record, table

BATCH = 100_000

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
    select *, coalesce(
        try_strptime(trim(date_added), '%m/%d/%Y'), try_strptime(trim(date_added), '%d-%m-%Y'),
        try_strptime(trim(date_added), '%B %d, %Y'))::date as added
    from bronze_titles)"""

SILVER_TITLES = f"""
with typed as (
    select show_id::bigint as show_id, type, trim(title) as title, added as date_added,
        try_cast(release_year as int) as release_year, nullif(trim(rating), '') as rating,
        trim(description) as description, try_cast(duration_minutes as int) as duration_minutes,
        try_cast(duration_seasons as int) as duration_seasons, source_file, ingested_at
    from ({PARSED}) where rule is null),
repeated as (
    select try_cast(show_id as bigint) as show_id from bronze_titles where try_cast(show_id as bigint) is not null
    group by 1 having count(*) > 1),
latest as (
    select * from typed where show_id not in (from repeated)
    union all
    select * from typed where show_id in (from repeated)
    qualify row_number() over (partition by show_id order by source_file desc) = 1)
select show_id, type, title, split_part(title, ':', 1) as short_title,
    case type when 'Movie' then 1 else 2 end as type_flag, date_added,
    release_year, rating, family as rating_family, minimum_age, (release_year // 10) * 10 as decade,
    year(date_added) as added_year, month(date_added) as added_month, year(date_added) - release_year as age_when_added,
    description, duration_minutes, duration_seasons, source_file, ingested_at
from latest left join ratings using (rating)"""

QUARANTINED_TITLES = f"""
select 'netflix_titles' as source_table, rule, source_file, concat_ws(',', duration_minutes, duration_seasons, type,
    title, date_added, release_year, rating, description, show_id) as raw_record, now() as quarantined_at
from ({PARSED}) where rule is not null"""


def key(text: str) -> str:
    """A surrogate key that every engine computes alike: the first 60 bits of the MD5 of a text."""
    return f"('0x' || md5({text})[:15])::bigint"


DAY = "coalesce(cast(strftime(date_added, '%Y%m%d') as int), -1)"

GOLD = {
    "dim_title": f"""
        select {key("show_id::varchar")} as title_key, * exclude (ingested_at), now() as start_at,
            null::timestamptz as end_at
        from silver_titles""",
    "dim_person": f"""
        select {key("person")} as person_key, person from (
            select "cast" as person from silver_cast union select director from silver_directors)""",
    "dim_genre": f"""
        select {key("genre")} as genre_key, genre from (select distinct listed_in as genre from silver_category)""",
    "dim_country": f"""
        select {key("country")} as country_key, country from (select distinct country from silver_countries)""",
    "dim_rating": f"""
        select {key("rating")} as rating_key, rating, rating_family, minimum_age
        from (select distinct rating, rating_family, minimum_age from dim_title where rating is not null)
        union all select -1, 'Unknown', 'Unknown', null""",
    "dim_date": """
        select cast(strftime(day, '%Y%m%d') as int) as date_key, day::date as date, year(day) as year,
            quarter(day) as quarter, month(day) as month, monthname(day) as month_name, day(day) as day_of_month,
            dayofweek(day) + 1 as day_of_week, dayname(day) as day_name, week(day) as week_of_year,
            dayofweek(day) in (0, 6) as is_weekend
        from (select unnest(generate_series(date_trunc('year', min(date_added)),
                date_trunc('year', max(date_added)) + interval 1 year - interval 1 day, interval 1 day)) as day
              from dim_title)
        union all select -1, null, null, null, null, null, null, null, null, null, null""",
    "bridge_title_person": f"""
        select {key("show_id::varchar")} as title_key, {key('"cast"')} as person_key, 'actor' as role from silver_cast
        union all
        select {key("show_id::varchar")}, {key("director")}, 'director' from silver_directors""",
    "bridge_title_genre": f"""
        select {key("show_id::varchar")} as title_key, {key("listed_in")} as genre_key from silver_category""",
    "bridge_title_country": f"""
        select {key("show_id::varchar")} as title_key, {key("country")} as country_key from silver_countries""",
    "fact_title_added": f"""
        select title_key, {DAY} as date_key, coalesce({key("rating")}, -1) as rating_key, start_at as title_version,
            duration_minutes, duration_seasons, coalesce(actors, 0)::int as cast_count,
            coalesce(directors, 0)::int as director_count, coalesce(genres, 0)::int as genre_count,
            coalesce(countries, 0)::int as country_count, age_when_added
        from dim_title
        left join (
            select title_key, count(*) filter (role = 'actor') as actors,
                count(*) filter (role = 'director') as directors
            from bridge_title_person group by title_key) using (title_key)
        left join (select title_key, count(*) as genres from bridge_title_genre group by title_key) using (title_key)
        left join (
            select title_key, count(*) as countries from bridge_title_country group by title_key) using (title_key)
        where end_at is null""",
    "titles_added_per_month": """
        select year, month, type, count(*) as titles, sum(f.duration_minutes) as minutes,
            sum(f.duration_seasons) as seasons
        from fact_title_added f join dim_date using (date_key) join dim_title using (title_key) group by all""",
    "titles_per_country_and_genre": """
        select country, genre, titles
        from (select country_key, genre_key, count(*) as titles
              from bridge_title_country join bridge_title_genre using (title_key) group by all)
        join dim_country using (country_key) join dim_genre using (genre_key)""",
    "top_people": """
        select role, row_number() over (partition by role order by titles desc, person) as place, person, titles
        from (select role, person_key, count(*) as titles from bridge_title_person group by all)
        join dim_person using (person_key) qualify place <= 100""",
    "rating_mix": """
        select *, titles / sum(titles) over (partition by type) as share
        from (select type, r.rating, r.rating_family, count(*) as titles
              from fact_title_added join dim_title using (title_key) join dim_rating r using (rating_key) group by all)
        """,
}


class Lake:
    """Delta tables of one folder, written by delta-rs and visible to DuckDB under ``<layer>_<name>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sql = duckdb.connect()
        self.sql.execute("set preserve_insertion_order = false")
        self.sql.execute("create table ratings (rating varchar, family varchar, minimum_age int)")
        self.sql.executemany("insert into ratings values (?, ?, ?)", RATINGS)

    def write(self, name: str, query: str) -> None:
        """Write the rows of a query as the table's next version."""
        path = table(self.folder, name)
        write_deltalake(path, self.sql.sql(query).to_arrow_reader(BATCH), mode="overwrite")
        layer, _, rest = name.partition(".")
        short = rest.removeprefix("netflix_")
        view = short if layer == "gold" else f"{layer}_{short}"
        files = DeltaTable(path).file_uris()
        self.sql.execute(f"create or replace view {view} as select * from read_parquet({files})")

    def count(self, view: str, what: str = "count(*)") -> int:
        """One number from a view."""
        [(number,)] = self.sql.execute(f"select {what} from {view}").fetchall()
        return int(number)


CSV = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', filename = true"


def bronze(lake: Lake, source: Path) -> None:
    """All files as text, with the file that each row came from."""
    names = {"titles": "netflix_titles*.csv", **{name: f"netflix_{name}.csv" for name in LOOKUPS}}
    for name, files in names.items():
        lake.write(
            f"bronze.netflix_{name}",
            f"select * exclude (filename), filename as source_file, now() as ingested_at "
            f"from read_csv('{source}/{files}', union_by_name = true, {CSV})",
        )


def silver(lake: Lake) -> None:
    """Typed, trimmed, latest per title; what breaks a rule goes to quarantine."""
    lake.write("silver.netflix_titles", SILVER_TITLES)
    broken = [QUARANTINED_TITLES]
    for name, column in LOOKUPS.items():
        landed = (
            f'(select trim("{column}") as "{column}", try_cast(show_id as bigint) as show_id, source_file '
            f"from bronze_{name})"
        )
        known = "show_id in (select show_id from silver_titles)"
        lake.write(f"silver.netflix_{name}", f'select distinct show_id, "{column}" from {landed} where {known}')
        broken.append(
            f"select 'netflix_{name}', 'no such title', source_file, concat_ws(',', \"{column}\", show_id), now() "
            f"from {landed} where show_id is null or not {known}"
        )
    lake.write("silver.quarantine", " union all ".join(broken))


def gold(lake: Lake) -> None:
    """The star schema and the tables that a report needs."""
    for name, query in GOLD.items():
        lake.write(f"gold.{name}", query)


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


def main(source: Path, folder: Path) -> None:
    """Run all layers and print the record."""
    record, lake = Record(), Lake(folder)
    with record.layer("bronze"):
        bronze(lake, source)
    with record.layer("silver"):
        silver(lake)
    with record.layer("gold"):
        gold(lake)
    record.figures = figures(lake)
    record.show()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
