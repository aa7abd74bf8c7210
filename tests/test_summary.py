from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from houseboat.engine.catalog import Entry
from houseboat.project import Project
from houseboat.summary import failed_step, summarise, tree, versions
from houseboat.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty project's workspace; no engine starts."""
    with Workspace(Project(root=tmp_path, name="p", manifest=None)) as found:
        yield found


def commit(workspace: Workspace, name: str, version: int) -> None:
    """Enter a table and give it a commit, by its log's file alone."""
    place = workspace.lake.local(f"dbfs:/t/{name}")
    workspace.catalog.put(Entry(("spark_catalog", "default", name), "table", location=f"dbfs:/t/{name}", managed=False))
    (place / "_delta_log").mkdir(parents=True, exist_ok=True)
    (place / f"_delta_log/{version:020d}.json").write_text("{}\n")


def test_versions_are_those_of_the_logs(workspace: Workspace) -> None:
    """Views and tables without a commit are left out."""
    commit(workspace, "t", 3)
    workspace.catalog.put(Entry(("spark_catalog", "default", "unfinished"), "table", location="dbfs:/t/u"))
    workspace.catalog.put(Entry(("spark_catalog", "default", "v"), "view", "view", view_text="select 1"))
    assert versions(workspace) == {"spark_catalog.default.t": 3}


def test_a_run_says_what_it_wrote_and_counted(workspace: Workspace) -> None:
    """Versions before and after, counts of notebooks, flows with their expectations, the tree."""
    commit(workspace, "old", 0)
    commit(workspace, "same", 0)
    before = versions(workspace)
    count = {"table": "silver.t", "rows_in": 5, "kept": 4, "quarantined": {"rule": 1}}
    with workspace.runs.record("factory", "main") as run:
        with workspace.runs.record("notebook", "n", parent=run) as notebook:
            notebook.output["exit"] = json.dumps([count, {"other": 1}])
        with workspace.runs.record("notebook", "text", parent=run) as notebook:
            notebook.output["exit"] = "done"
        with workspace.runs.record("flow", "gold.f", parent=run) as flow:
            flow.output["expectations"] = [{"name": "e", "failed_records": 2}]
        commit(workspace, "old", 1)
        commit(workspace, "new", 0)
    summary = summarise(workspace, run, before)
    assert summary["written"] == {
        "spark_catalog.default.new": {"before": None, "after": 0},
        "spark_catalog.default.old": {"before": 0, "after": 1},
    }
    assert summary["nothing_new"] is False
    assert summary["tables"] == [{"merged": 0, **count}]
    assert summary["flows"][0]["expectations"][0]["failed_records"] == 2
    assert [child["name"] for child in summary["runs"]["runs"]] == ["n", "text", "gold.f"]
    assert json.loads(json.dumps(summary)) == summary


def test_nothing_new_is_said(workspace: Workspace) -> None:
    """No table with another version."""
    commit(workspace, "t", 0)
    with workspace.runs.record("job", "j") as run:
        pass
    assert summarise(workspace, run, versions(workspace))["nothing_new"] is True


def test_the_innermost_failure_is_found(workspace: Workspace) -> None:
    """The step that failed first, not those that failed because of it."""
    runs = workspace.runs

    def fail() -> None:
        with runs.record("job", "j") as top:
            with runs.record("task", "fine", parent=top):
                pass
            with runs.record("task", "t", parent=top) as task, runs.record("notebook", "n", parent=task):
                raise ValueError("inner")

    with pytest.raises(ValueError, match="inner"):
        fail()
    top = runs.recent()[0]
    step = failed_step(runs, top)
    assert (step.name, (step.error or {})["message"]) == ("n", "inner")
    assert tree(runs, top)["error"]["message"] == "inner"
