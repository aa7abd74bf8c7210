"""Only what differs from the version before it is a change, whatever the order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lakehouse.changes
from lakehouse.changes import by_repetition, changes

if TYPE_CHECKING:
    from conftest import Home


def rows(home: Home, *events: tuple[int, int, int]) -> Any:
    """Events as (title, minute, content)."""
    times = "timestampadd(MINUTE, minute, timestamp'2026-01-01 00:00:00') AS effective_at"
    frame = home.spark.createDataFrame(list(events), "show_id bigint, minute int, content_hash bigint")
    return frame.selectExpr("show_id", times, "content_hash", "minute")


def found(frame: Any) -> list[tuple[int, int, int]]:
    """Back again."""
    return sorted((row["show_id"], row["minute"], row["content_hash"]) for row in frame.collect())


def test_everything_is_new_at_first(home: Home) -> None:
    """Without history every title is a change."""
    staged = rows(home, (1, 1, 10), (2, 1, 20))
    assert by_repetition(staged, "show_id")[1] is None
    assert found(changes(staged, None, in_order=True, repeats=False)) == [(1, 1, 10), (2, 1, 20)]


def test_a_title_that_reads_as_before_is_no_change(home: Home) -> None:
    """Only the corrected title and the new one remain."""
    earlier = rows(home, (1, 1, 9), (1, 2, 10), (2, 1, 20))
    staged = rows(home, (1, 3, 10), (2, 3, 21), (3, 3, 30))
    for repeats in (True, False):
        assert found(changes(staged, earlier, in_order=True, repeats=repeats)) == [(2, 3, 21), (3, 3, 30)]


def test_several_drops_at_once_are_compared_one_after_the_other(home: Home) -> None:
    """A title that goes back to what it was has changed twice."""
    earlier = rows(home, (1, 1, 10))
    staged = rows(home, (1, 2, 10), (1, 3, 11), (1, 4, 11), (1, 5, 10), (2, 2, 20))
    assert found(changes(staged, earlier, in_order=True)) == [(1, 3, 11), (1, 5, 10), (2, 2, 20)]


def test_a_title_twice_in_one_drop_is_one_change(home: Home) -> None:
    """One event per title and moment, the same one on every engine."""
    assert found(changes(rows(home, (1, 1, 12), (1, 1, 11)), None, in_order=True)) == [(1, 1, 11)]


def test_a_late_drop_is_compared_with_what_was_before_it(home: Home) -> None:
    """What came after it in time does not hide it."""
    earlier = rows(home, (1, 1, 10), (1, 5, 12), (2, 1, 20), (2, 5, 21))
    staged = rows(home, (1, 3, 12), (2, 3, 20))
    assert found(changes(staged, earlier, in_order=False)) == [(1, 3, 12)]


@pytest.mark.parametrize("few", [100, 1])
def test_only_titles_that_are_there_twice_are_set_apart(home: Home, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Every row is in one part, also one without a title, be the repeated rows many or few."""
    monkeypatch.setattr(lakehouse.changes, "_FEW", few)
    schema = "show_id bigint, minute int"
    frame = home.spark.createDataFrame([(1, 1), (2, 1), (1, 2), (None, 1), (None, 2)], schema)
    once, several = by_repetition(frame, "show_id")
    assert several is not None
    assert sorted(map(tuple, several.collect())) == [(1, 1), (1, 2)]
    assert sorted((tuple(row) for row in once.collect()), key=repr) == [(2, 1), (None, 1), (None, 2)]
