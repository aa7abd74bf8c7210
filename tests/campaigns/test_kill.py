"""A small count of the kill campaign; ``python tests/campaigns/kill.py --count 20`` is the long one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("kill_campaign", Path(__file__).with_name("kill.py"))
assert spec is not None
assert spec.loader is not None
kill = importlib.util.module_from_spec(spec)
sys.modules["kill_campaign"] = kill
spec.loader.exec_module(kill)


@pytest.mark.campaign
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 of a process group")
@pytest.mark.parametrize("then_drop", [None, 2])
def test_a_killed_run_followed_by_a_plain_run_ends_in_the_undisturbed_tables(then_drop: int | None) -> None:
    """Whatever moment the process dies at, nothing is lost and nothing is doubled."""
    report = kill.campaign(2, seed=7, then_drop=then_drop)
    assert report.wrong == []
    assert report.killed >= 1
