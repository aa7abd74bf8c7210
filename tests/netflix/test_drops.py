"""The order of drops is total, and a file keeps its place."""

from __future__ import annotations

from lakehouse.drops import Drop, effective_times


def test_a_drop_takes_effect_when_its_file_was_modified() -> None:
    """The order of arrival plays no part."""
    assert effective_times([Drop("b", 20, 1), Drop("a", 30, 1)], {}) == {"b": 20, "a": 30}


def test_files_of_one_moment_follow_each_other_by_name() -> None:
    """No two files share a moment."""
    assert effective_times([Drop("c", 10, 1), Drop("a", 10, 1), Drop("b", 10, 1)], {}) == {"a": 10, "b": 11, "c": 12}


def test_a_known_file_keeps_its_moment_and_a_new_one_goes_round_it() -> None:
    """A replay finds the moments that it gave before."""
    assert effective_times([Drop("b", 10, 1), Drop("a", 10, 1)], {"b": 10}) == {"b": 10, "a": 11}
