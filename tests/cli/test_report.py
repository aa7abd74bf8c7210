"""The report of a run, from a summary."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from houseboat.cli.report import report


def printed(**changes: Any) -> str:
    """The report of a summary with these entries."""
    summary = {"tables": [], "flows": [], "written": {}, "nothing_new": True, "status": "Succeeded", "seconds": 61.26}
    out = io.StringIO()
    report(Console(file=out, width=200), {**summary, **changes}, ["look [here]"])
    return out.getvalue()


def count(**changes: Any) -> dict[str, Any]:
    """A table's counts: 10 in, 7 kept, 1 merged, 2 quarantined."""
    return {"table": "t", "rows_in": 10, "kept": 7, "merged": 1, "quarantined": {"a": 2, "b": 0}, **changes}


def test_quarantined_rows_are_told_by_rule() -> None:
    """Rules that nothing broke are left out; a bare number is a total without rules."""
    assert printed(tables=[count()]).splitlines()[2].split() == ["t", "10", "7", "1", "2", "a:", "2"]
    assert printed(tables=[count(quarantined=2)]).splitlines()[2].split()[:5] == ["t", "10", "7", "1", "2"]


def test_a_lost_row_is_told() -> None:
    """In must be kept + merged + quarantined."""
    assert "does not add up" not in printed(tables=[count()])
    assert "does not add up" in printed(tables=[count(rows_in=11)])


def test_nothing_new_is_told_as_such() -> None:
    """A run that read nothing new says that no table changed, and where to look next."""
    text = printed()
    assert "Nothing new:" in text
    assert "Succeeded in 61.3 s" in text
    assert "look [here]" in text


def test_written_tables_are_grouped_by_schema() -> None:
    """One line a schema."""
    text = printed(nothing_new=False, written={"c.s.b": {}, "c.r.z": {}, "c.s.a": {}})
    assert "3 tables got new versions:" in text
    assert "  c.r: z\n  c.s: a, b\n" in text


def test_broken_expectations_are_told() -> None:
    """With the flow, the rule (whatever its name) and the rows; rules that all rows kept are not."""
    rules = [{"name": "[/x]", "failed_records": 1234}, {"name": "fine", "failed_records": 0}]
    text = printed(flows=[{"name": "gold", "data_quality": {"expectations": rules}}])
    assert "gold: 1,234 rows broke expectation [/x]" in text
    assert "fine" not in text
