"""Maintenance tidies every table and writes nothing where nothing is to be done."""

from __future__ import annotations

from conftest import TITLE, Home
from lakehouse import titles, upkeep


def test_every_table_is_compacted_and_views_are_left(home: Home) -> None:
    """The rows stay what they are."""
    home.drop(TITLE)
    home.drop(TITLE | {"show_id": "2"}, file="drop-2", modified=2)
    titles.take_in(home.spark, home.lake)
    done = {tidied.table for tidied in upkeep.tidy(home.spark, home.lake)}
    silver = {f"netflix.silver.{name}" for name in ("netflix_title_events", "netflix_title_drops", "quarantine")}
    assert done == {"netflix.bronze.netflix_titles", *silver}
    assert len(home.sql("SELECT * FROM netflix.bronze.netflix_titles")) == 2


def test_tidying_again_writes_nothing(home: Home) -> None:
    """Also on the day of maintenance a run with nothing new leaves no version behind."""
    home.drop(TITLE)
    titles.take_in(home.spark, home.lake)
    upkeep.tidy(home.spark, home.lake)
    before = home.versions()
    upkeep.tidy(home.spark, home.lake)
    assert home.versions() == before
