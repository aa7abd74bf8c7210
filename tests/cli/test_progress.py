"""Progress lines off a terminal, and the tree on one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from houseboat.cli.progress import Progress
from houseboat.runs import Runs, Status


@pytest.fixture
def runs(tmp_path: Path) -> Any:
    """An empty record."""
    record = Runs(tmp_path / "runs.db")
    yield record
    record.close()


def play(runs: Runs) -> None:
    """A job of two tasks, one with a notebook of its own and figures, one skipped."""
    job = runs.begin("job", "daily")
    first = runs.begin("task", "first [a]", parent=job)
    book = runs.begin("notebook", "hidden", parent=first)
    runs.progress(first, "reading\nhalf way")
    runs.end(book, Status.SUCCEEDED)
    first.output["num_output_rows"] = 1234
    runs.end(first, Status.SUCCEEDED)
    runs.end(runs.begin("task", "second", parent=job), Status.SKIPPED)
    runs.end(job, Status.FAILED)


def test_a_line_a_finished_run_off_a_terminal(runs: Runs) -> None:
    """Below what it belongs to by two blanks, with its figures; a task's notebook is told by the task."""
    out = io.StringIO()
    with Progress(Console(file=out, width=200)) as progress:
        runs.listeners.append(progress)
        play(runs)
    lines = out.getvalue().splitlines()
    assert [line.split(" task ")[0].split(" job ")[0] for line in lines] == ["  ✓ first [a]", "  – second", "✗ daily"]  # noqa: RUF001 - meant
    assert lines[0].endswith("1,234 rows")


def test_quiet_says_nothing(runs: Runs) -> None:
    """For --json."""
    out = io.StringIO()
    with Progress(Console(file=out), quiet=True) as progress:
        runs.listeners.append(progress)
        play(runs)
    assert out.getvalue() == ""


def test_a_terminal_keeps_the_whole_tree(runs: Runs) -> None:
    """What stays on the screen is every run in its place."""
    out = io.StringIO()
    with Progress(Console(file=out, width=200, force_terminal=True, color_system=None)) as progress:
        runs.listeners.append(progress)
        play(runs)
    last = out.getvalue().splitlines()[-3:]
    assert [part in line for part, line in zip(("daily", "first [a]", "second"), last, strict=True)] == [True] * 3
    assert "hidden" not in out.getvalue()


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ({"wrote": False, "num_output_rows": 3}, "unchanged"),
        ({"rowsCopied": 5, "dataWritten": 2048}, "5 rows, 2,048 bytes"),
        ({"num_upserted_rows": 4, "num_deleted_rows": 0}, "4 upserted"),
        ({"num_upserted_rows": 4, "num_deleted_rows": 2}, "4 upserted, 2 deleted"),
        ({}, " s"),
    ],
)
def test_figures_say_what_a_run_did(runs: Runs, output: dict[str, Any], says: str) -> None:
    """Rows, bytes, upserts; a flow that wrote nothing is unchanged."""
    out = io.StringIO()
    progress = Progress(Console(file=out, width=200))
    runs.listeners.append(progress)
    run = runs.begin("flow", "gold")
    run.output.update(output)
    runs.end(run, Status.SUCCEEDED)
    assert out.getvalue().rstrip().endswith(says)
