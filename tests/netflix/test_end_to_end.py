"""The whole system, by its command, on the real files: the figures that the project promises."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import expected

MOVED = "SELECT count(*) FROM netflix.gold.dim_title WHERE __END_AT IS NOT NULL"
STAR = {
    "dim_title": "SELECT count(*) FROM netflix.gold.dim_title",
    "dim_person": "SELECT count(*) FROM netflix.gold.dim_person",
    "dim_genre": "SELECT count(*) FROM netflix.gold.dim_genre",
    "dim_country": "SELECT count(*) FROM netflix.gold.dim_country",
    "minutes": "SELECT sum(duration_minutes) FROM netflix.gold.fact_title_added",
    "seasons": "SELECT sum(duration_seasons) FROM netflix.gold.fact_title_added",
}


@dataclass
class Story:
    """What was seen after each chapter: see the fixtures."""

    project: Path
    summaries: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, dict[str, list[tuple[Any, ...]]]] = field(default_factory=dict)

    def command(self, chapter: str, *arguments: str) -> None:
        """Run the command on the project and remember its summary."""
        done = subprocess.run(
            [sys.executable, "-m", "houseboat", *arguments, "--json"],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.summaries[chapter] = json.loads(done.stdout)

    def look(self, chapter: str, **queries: str) -> None:
        """Remember the rows of queries."""
        from houseboat.workspace import Workspace

        with Workspace.open(self.project) as workspace:
            spark = workspace.session()
            self.seen[chapter] = {
                name: [tuple(row) for row in spark.sql(query).collect()] for name, query in queries.items()
            }

    def one(self, chapter: str, name: str) -> Any:
        """The only value that a query gave."""
        return self.seen[chapter][name][0][0]


def _with_a_new_column(source: Path, folder: Path) -> Path:
    """A drop of ten titles of the real file that says more about them."""
    folder.mkdir()
    with (source / "netflix_titles.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for _, row in zip(range(11), csv.reader(file), strict=False)]
    with (folder / "netflix_titles.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, "audio" if n == 0 else "English"] for n, row in enumerate(rows))
    return folder


@pytest.fixture(scope="module")
def first(shared: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A fresh project, run on the real files."""
    told = Story(tmp_path_factory.mktemp("flagship") / "netflix")
    shutil.copytree(repository / "netflix", told.project, ignore=shutil.ignore_patterns(".houseboat"))
    told.command("first", "run", str(told.project), "--data", str(shared / "data" / "netflix"))
    told.look(
        "first",
        **STAR,
        bronze="SELECT count(*) FROM netflix.bronze.netflix_titles WHERE _rescued_data IS NULL",
        titles="SELECT count(*) FROM netflix.silver.netflix_titles",
        quarantine="SELECT table_name, rule, raw_record, source_file FROM netflix.silver.quarantine",
        roles="SELECT role, count(*) FROM netflix.gold.bridge_title_person GROUP BY role",
        genres="SELECT count(*) FROM netflix.gold.bridge_title_genre",
        countries="SELECT count(*) FROM netflix.gold.bridge_title_country",
        years="""SELECT d.year, count(*) FROM netflix.gold.fact_title_added f
                 JOIN netflix.gold.dim_date d ON f.date_key = d.date_key GROUP BY d.year""",
        per_month="SELECT year, sum(titles) FROM netflix.gold.titles_added_per_month GROUP BY year",
        unrated="SELECT count(*) FROM netflix.gold.fact_title_added WHERE rating_key = -1",
        counts="""SELECT sum(cast_count), sum(director_count), sum(genre_count), sum(country_count)
                  FROM netflix.gold.fact_title_added""",
        integrity="SELECT table_name, rows, keys, orphans FROM netflix.gold.integrity",
    )
    return told


@pytest.fixture(scope="module")
def again(first: Story) -> Story:
    """The same project, run a second time with nothing new."""
    first.command("again", "run", str(first.project))
    return first


@pytest.fixture(scope="module")
def second(again: Story, shared: Path) -> Story:
    """The second drop."""
    again.command("second", "run", str(again.project), "--data", str(shared / "data" / "netflix_dmy"))
    again.look("second", **STAR, closed=MOVED, titles="SELECT count(*) FROM netflix.silver.netflix_titles")
    return again


@pytest.fixture(scope="module")
def repaired(second: Story) -> Story:
    """The job with the repair on."""
    second.command("repair", "job", str(second.project), "netflix_lakehouse", "-p", "repairs=rejoin_cut_records")
    second.look(
        "repair",
        quarantine="SELECT * FROM netflix.silver.quarantine",
        titles="SELECT count(*) FROM netflix.silver.netflix_titles",
    )
    return second


@pytest.fixture(scope="module")
def widened(repaired: Story, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A drop with a column that no drop had before."""
    drop = _with_a_new_column(shared / "data" / "netflix", tmp_path_factory.mktemp("drops") / "with_audio")
    repaired.command("column", "run", str(repaired.project), "--data", str(drop))
    repaired.look(
        "column",
        bronze="SELECT count(*) FROM netflix.bronze.netflix_titles WHERE audio = 'English'",
        silver="SELECT count(*) FROM netflix.silver.netflix_titles WHERE audio = 'English'",
        gold="SELECT count(*) FROM netflix.gold.dim_title WHERE audio = 'English' AND __END_AT IS NULL",
    )
    return repaired


def test_gold_holds_the_figures_that_duckdb_finds_in_the_files(first: Story, shared: Path) -> None:
    """Two ways that share no code come to the same star."""
    figures = expected.figures(shared / "data" / "netflix")
    assert first.one("first", "bronze") == figures.bronze_titles
    assert first.one("first", "titles") == first.one("first", "dim_title") == figures.titles
    assert first.one("first", "dim_person") == figures.people
    assert first.one("first", "dim_genre") == figures.genres
    assert first.one("first", "dim_country") == figures.countries
    assert first.one("first", "minutes") == figures.minutes
    assert first.one("first", "seasons") == figures.seasons
    assert first.one("first", "unrated") == figures.without_rating
    assert dict(first.seen["first"]["years"]) == dict(first.seen["first"]["per_month"]) == figures.by_year
    roles = dict(first.seen["first"]["roles"])
    pairs = (roles["actor"], roles["director"], first.one("first", "genres"), first.one("first", "countries"))
    assert pairs == tuple(figures.pairs[name] for name in ("cast", "directors", "category", "countries"))
    assert first.seen["first"]["counts"] == [pairs]


def test_the_quarantine_holds_every_row_that_was_left_out(first: Story, shared: Path) -> None:
    """With the rule's name, the file and the raw text."""
    rows = first.seen["first"]["quarantine"]
    counts: dict[str, int] = {}
    for table, *_ in rows:
        counts[table] = counts.get(table, 0) + 1
    assert counts == expected.figures(shared / "data" / "netflix").quarantined
    assert {rule for table, rule, *_ in rows if table != "netflix_titles"} == {"no such title"}
    assert any("Flying Fortress" in record for table, _, record, _ in rows if table == "netflix_titles")
    assert all(file.startswith("abfss://") for *_, file in rows)


def test_every_sum_is_reported(first: Story) -> None:
    """Rows in = kept + merged + quarantined, per table."""
    accounts = {account["table"]: account for account in first.summaries["first"]["tables"]}
    assert len(accounts) == 6
    for account in accounts.values():
        assert account["rows_in"] == account["kept"] + account["merged"] + sum(account["quarantined"].values())
    assert accounts["netflix.silver.netflix_cast"]["rows_in"] == 44311


def test_keys_are_unique_and_foreign_keys_resolve(first: Story) -> None:
    """In every table of the star."""
    rows = first.seen["first"]["integrity"]
    assert len(rows) == 10
    assert all(count == keys and orphans == 0 for _, count, keys, orphans in rows)


def test_nothing_new_writes_no_version_anywhere(again: Story) -> None:
    """And says so."""
    assert (again.summaries["again"]["nothing_new"], again.summaries["again"]["written"]) == (True, {})


def test_the_second_drop_opens_36_versions_and_closes_those_they_replace(second: Story) -> None:
    """The dates of all others are the same days in another form."""
    assert second.one("second", "dim_title") == 6232 + 36
    assert second.one("second", "closed") == 36
    assert (second.one("second", "titles"), second.one("second", "minutes")) == (6232, 422538)


def test_a_new_column_evolves_all_layers(widened: Story) -> None:
    """Without an edit."""
    assert (widened.one("column", "bronze"), widened.one("column", "silver"), widened.one("column", "gold")) == (
        10,
        10,
        10,
    )


def test_the_repair_leaves_nothing_in_the_quarantine(repaired: Story) -> None:
    """The two cut titles are whole, and their lookup rows are free."""
    assert repaired.seen["repair"]["quarantine"] == []
    assert repaired.one("repair", "titles") == 6234
