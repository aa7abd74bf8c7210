"""The rival without a framework: DuckDB computes, delta-rs writes, one script from CSV to star schema.

    python handwritten.py SOURCE LAKE

Written as a careful engineer would who knows the data (few titles are there twice, so only those are sorted), with nothing that a general runtime must do: no records of
runs, no checkpoints, no schema evolution, no merge (it rebuilds), no expectations.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from deltalake import DeltaTable, write_deltalake
from rules import LOOKUPS, RATINGS, Record, land, table

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
        try_cast(duration_seasons as int) as duration_seasons, source_file
    from ({PARSED}) where rule is null),
repeated as (
    select try_cast(show_id as bigint) as show_id from bronze_titles where try_cast(show_id as bigint) is not null
    group by 1 having count(*) > 1),
latest as (
    select * from typed where show_id not in (from repeated)
    union all
    select * from typed where show_id in (from repeated)
    qualify row_number() over (partition by show_id order by source_file desc) = 1),
ranks as (
    select duration_minutes, dense_rank() over (order by duration_minutes desc) as duration_rank
    from (select distinct duration_minutes from typed where duration_minutes is not null))
select show_id, type, title, split_part(title, ':', 1) as short_title, (type = 'Movie')::int as type_flag, date_added,
    release_year, rating, family as rating_family, minimum_age, (release_year // 10) * 10 as decade,
    year(date_added) as added_year, month(date_added) as added_month, year(date_added) - release_year as age_when_added,
    description, duration_minutes, duration_seasons, source_file,
    duration_rank
from latest left join ratings using (rating) left join ranks using (duration_minutes)"""

QUARANTINED_TITLES = f"""
select 'netflix_titles' as source_table, rule, source_file, concat_ws(',', duration_minutes, duration_seasons, type,
    title, date_added, release_year, rating, description, show_id) as raw_record, now() as quarantined_at
from ({PARSED}) where rule is not null"""


def key(text: str) -> str:
    """A surrogate key that every engine computes alike: the first 60 bits of the MD5 of a text."""
    return f"('0x' || md5({text})[:15])::bigint"


GOLD = {
    "dim_title": f"""
        select {key("show_id || '|1'")} as title_key, show_id, type, title, short_title, type_flag, date_added,
            release_year, rating, rating_family, minimum_age, decade, description, duration_minutes, duration_seasons,
            duration_rank, 1 as valid_from, null::int as valid_to, true as is_current
        from silver_titles""",
    "dim_person": f"""
        select {key("person")} as person_key, person from (
            select "cast" as person from silver_cast union select director from silver_directors)""",
    "dim_genre": f"select distinct {key('listed_in')} as genre_key, listed_in as genre from silver_category",
    "dim_country": f"select distinct {key('country')} as country_key, country from silver_countries",
    "dim_rating": f"select {key('rating')} as rating_key, rating, family, minimum_age from ratings",
    "dim_date": """
        select cast(strftime(day, '%Y%m%d') as int) as date_key, day::date as date, year(day) as year,
            quarter(day) as quarter, month(day) as month, monthname(day) as month_name, dayofweek(day) as weekday
        from (select unnest(generate_series(min(date_added), max(date_added), interval 1 day)) as day
              from silver_titles)""",
    "bridge_title_person": f"""
        select {key("show_id || '|1'")} as title_key, {key('"cast"')} as person_key, 'actor' as role from silver_cast
        union all
        select {key("show_id || '|1'")}, {key("director")}, 'director' from silver_directors""",
    "bridge_title_genre": f"""
        select {key("show_id || '|1'")} as title_key, {key("listed_in")} as genre_key from silver_category""",
    "bridge_title_country": f"""
        select {key("show_id || '|1'")} as title_key, {key("country")} as country_key from silver_countries""",
    "fact_title_added": f"""
        select {key("show_id || '|1'")} as title_key, cast(strftime(date_added, '%Y%m%d') as int) as date_key,
            {key("rating")} as rating_key, type_flag, duration_minutes as minutes, duration_seasons as seasons,
            coalesce(c.n, 0) as cast_count, coalesce(d.n, 0) as director_count, coalesce(g.n, 0) as genre_count,
            coalesce(k.n, 0) as country_count, age_when_added
        from silver_titles
        left join (select show_id, count(*) as n from silver_cast group by show_id) c using (show_id)
        left join (select show_id, count(*) as n from silver_directors group by show_id) d using (show_id)
        left join (select show_id, count(*) as n from silver_category group by show_id) g using (show_id)
        left join (select show_id, count(*) as n from silver_countries group by show_id) k using (show_id)""",
    "titles_added_per_month": """
        select added_year, added_month, type, count(*) as titles from silver_titles group by all""",
    "titles_by_country_and_genre": """
        select country, listed_in as genre, count(*) as titles
        from silver_countries join silver_category using (show_id) group by all""",
    "top_people": """
        select person, role, count(*) as titles from (
            select "cast" as person, 'actor' as role from silver_cast
            union all select director, 'director' from silver_directors)
        group by all order by titles desc, person limit 100""",
    "rating_mix": "select type, rating, count(*) as titles from silver_titles group by all",
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


def bronze(lake: Lake, source: Path) -> None:
    """Titles as text with the file they came from; lookups as landed."""
    lake.write(
        "bronze.netflix_titles",
        f"select * exclude (filename), filename as source_file, now() as ingested_at from "
        f"read_csv('{source}/netflix_titles*.csv', all_varchar = true, union_by_name = true, filename = true, "
        "header = true, delim = ',', quote = '\"', escape = '\"')",
    )
    land(source, lake.folder)


def silver(lake: Lake) -> None:
    """Typed, trimmed, latest per title; what breaks a rule goes to quarantine."""
    lake.write("silver.netflix_titles", SILVER_TITLES)
    broken = [QUARANTINED_TITLES]
    for name, column in LOOKUPS.items():
        file = lake.folder / "bronze" / "lookups" / f"netflix_{name}.csv"
        landed = (
            f'(select trim("{column}") as "{column}", try_cast(show_id as bigint) as show_id from '
            f"read_csv('{file}', all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"'))"
        )
        known = "show_id in (select show_id from silver_titles)"
        lake.write(f"silver.netflix_{name}", f"select distinct * from {landed} where {known}")
        broken.append(
            f"select 'netflix_{name}', 'no such title', '{file}', concat_ws(',', \"{column}\", show_id), now() "
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
    return found | {name: lake.count("fact_title_added", f"sum({name})") for name in ("minutes", "seasons")}


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
