"""What the stream read is what the table gained."""

from __future__ import annotations

import pytest

from conftest import TITLE, Home
from lakehouse.bronze import counted
from lakehouse.quality import AccountingError


def test_rows_read_are_rows_gained(home: Home) -> None:
    """Over all batches of the stream."""
    home.drop(TITLE, TITLE)
    account = counted(home.spark, "netflix.bronze.netflix_titles", 0, [{"numInputRows": 1}, {"numInputRows": 1}])
    assert (account.rows_in, account.kept) == (2, 2)


def test_rows_read_but_not_gained_are_an_error(home: Home) -> None:
    """Nothing vanishes on the way into bronze."""
    home.drop(TITLE)
    with pytest.raises(AccountingError):
        counted(home.spark, "netflix.bronze.netflix_titles", 0, [{"numInputRows": 2}])
