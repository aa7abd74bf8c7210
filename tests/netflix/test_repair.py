"""Cut records are rejoined when that is no guess, and only when asked."""

from __future__ import annotations

import pytest

from conftest import TITLE, Home
from lakehouse import repair, titles

COLUMNS = list(TITLE)
HEAD = dict(zip(COLUMNS, ["40", None, "Movie", "The Memphis Belle:"], strict=False))
TAIL = dict(
    zip(COLUMNS, ['Flying Fortress"', "3/31/2017", "1944", "TV-PG", "A documentary.", "80119194"], strict=False)
)


def landed(*rows: dict[str, str | None]) -> list[dict[str, str | None]]:
    """Rows with all columns, in the file's order."""
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def test_nothing_is_repaired_unasked(home: Home) -> None:
    """Both halves are in the quarantine."""
    home.drop(*landed(TITLE, HEAD, TAIL))
    assert sum(titles.take_in(home.spark, home.lake).quarantined.values()) == 2


def test_a_cut_record_is_rejoined(home: Home) -> None:
    """Two rows come in, one title is kept, the other half is merged with it."""
    home.drop(*landed(TITLE, HEAD, TAIL))
    account = titles.take_in(home.spark, home.lake, [repair.REJOIN])
    assert (account.rows_in, account.kept, account.merged, dict(account.quarantined)) == (3, 2, 1, {})
    query = "SELECT title, cast(date_added AS string), release_year, rating FROM netflix.silver.netflix_titles WHERE show_id = 80119194"
    assert home.sql(query) == [("The Memphis Belle: Flying Fortress", "2017-03-31", 1944, "TV-PG")]


def test_a_repair_asked_for_later_mends_the_quarantine_once(home: Home) -> None:
    """The drop is taken in again; after that nothing is new."""
    home.drop(*landed(TITLE, HEAD, TAIL))
    titles.take_in(home.spark, home.lake)
    assert titles.take_in(home.spark, home.lake, [repair.REJOIN]).kept == 2
    assert home.sql("SELECT * FROM netflix.silver.quarantine") == []
    assert len(home.sql("SELECT * FROM netflix.silver.netflix_title_events")) == 2
    before = home.versions()
    assert titles.take_in(home.spark, home.lake, [repair.REJOIN]).rows_in == 0
    assert home.versions() == before


def test_two_ways_to_rejoin_are_no_way(home: Home) -> None:
    """With two tails that fit one head, all three stay in the quarantine."""
    other = TAIL | {COLUMNS[5]: "80119195"}
    home.drop(*landed(TITLE, HEAD, TAIL, other))
    assert sum(titles.take_in(home.spark, home.lake, [repair.REJOIN]).quarantined.values()) == 3


def test_halves_in_different_files_are_not_joined(home: Home) -> None:
    """A record is cut within its file."""
    home.drop(*landed(TITLE, HEAD))
    home.drop(*landed(TITLE, TAIL), file="drop-2", modified=2)
    assert sum(titles.take_in(home.spark, home.lake, [repair.REJOIN]).quarantined.values()) == 2


def test_an_unknown_repair_is_named(home: Home) -> None:
    """The error lists what there is."""
    assert repair.parsed(" rejoin_cut_records ,") == (repair.REJOIN,)
    with pytest.raises(repair.UnknownRepairError, match="no repair is called 'magic'; there are: rejoin_cut_records"):
        repair.parsed("magic")
