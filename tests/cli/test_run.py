"""``houseboat run``, ``factory``, ``job``, ``notebook`` and ``pipeline``."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Command, write


def test_the_first_run_delivers_the_first_drop_and_reports(say: Command, project: Path) -> None:
    """Rows in and kept, quarantined by rule, what was written and where to look next."""
    said = say("run", project)
    assert said.code == 0, said.err
    assert said.err == ""
    row = next(line.split() for line in said.out.splitlines() if line.startswith("main.default.people"))
    assert row[1:] == ["3", "2", "0", "1", "no_id:", "1"]
    assert "1 table got a new version:" in said.out
    assert f"houseboat status {project}" in said.out
    assert "does not add up" not in said.out


def test_a_sum_that_does_not_add_up_is_pointed_out(say: Command, project: Path) -> None:
    """Rows in that are neither kept nor merged nor quarantined are lost: the report says so."""
    said = say("run", project, "-p", "lost=5")
    assert said.code == 0
    assert "does not add up" in said.out


def test_json_holds_the_whole_summary_and_nothing_else(say: Command, project: Path) -> None:
    """Standard output is one document: counts, versions before and after, the tree of runs, what was delivered."""
    said = say("run", project, "--json")
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert set(found) == {
        "project", "run", "status", "seconds", "nothing_new", "tables", "flows", "written", "error", "runs", "delivered",
    }  # fmt: skip
    assert found["tables"] == [
        {"table": "main.default.people", "rows_in": 3, "kept": 2, "merged": 0, "quarantined": {"no_id": 1}}
    ]
    assert found["written"] == {"main.default.people": {"before": None, "after": 0}}
    assert [item["file"] for item in found["delivered"]] == ["people.csv"]
    assert found["runs"]["kind"] == "notebook"
    assert say("run", project, "--json").json["delivered"] == []


def test_fresh_forgets_earlier_runs(say: Command, project: Path) -> None:
    """With --fresh the lake, the catalogue and the record begin anew; without, they go on."""
    assert say("seed", project, "--drop", 1).code == 0
    assert say("seed", project, "--drop", 2).code == 0
    assert say("run", project, "--json").json["tables"][0]["rows_in"] == 4
    assert say("run", project, "--json").json["written"]["main.default.people"] == {"before": 0, "after": 1}
    again = say("run", project, "--fresh", "--json").json
    assert again["written"]["main.default.people"] == {"before": None, "after": 0}
    assert again["tables"][0]["rows_in"] == 3
    assert len(say("status", project, "--json").json["runs"]) == 1


def test_wrong_parameters_are_found_before_fresh_removes_anything(say: Command, project: Path) -> None:
    """A slip in the command costs no data."""
    assert say("seed", project, "--drop", 1).code == 0
    said = say("run", project, "--fresh", "-p", "nonsense")
    assert said.code == 2
    assert "'nonsense' is not NAME=VALUE" in said.err
    assert say("run", project, "--fresh", "--data", project / "nowhere").code == 2
    assert list((project / ".houseboat" / "lake").rglob("people.csv"))


def test_data_delivers_a_folder_first(say: Command, project: Path, tmp_path: Path) -> None:
    """The files of --data are a drop of that folder's name, in place of the sample's."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "own.csv").write_text("id,name\n7,Gus\n", encoding="utf-8")
    found = say("run", project, "--data", folder, "--json").json
    assert [item["to"].rsplit("/", 2)[1:] for item in found["delivered"]] == [["mine", "own.csv"]]
    assert found["tables"][0]["rows_in"] == 1


def test_a_project_without_a_main_run_says_what_to_write(say: Command, tmp_path: Path) -> None:
    """The manifest is named, and the lines that it lacks."""
    root = write(tmp_path, {"houseboat.toml": '[databricks]\npath = "."\n'})
    said = say("run", root)
    assert said.code == 2
    assert "names no main run" in said.err
    assert "houseboat.toml" in said.err
    assert '[main] factory = "..."' in said.err


def test_a_failing_job_ends_with_1_and_shows_its_tasks(say: Command, project: Path) -> None:
    """Off a terminal there is one line per finished run, and the failing step with its place on standard error."""
    said = say("job", project, "daily")
    assert said.code == 1
    lines = [line.split() for line in said.out.splitlines()]
    assert [(line[0], line[1], line[2]) for line in lines] == [
        ("✓", "first", "task"), ("✗", "second", "task"), ("✗", "daily", "job"),
    ]  # fmt: skip
    assert said.out.startswith("  ")
    assert "ValueError: as it should" in said.err
    assert "broken.py" in said.err
    assert f"next: houseboat status {project} shows the run" in said.err


def test_a_failing_run_in_json_keeps_its_error_and_exit_code(say: Command, project: Path) -> None:
    """Programs get the same document, with the error in it, and the exit code of a failure."""
    said = say("job", project, "daily", "--json")
    assert (said.code, said.err) == (1, "")
    assert said.json["status"] == "Failed"
    assert "as it should" in said.json["error"]["message"]
    assert [run["status"] for run in said.json["runs"]["runs"]] == ["Succeeded", "Failed"]


def test_one_notebook_runs_with_parameters(say: Command, project: Path) -> None:
    """Parameters are the notebook's widgets; a value that reads as JSON is that value."""
    text = "# Databricks notebook source\ndbutils.notebook.exit(dbutils.widgets.get('a') + dbutils.widgets.get('b'))\n"
    (project / "echo.py").write_text(text, encoding="utf-8")
    assert say("notebook", project, "echo", "-p", "a=1", "-p", "b=x=y").code == 0
    run = say("status", project, "--json").json["runs"][0]
    assert (run["name"], run["status"]) == ("echo", "Succeeded")
    book = project / ".houseboat" / "runs" / run["id"] / "echo.ipynb"
    assert "1x=y" in json.dumps(json.loads(book.read_text(encoding="utf-8")))


def test_unknown_names_are_answered_with_the_known_ones(say: Command, project: Path) -> None:
    """A job, a notebook or a pipeline that is not there ends with what is."""
    said = say("job", project, "dayly")
    assert said.code == 2
    assert "daily" in said.err
    for verb in ("notebook", "pipeline", "factory"):
        said = say(verb, project, "none")
        assert said.code == 2, said.err
        assert "Traceback" not in said.err
        assert said.err.startswith("houseboat: ")


def test_a_manifest_may_lie_elsewhere(say: Command, project: Path, tmp_path: Path) -> None:
    """The project of somebody else stays as it is; paths are relative to its folder."""
    manifest = (project / "houseboat.toml").rename(tmp_path / "theirs.toml")
    said = say("run", project, "--manifest", manifest, "--json")
    assert (said.code, said.json["project"]) == (0, "people")
    said = say("run", project, "--manifest", tmp_path / "none.toml")
    assert said.code == 2
    assert "there is no manifest" in said.err
