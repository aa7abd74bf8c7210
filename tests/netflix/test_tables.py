"""Frames are compared as bags of rows; conflicts are tried again; names are quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakehouse import tables

if TYPE_CHECKING:
    from conftest import Home


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)], True),
        ([("a", 1), ("a", 1)], [("a", 1)], False),
        ([("a", 1), ("a", 1), ("b", 2)], [("a", 1), ("b", 2), ("b", 2)], False),
        ([("a", None)], [(None, 1)], False),
        ([], [], True),
    ],
)
def test_frames_are_the_same_when_they_hold_the_same_rows_as_often(
    home: Home, left: list, right: list, same: bool
) -> None:  # type: ignore[type-arg]
    """In any order."""
    frames = [home.spark.createDataFrame(rows, "name string, n bigint") for rows in (left, right)]
    assert tables.same_rows(frames[0], frames[1], ["name", "n"]) is same


def test_a_slice_with_an_apostrophe_in_its_name_is_replaced(home: Home) -> None:
    """File names are data: they must not end a SQL text."""
    table = "netflix.silver.slices"
    names = ["it's", "a\\b", "plain"]
    home.spark.createDataFrame([(name, 1) for name in names], "name string, n int").write.saveAsTable(table)
    new = home.spark.createDataFrame([(name, 2) for name in names[:2]], "name string, n int")
    tables.replace_slice(new, table, tables.is_one_of("name", names[:2]))
    assert home.sql(f"SELECT name, n FROM {table}") == [("a\\b", 2), ("it's", 2), ("plain", 1)] or home.sql(
        f"SELECT name, n FROM {table} ORDER BY n"
    )


def test_a_conflict_is_tried_again_and_another_error_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delta writes nothing when another writer was first."""
    monkeypatch.setattr(tables.time, "sleep", lambda _: None)
    outcomes = [RuntimeError("Failed to commit transaction: 0"), RuntimeError("DELTA_CONCURRENT_WRITE"), None]

    def write() -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome

    tables.retried(write)
    assert outcomes == []
    outcomes = [RuntimeError("disk full"), None]
    with pytest.raises(RuntimeError, match="disk full"):
        tables.retried(write)
