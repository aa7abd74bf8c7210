"""The figures of the Netflix lakehouse, computed by DuckDB straight from the CSV files.

Shares no code with ``netflix/``: the rules are written down a second time, in DuckDB's SQL. Run it on a folder to see them:
``python tests/netflix/expected.py ../shared/data/netflix``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LOOKUPS = {"cast": "cast", "directors": "director", "countries": "country", "category": "listed_in"}

_TITLES = """
create or replace table {name} as
with landed as (
  select * from read_csv('{file}', all_varchar = true, header = true, null_padding = true, strict_mode = false)
), typed as (
  select try_cast(trim(show_id) as bigint) as id, trim(type) as kind, trim(title) as title, trim(rating) as rating,
    trim(description) as description, trim(date_added) as date_text, trim(release_year) as year_text,
    trim(duration_minutes) as minutes_text, trim(duration_seasons) as seasons_text,
    coalesce(try_strptime(trim(date_added), '%m/%d/%Y'), try_strptime(trim(date_added), '%d-%m-%Y'),
             try_strptime(trim(date_added), '%B %d, %Y'))::date as added,
    try_cast(release_year as integer) as year, try_cast(duration_minutes as integer) as minutes,
    try_cast(duration_seasons as integer) as seasons
  from landed
)
select *, id is not null and coalesce(kind in ('Movie', 'TV Show'), false) and title is not null
    and (date_text is null or added is not null) and (year_text is null or year is not null)
    and (minutes_text is null or minutes is not null) and (seasons_text is null or seasons is not null) as sound
from typed
"""

_CURRENT = "(select distinct on (id) * from {name} where sound)"


@dataclass(frozen=True)
class Figures:
    """What one drop, by itself, must come to. ``quarantined``: table -> rows. ``by_year``: null is no date."""

    bronze_titles: int
    titles: int
    quarantined: dict[str, int]
    people: int
    genres: int
    countries: int
    pairs: dict[str, int]
    minutes: int
    seasons: int
    by_year: dict[int | None, int]
    without_rating: int


def figures(folder: Path) -> Figures:
    """The figures of the five files in a folder."""
    db = _database(folder)
    current = _CURRENT.format(name="titles")

    def one(query: str) -> Any:
        return (db.execute(query).fetchone() or (None,))[0]

    quarantined = {f"netflix_{name}": one(f"select count(*) from {name}_landed where not sound") for name in LOOKUPS}
    return Figures(
        bronze_titles=one("select count(*) from titles"),
        titles=one(f"select count(*) from {current}"),
        quarantined={"netflix_titles": one("select count(*) from titles where not sound"), **quarantined},
        people=one("select count(*) from (select name from cast_pairs union select name from directors_pairs)"),
        genres=one("select count(distinct name) from category_pairs"),
        countries=one("select count(distinct name) from countries_pairs"),
        pairs={name: one(f"select count(*) from {name}_pairs") for name in LOOKUPS},
        minutes=one(f"select sum(minutes) from {current}"),
        seasons=one(f"select sum(seasons) from {current}"),
        by_year=dict(db.execute(f"select year(added), count(*) from {current} group by all order by all").fetchall()),
        without_rating=one(f"select count(*) from {current} where rating is null"),
    )


def changed_titles(before: Path, after: Path) -> int:
    """How many titles of ``after`` read otherwise in ``before``."""
    db = _database(before)
    db.execute(_TITLES.format(name="later", file=after / "netflix_titles.csv"))
    content = ("kind", "title", "added", "year", "rating", "minutes", "seasons", "description")
    left, right = (f"({', '.join(f'{side}.{name}' for name in content)})" for side in ("a", "b"))
    current, later = _CURRENT.format(name="titles"), _CURRENT.format(name="later")
    found = db.execute(
        f"select count(*) from {current} a join {later} b using (id) where {left} is distinct from {right}"
    )
    return int((found.fetchone() or (0,))[0])


def _database(folder: Path) -> Any:
    import duckdb

    db = duckdb.connect()
    db.execute(_TITLES.format(name="titles", file=folder / "netflix_titles.csv"))
    for name, column in LOOKUPS.items():
        file = folder / f"netflix_{name}.csv"
        db.execute(
            f"""create table {name}_landed as
            select l.*, l.id is not null and l.name is not null and l.id in (select id from titles where sound) as sound
            from (select try_cast(show_id as bigint) as id, nullif(trim("{column}"), '') as name
                  from read_csv('{file}', all_varchar = true, header = true)) l"""
        )
        db.execute(f"create table {name}_pairs as select distinct id, name from {name}_landed where sound")
    return db


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(figures(Path(sys.argv[1]))), indent=2) + "\n")
