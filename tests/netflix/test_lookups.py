"""A snapshot replaces the one before it, only when it differs; nothing vanishes."""

from __future__ import annotations

import pytest

from conftest import TITLE, Home
from lakehouse import lookups, tables, titles
from lakehouse.quality import AccountingError

CAST = "\ufeffcast,show_id\nAnn,1\nBob,1\nAnn,1\nEve,2\n ,1\n"


@pytest.fixture
def ready(home: Home) -> Home:
    """A lakehouse with title 1."""
    home.drop(TITLE)
    titles.take_in(home.spark, home.lake)
    return home


def taken(home: Home, text: str) -> lookups.Account:
    """A cast file lands and goes to silver."""
    home.lookup("netflix_cast", text)
    lookups.land(home.spark, home.lake, "netflix_cast")
    return lookups.refine(home.spark, home.lake, "netflix_cast")


def test_every_row_is_kept_merged_or_quarantined(ready: Home) -> None:
    """Bronze holds the file as it landed; silver each pair once."""
    account = taken(ready, CAST)
    assert account.as_dict() == {
        "table": "netflix.silver.netflix_cast", "rows_in": 5, "kept": 2, "merged": 1,
        "quarantined": {"no such title": 1, "name is missing": 1},
    }  # fmt: skip
    assert ready.sql("SELECT show_id, `cast` FROM netflix.silver.netflix_cast") == [(1, "Ann"), (1, "Bob")]
    assert ready.sql("SELECT count(*) FROM netflix.bronze.netflix_cast") == [(5,)]


def test_the_same_snapshot_writes_nothing(ready: Home) -> None:
    """Also when the file is a newer copy, or its rows are in another order."""
    taken(ready, CAST)
    before = ready.versions()
    assert taken(ready, CAST).rows_in == 0
    lines = CAST.splitlines(keepends=True)
    assert taken(ready, "".join([lines[0], *reversed(lines[1:])])).rows_in == 0
    assert ready.versions() == before


def test_deleted_rows_leave_silver_and_the_quarantine(ready: Home) -> None:
    """Silver is what the latest snapshot says."""
    taken(ready, CAST)
    account = taken(ready, "cast,show_id\nBob,1\n")
    assert (account.rows_in, account.kept) == (1, 1)
    assert ready.sql("SELECT `cast` FROM netflix.silver.netflix_cast") == [("Bob",)]
    assert ready.sql("SELECT * FROM netflix.silver.quarantine WHERE table_name = 'netflix_cast'") == []


def test_a_title_that_comes_later_frees_its_rows(ready: Home) -> None:
    """The snapshot is the same, and yet silver gains."""
    taken(ready, CAST)
    ready.drop(TITLE | {"show_id": "2"}, file="drop-2", modified=2)
    titles.take_in(ready.spark, ready.lake)
    account = taken(ready, CAST)
    assert (account.kept, account.quarantined) == (3, {"name is missing": 1})


def test_one_lookup_leaves_the_quarantine_of_others_alone(ready: Home) -> None:
    """Each table has its own slice."""
    taken(ready, CAST)
    ready.lookup("netflix_countries", "country,show_id\nFrance,7\n")
    lookups.land(ready.spark, ready.lake, "netflix_countries")
    lookups.refine(ready.spark, ready.lake, "netflix_countries")
    counts = ready.sql("SELECT table_name, count(*) FROM netflix.silver.quarantine GROUP BY table_name")
    assert counts == [("netflix_cast", 2), ("netflix_countries", 1)]


def test_lost_rows_stop_the_task(ready: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum is checked against the tables, not against itself."""
    ready.lookup("netflix_cast", CAST)
    lookups.land(ready.spark, ready.lake, "netflix_cast")
    whole = tables.replace
    monkeypatch.setattr(tables, "replace", lambda rows, table: whole(rows.limit(1), table))
    with pytest.raises(AccountingError, match="1 written, 2 expected"):
        lookups.refine(ready.spark, ready.lake, "netflix_cast")
