"""Title drops become events once, in order, and nothing vanishes."""

from __future__ import annotations

import pytest

from conftest import TITLE, Home
from lakehouse import tables, titles
from lakehouse.quality import AccountingError

EVENTS = "netflix.silver.netflix_title_events"
ANY = "SELECT show_id, title, date_format(effective_at, 'HH:mm') FROM netflix.silver.netflix_title_events"


def numbered(number: int, **changed: str | None) -> dict[str, str | None]:
    """A title that breaks no rule."""
    return TITLE | {"show_id": str(number), "title": f"Title {number}"} | changed


def test_a_first_drop_is_kept_or_quarantined(home: Home) -> None:
    """The account adds up, and the broken row is in the quarantine with its text, its file and its rule."""
    home.drop(numbered(1), numbered(2), numbered(0, show_id=None, title="Torn"))
    account = titles.take_in(home.spark, home.lake)
    rule = "show_id is not a whole number"
    assert account.as_dict() == {
        "table": "netflix.silver.netflix_titles", "rows_in": 3, "kept": 2, "merged": 0, "quarantined": {rule: 1},
    }  # fmt: skip
    assert home.sql("SELECT show_id, title FROM netflix.silver.netflix_titles") == [(1, "Title 1"), (2, "Title 2")]
    ((table, name, file, record),) = home.sql(
        "SELECT table_name, rule, source_file, raw_record FROM netflix.silver.quarantine"
    )
    assert (table, name, file) == ("netflix_titles", rule, "drop-1")
    assert '"title":"Torn"' in record


def test_nothing_new_writes_nothing(home: Home) -> None:
    """A second run commits to no table and says that nothing came in."""
    home.drop(numbered(1))
    titles.take_in(home.spark, home.lake)
    before = home.versions()
    assert titles.take_in(home.spark, home.lake).rows_in == 0
    assert home.versions() == before


def test_a_second_drop_adds_what_it_changes(home: Home) -> None:
    """New and corrected titles become events; the rest is merged; the current titles are the latest."""
    home.drop(numbered(1), numbered(2))
    titles.take_in(home.spark, home.lake)
    home.drop(numbered(1), numbered(2, title="Corrected"), numbered(3), file="drop-2", modified=2)
    account = titles.take_in(home.spark, home.lake)
    assert (account.rows_in, account.kept, account.merged) == (3, 2, 1)
    current = home.sql("SELECT show_id, title FROM netflix.silver.netflix_titles")
    assert current == [(1, "Title 1"), (2, "Corrected"), (3, "Title 3")]
    assert len(home.sql(ANY)) == 4


def test_the_same_day_written_otherwise_is_no_change(home: Home) -> None:
    """What counts is what a cell means."""
    home.drop(numbered(1, date_added="9/9/2019"))
    titles.take_in(home.spark, home.lake)
    home.drop(numbered(1, date_added="09-09-2019"), file="drop-2", modified=2)
    assert titles.take_in(home.spark, home.lake).merged == 1


def test_drops_that_come_together_end_as_drops_that_come_one_by_one(home: Home) -> None:
    """The history does not depend on how often the job ran."""
    home.drop(numbered(1), numbered(2))
    home.drop(numbered(1, title="Again"), numbered(2), file="drop-2", modified=2)
    home.drop(numbered(1), numbered(2), numbered(2), file="drop-3", modified=3)
    account = titles.take_in(home.spark, home.lake)
    assert (account.rows_in, account.kept, account.merged) == (7, 4, 3)
    assert home.sql(ANY) == [
        (1, "Again", "00:02"),
        (1, "Title 1", "00:01"),
        (1, "Title 1", "00:03"),
        (2, "Title 2", "00:01"),
    ]


def test_a_late_drop_finds_its_place(home: Home) -> None:
    """A file that was modified earlier takes effect earlier, and the latest version stays current."""
    home.drop(numbered(1, title="New"), modified=5)
    titles.take_in(home.spark, home.lake)
    home.drop(numbered(1, title="Old"), file="late", modified=3)
    assert titles.take_in(home.spark, home.lake).kept == 1
    assert home.sql("SELECT title FROM netflix.silver.netflix_titles") == [("New",)]


def test_files_of_the_same_moment_take_effect_by_name(home: Home) -> None:
    """A copy that keeps modification times does not lose a drop."""
    home.drop(numbered(1))
    titles.take_in(home.spark, home.lake)
    home.drop(numbered(1, title="Later"), file="drop-2")
    assert titles.take_in(home.spark, home.lake).kept == 1
    assert home.sql("SELECT title FROM netflix.silver.netflix_titles") == [("Later",)]


def test_a_new_column_arrives_in_silver(home: Home) -> None:
    """Without an edit, and only for the titles that have it."""
    home.drop(numbered(1), numbered(2))
    titles.take_in(home.spark, home.lake)
    home.drop(numbered(1, audio="English"), numbered(2, audio=None), file="drop-2", modified=2)
    assert titles.take_in(home.spark, home.lake).kept == 1
    assert home.sql("SELECT show_id, audio FROM netflix.silver.netflix_titles") == [(1, "English"), (2, None)]


@pytest.mark.parametrize("cut", ["append", "_checked", "_record", "_show_current"])
def test_a_run_cut_short_is_repeated_without_harm(home: Home, monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    """Wherever it stopped, the next run ends in the tables and the account of a run that was not stopped."""
    home.drop(numbered(1), numbered(2), numbered(0, show_id="x"))
    with monkeypatch.context() as broken:
        broken.setattr(tables if cut == "append" else titles, cut, _stop)
        with pytest.raises(KeyboardInterrupt):
            titles.take_in(home.spark, home.lake)
    account = titles.take_in(home.spark, home.lake)
    assert (account.rows_in, account.kept, account.merged) == (3, 2, 0)
    assert len(home.sql(ANY)) == 2
    assert len(home.sql("SELECT * FROM netflix.silver.quarantine")) == 1
    assert len(home.sql("SELECT * FROM netflix.silver.netflix_title_drops")) == 1
    assert len(home.sql("SELECT * FROM netflix.silver.netflix_titles")) == 2


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_lost_rows_stop_the_task(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum is checked against the tables, not against itself."""
    home.drop(numbered(1), numbered(2))
    whole = tables.append
    monkeypatch.setattr(tables, "append", lambda rows, table: whole(rows.where("show_id = 1"), table))
    with pytest.raises(AccountingError, match="the sum is wrong"):
        titles.take_in(home.spark, home.lake)


def test_titles_are_ranked_by_duration(home: Home) -> None:
    """Densely, the longest first; shows have no rank."""
    minutes = {1: "90", 2: "120", 3: "90", 4: "10"}
    home.drop(
        *[numbered(n, duration_minutes=m) for n, m in minutes.items()],
        numbered(5, duration_minutes=None, duration_seasons="2"),
    )
    titles.take_in(home.spark, home.lake)
    ranks = home.sql("SELECT show_id, duration_rank FROM netflix.silver.netflix_titles")
    assert ranks == [(1, 2), (2, 1), (3, 2), (4, 3), (5, None)]
