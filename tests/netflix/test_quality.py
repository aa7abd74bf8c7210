"""A sum that does not add up is an error."""

from __future__ import annotations

import pytest

from lakehouse.quality import Account, AccountingError, expect_equal, summed


def test_a_right_sum_passes_and_reads_well() -> None:
    """The line that a notebook prints."""
    account = Account("silver.t", 1236, 1000, 2, {"no such title": 234}).checked()
    assert str(account) == "silver.t: 1,236 in = 1,000 kept + 2 merged + 234 quarantined (234 no such title)"


@pytest.mark.parametrize("account", [Account("t", 3, 1, 1, {}), Account("t", 1, 2, -1, {})])
def test_a_wrong_sum_is_an_error(account: Account) -> None:
    """Rows were lost, or made up."""
    with pytest.raises(AccountingError):
        account.checked()


def test_what_was_written_must_be_what_was_meant() -> None:
    """The error says both."""
    with pytest.raises(AccountingError, match="events: 1 written, 2 expected"):
        expect_equal("events", 1, 2)


def test_counts_per_rule_add_up() -> None:
    """Over several drops."""
    assert summed([{"a": 1}, {"a": 2, "b": 3}]) == {"a": 3, "b": 3}
