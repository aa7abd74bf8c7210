"""The silver rules, as data: what a column means, what breaks a row, what is added. Nothing here does anything.

Expressions are Spark SQL that holds under ANSI mode on Databricks, Apache Spark 4 and Sail. In them ``{x}`` is the trimmed
text of the landed column x (null when blank or when no drop has brought such a column), ``x`` the cleansed value.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A cleansed column: its type and the forms in which it may be written; the first that can be read wins."""

    name: str
    type: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Rows for which ``broken`` holds go to the quarantine under this name. The first broken rule of a row counts."""

    name: str
    broken: str


@dataclass(frozen=True)
class Lookup:
    """A lookup table: one row per title and name."""

    table: str
    column: str


def text(name: str) -> Column:
    """A column that stays text."""
    return Column(name, "STRING", (f"{{{name}}}",))


DATE_FORMATS = ("M/d/yyyy", "dd-MM-yyyy", "MMMM d, yyyy")
"""9/9/2019 in the first drops, 09-09-2019 in later ones, September 9, 2019 in the listing of 2021."""

TITLE_COLUMNS = (
    Column("show_id", "BIGINT", ("try_cast({show_id} AS BIGINT)",)),
    text("type"),
    text("title"),
    Column("date_added", "DATE", tuple(f"try_to_timestamp({{date_added}}, '{form}')" for form in DATE_FORMATS)),
    Column("release_year", "INT", ("try_cast({release_year} AS INT)",)),
    text("rating"),
    Column(
        "duration_minutes",
        "INT",
        ("try_cast({duration_minutes} AS INT)", "try_cast(regexp_extract({duration}, '^([0-9]+) min$', 1) AS INT)"),
    ),
    Column(
        "duration_seasons",
        "INT",
        (
            "try_cast({duration_seasons} AS INT)",
            "try_cast(regexp_extract({duration}, '^([0-9]+) Seasons?$', 1) AS INT)",
        ),
    ),
    text("description"),
)

TITLE_RULES = (
    Rule("show_id is not a whole number", "show_id IS NULL"),
    Rule("type is neither Movie nor TV Show", "type IS NULL OR type NOT IN ('Movie', 'TV Show')"),
    Rule("title is missing", "title IS NULL"),
    Rule("date_added is not a date", "date_added IS NULL AND {date_added} IS NOT NULL"),
    Rule("release_year is not a whole number", "release_year IS NULL AND {release_year} IS NOT NULL"),
    Rule(
        "duration is not a whole number",
        "(duration_minutes IS NULL AND {duration_minutes} IS NOT NULL)"
        " OR (duration_seasons IS NULL AND {duration_seasons} IS NOT NULL)"
        " OR (coalesce(duration_minutes, duration_seasons) IS NULL AND {duration} IS NOT NULL)",
    ),
)

RATINGS = {
    "TV-Y": ("Kids", 0),
    "TV-G": ("Kids", 0),
    "G": ("Kids", 0),
    "TV-Y7": ("Older kids", 7),
    "TV-Y7-FV": ("Older kids", 7),
    "TV-PG": ("Older kids", 8),
    "PG": ("Older kids", 8),
    "PG-13": ("Teens", 13),
    "TV-14": ("Teens", 14),
    "R": ("Adults", 17),
    "TV-MA": ("Adults", 17),
    "NC-17": ("Adults", 18),
    "NR": ("Not rated", None),
    "UR": ("Not rated", None),
}
"""Rating -> (family, minimum age in years)."""


def _per_rating(position: int, otherwise: str) -> str:
    whens = " ".join(
        f"WHEN '{rating}' THEN {'NULL' if entry[position] is None else repr(entry[position])}"
        for rating, entry in RATINGS.items()
    )
    return f"CASE rating {whens} ELSE {otherwise} END"


TITLE_ENRICHMENT = {
    "short_title": "split_part(title, ':', 1)",
    "type_flag": "CASE type WHEN 'Movie' THEN 1 WHEN 'TV Show' THEN 2 END",
    "rating_family": _per_rating(0, "CASE WHEN rating IS NULL THEN NULL ELSE 'Other' END"),
    "minimum_age": f"CAST({_per_rating(1, 'NULL')} AS INT)",
    "decade": "CAST(release_year - release_year % 10 AS INT)",
    "added_year": "year(date_added)",
    "added_month": "month(date_added)",
    "age_when_added": "year(date_added) - release_year",
}
"""Added column -> expression over the cleansed columns. The dense rank by duration depends on all titles: it is in the view."""

DURATION_RANK = (
    "CASE WHEN duration_minutes IS NOT NULL THEN dense_rank() OVER (ORDER BY duration_minutes DESC NULLS LAST) END"
)

LOOKUPS = {
    "netflix_cast": Lookup("netflix_cast", "cast"),
    "netflix_directors": Lookup("netflix_directors", "director"),
    "netflix_countries": Lookup("netflix_countries", "country"),
    "netflix_category": Lookup("netflix_category", "listed_in"),
}

LOOKUP_RULES = (
    Rule("show_id is not a whole number", "show_id IS NULL"),
    Rule("name is missing", "name IS NULL"),
    Rule("no such title", "NOT title_exists"),
)
