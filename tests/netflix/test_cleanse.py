"""Every form is read, every rule can be broken, nothing is dropped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from conftest import TITLE, Home
from lakehouse.cleanse import content_hash, grade_lookup, grade_titles, landed_columns, title_content
from lakehouse.rules import LOOKUP_RULES, RATINGS, TITLE_RULES

BROKEN = {
    "show_id is not a whole number": {"show_id": "s1"},
    "type is neither Movie nor TV Show": {"type": "1944"},
    "title is missing": {"title": "  "},
    "date_added is not a date": {"date_added": "31/31/2019"},
    "release_year is not a whole number": {"release_year": "MMXX"},
    "duration is not a whole number": {"duration_minutes": "90.5"},
}


def graded(home: Home, *rows: dict[str, str | None]) -> list[Any]:
    """Landed rows, graded."""
    bronze = home.bronze(*rows)
    return grade_titles(bronze, landed_columns(bronze)).collect()


@pytest.mark.parametrize("rule", [rule.name for rule in TITLE_RULES])
def test_every_title_rule_can_be_broken(home: Home, rule: str) -> None:
    """A row that breaks one rule bears its name, and its raw text is kept."""
    (row,) = graded(home, TITLE | BROKEN[rule])
    assert row["broken_rule"] == rule
    assert all(str(value) in row["raw_record"] for value in BROKEN[rule].values())


@pytest.mark.parametrize("text", ["9/9/2019", "09/09/2019", "09-09-2019", "September 9, 2019", " 9/9/2019 "])
def test_dates_are_read_in_three_forms(home: Home, text: str) -> None:
    """All drops mean the same day."""
    (row,) = graded(home, TITLE | {"date_added": text})
    assert (row["date_added"], row["broken_rule"]) == (dt.date(2019, 9, 9), None)


def test_durations_are_read_as_numbers_or_as_the_later_listing_writes_them(home: Home) -> None:
    """The later listing writes 90 min and 2 Seasons; they end in the same columns."""
    bare = {"duration_minutes": None}
    rows = graded(
        home,
        TITLE | {"duration": None},
        TITLE | bare | {"duration": "90 min"},
        TITLE | bare | {"type": "TV Show", "duration": "2 Seasons"},
        TITLE | bare | {"type": "TV Show", "duration": "1 Season"},
        TITLE | bare | {"duration": "long"},
        TITLE | bare,
    )
    found = [(row["duration_minutes"], row["duration_seasons"], row["broken_rule"]) for row in rows]
    broken = "duration is not a whole number"
    none = (None, None, None)
    assert found == [(90, None, None), (90, None, None), (None, 2, None), (None, 1, None), (None, None, broken), none]


def test_names_are_trimmed_and_blank_cells_are_absent(home: Home) -> None:
    """Blanks include the no-break space that real titles end with."""
    (row,) = graded(home, TITLE | {"title": " Consequences\u00a0", "rating": " ", "description": ""})
    assert (row["title"], row["rating"], row["description"]) == ("Consequences", None, None)


def test_titles_are_enriched(home: Home) -> None:
    """Short title, type flag, rating family, minimum age, decade, when added and how old then."""
    (row,) = graded(home, TITLE | {"title": "Norm: the sequel", "rating": "TV-MA"})
    found = {name: row[name] for name in ("short_title", "type_flag", "rating_family", "minimum_age", "decade")}
    assert found == {
        "short_title": "Norm",
        "type_flag": 1,
        "rating_family": "Adults",
        "minimum_age": 17,
        "decade": 2010,
    }
    assert (row["added_year"], row["added_month"], row["age_when_added"]) == (2019, 9, 1)


def test_every_rating_has_its_family_and_minimum_age(home: Home) -> None:
    """The table of ratings is what the rows get; an unknown rating is no error."""
    rows = graded(home, *[TITLE | {"rating": rating} for rating in [*RATINGS, "X", None]])
    found = [(row["rating_family"], row["minimum_age"]) for row in rows]
    assert found == [*RATINGS.values(), ("Other", None), (None, None)]


def test_a_column_that_no_rule_knows_is_carried_on(home: Home) -> None:
    """A drop with a new column needs no edit."""
    (row,) = graded(home, TITLE | {"Audio": " English "})
    assert row["audio"] == "English"


def test_a_column_that_is_not_there_is_empty(home: Home) -> None:
    """A drop without ratings is not an error."""
    (row,) = graded(home, {name: value for name, value in TITLE.items() if name != "rating"})
    assert (row["rating"], row["broken_rule"]) == (None, None)


def test_a_later_column_leaves_the_hash_of_rows_without_it_alone(home: Home) -> None:
    """A new column must not make new versions of titles for which it is empty."""

    def hashes(*rows: dict[str, str | None]) -> list[int]:
        bronze = home.bronze(*rows)
        cleansed = grade_titles(bronze, landed_columns(bronze))
        return [row["h"] for row in cleansed.select(content_hash(title_content(cleansed)).alias("h")).collect()]

    (old,) = hashes(TITLE)
    without, with_it = hashes(TITLE | {"audio": None}, TITLE | {"audio": "English"})
    assert old == without != with_it


def test_a_value_that_moves_to_another_column_changes_the_hash(home: Home) -> None:
    """90 minutes are not 90 seasons."""
    other = {"duration_minutes": None, "duration_seasons": "90"}
    bronze = home.bronze(TITLE, TITLE | other)
    cleansed = grade_titles(bronze, landed_columns(bronze))
    minutes, seasons = cleansed.select(content_hash(title_content(cleansed)).alias("h")).collect()
    assert minutes != seasons


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("Ann", "x"), "show_id is not a whole number"),
        ((" ", "1"), "name is missing"),
        (("Ann", "2"), "no such title"),
        ((" Ann ", "1"), None),
    ],
)
def test_every_lookup_rule_can_be_broken(home: Home, row: tuple[str, str], rule: str | None) -> None:
    """A lookup row needs a name and a title that silver knows."""
    assert rule is None or rule in [known.name for known in LOOKUP_RULES]
    bronze = home.spark.createDataFrame([(*row, "file")], "cast string, show_id string, source_file string")
    titles = home.spark.createDataFrame([(1,)], "show_id bigint")
    sound, broken = (frame.collect() for frame in grade_lookup(bronze, "cast", titles))
    assert [row["broken_rule"] for row in broken] == ([rule] if rule else [])
    assert [tuple(found) for found in sound] == ([] if rule else [(1, "Ann")])
