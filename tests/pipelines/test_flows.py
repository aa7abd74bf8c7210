"""Crashes in the middle of a flow: what a repeated update makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.pipelines import flows
from houseboat.pipelines.tables import Tables

if TYPE_CHECKING:
    from tests.pipelines.conftest import Project


class Crash(BaseException):
    """The process is gone."""


def crash_after(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """The first call does its work, then the process is gone."""
    original = getattr(owner, name)

    def crashing(*args: object, **kwargs: object) -> object:
        monkeypatch.undo()
        original(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(owner, name, crashing)


def test_a_crash_between_the_write_and_the_checkpoint_appends_no_row_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch comes again with its number; the table already holds it."""
    project.spark.sql(f"create table {project.schema}.landing (n int) using delta").collect()
    project.spark.sql(f"insert into {project.schema}.landing values (1), (2)").collect()
    project.write("src/a.py", "@dlt.table\ndef t():\n    return spark.readStream.table('landing')\n")
    crash_after(monkeypatch, Tables, "append")
    with pytest.raises(Crash):
        project.run()
    assert project.rows("t") == [(1,), (2,)]
    project.run()
    assert project.rows("t") == [(1,), (2,)]


def test_a_crash_in_a_full_refresh_is_finished_by_the_next_update(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Emptied but the checkpoint still there: the next update reads everything again, once."""
    project.spark.sql(f"create table {project.schema}.landing (n int) using delta").collect()
    project.spark.sql(f"insert into {project.schema}.landing values (1), (2)").collect()
    project.write("src/a.py", "@dlt.table\ndef t():\n    return spark.readStream.table('landing')\n")
    project.run()
    crash_after(monkeypatch, Tables, "truncate")
    with pytest.raises(Crash):
        project.run(full_refresh=True)
    assert project.rows("t") == []
    project.run()
    assert project.rows("t") == [(1,), (2,)]


def test_a_flow_is_tried_again_in_production_only(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more tries after the first, none in development."""
    project.write("src/a.py", "@dlt.table\ndef t():\n    return spark.range(1)\n")
    calls: list[int] = []
    original = flows._recompute

    def failing(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) < 3:
            raise OSError
        return original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(flows, "_recompute", failing)
    with pytest.raises(Exception, match="OSError"):
        project.run()
    calls.clear()
    project.settings["development"] = False
    project.run()
    assert (len(calls), project.rows("t")) == (3, [(0,)])
