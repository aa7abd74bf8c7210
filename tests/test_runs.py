from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from houseboat.errors import HouseboatError, Place, RunFailed
from houseboat.runs import Event, Run, Runs, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """A record of runs in a file."""
    found = Runs(tmp_path / "state/runs.db")
    yield found
    found.close()


def test_a_run_is_recorded_with_its_outcome(runs: Runs) -> None:
    """Kind, name, input, output and times are there afterwards."""
    with runs.record("job", "daily", input={"a": 1}) as run:
        run.output["rows"] = 5
    (found,) = runs.recent()
    assert (found.kind, found.name, found.status) == ("job", "daily", Status.SUCCEEDED)
    assert (found.input, found.output) == ({"a": 1}, {"rows": 5})
    assert found.ended is not None
    assert found.seconds >= 0


def test_a_failure_is_recorded_and_goes_on(runs: Runs) -> None:
    """The error's type, message, code, place and hint are kept as fields."""
    error = HouseboatError("it broke", code="E1", hint="mend it", place=Place(line=3))
    with pytest.raises(HouseboatError, match="it broke"), runs.record("task", "t"):
        raise error
    (found,) = runs.recent()
    assert found.status is Status.FAILED
    assert found.error is not None
    assert {"type": "HouseboatError", "code": "E1", "hint": "mend it", "place": "line 3"}.items() <= found.error.items()


def test_an_interruption_is_no_failure(runs: Runs) -> None:
    """Ctrl-C cancels."""
    with pytest.raises(KeyboardInterrupt), runs.record("task", "t"):
        raise KeyboardInterrupt
    assert runs.recent()[0].status is Status.CANCELLED


def test_runs_form_a_tree_by_themselves(runs: Runs) -> None:
    """What starts inside a run hangs below it, in order."""
    with runs.record("job", "top") as top:
        for name in ("one", "two"):
            with runs.record("task", name, parent=top):
                pass
    assert [run.name for run in runs.children(top.id)] == ["one", "two"]
    assert [run.name for run in runs.recent()] == ["top"]
    assert [run.name for run in runs.recent(kind="task")] == ["two", "one"]


def test_a_service_launches_another_by_its_kind(runs: Runs) -> None:
    """The starter gets name, parameters and its run; what it returns is the run's output."""
    seen: list[tuple[str, object, Run]] = []

    def start(name: str, parameters: object, run: Run) -> dict[str, int]:
        seen.append((name, parameters, run))
        return {"answer": 42}

    runs.register("job", start)
    with runs.record("factory", "main") as parent:
        run = runs.launch("job", "daily", {"p": 1}, parent)
    assert run.output == {"answer": 42}
    assert (seen[0][0], seen[0][1], seen[0][2].parent) == ("daily", {"p": 1}, parent.id)


def test_a_kind_that_nothing_can_run_is_named(runs: Runs) -> None:
    """The error says what was asked for."""
    with pytest.raises(RunFailed, match=r"nothing here can run a job \(asked for 'daily'\)"):
        runs.launch("job", "daily")


def test_listeners_hear_beginning_progress_and_end(runs: Runs) -> None:
    """In that order, with the run as it stands."""
    heard: list[Event] = []
    runs.listeners.append(heard.append)
    with runs.record("task", "t") as run:
        runs.progress(run, "half")
    assert [(event.what, event.message) for event in heard] == [("started", ""), ("progress", "half"), ("ended", "")]


def test_what_a_killed_process_left_open_becomes_interrupted(tmp_path: Path) -> None:
    """The next process marks it once, and sees everything else as it was."""
    first = Runs(tmp_path / "runs.db")
    first.begin("job", "killed")
    with first.record("job", "done"):
        pass
    second = Runs(tmp_path / "runs.db")
    assert [run.name for run in second.interrupted()] == ["killed"]
    assert second.interrupted() == []
    assert {run.name: run.status for run in second.recent()} == {"killed": Status.INTERRUPTED, "done": Status.SUCCEEDED}
    first.close()
    second.close()


def test_many_threads_record_at_once(runs: Runs) -> None:
    """Nothing is lost and nothing is locked out."""

    def work(number: int) -> None:
        for index in range(10):
            with runs.record("task", f"{number}-{index}"):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs.recent(100)) == 40
