"""``houseboat status``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Command


def test_tables_and_runs_are_shown_with_the_failing_step(say: Command, ran: Path) -> None:
    """Rows and versions of the tables; the newest run first, with the step that failed and why."""
    said = say("status", ran)
    assert said.code == 0
    assert ["main.default.people", "0", "2"] in [line.split() for line in said.out.splitlines()]
    assert "job daily  Failed" in said.out
    assert "as it should" in said.out
    assert said.out.index("job daily") < said.out.index("notebook load")


def test_json_has_tables_and_runs(say: Command, ran: Path) -> None:
    """A table's name, version, rows and place; a run's tree, start and failing step."""
    found = say("status", ran, "--json").json
    assert set(found) == {"project", "tables", "runs"}
    table = next(row for row in found["tables"] if row["table"] == "main.default.people")
    assert (table["version"], table["rows"]) == (0, 2)
    assert set(table) == {"table", "version", "rows", "location"}
    job = next(run for run in found["runs"] if run["kind"] == "job")
    assert "as it should" in job["failed_step"]["error"]["message"]
    assert job["started"].endswith("Z")
    assert len(say("status", ran, "--runs", 1, "--json").json["runs"]) == 1


def test_a_project_that_never_ran_has_nothing_yet(say: Command, project: Path) -> None:
    """No table, no run, no error."""
    said = say("status", project)
    assert (said.code, said.out) == (0, "no tables yet\nno runs yet\n")


def test_no_engine_is_started(ran: Path) -> None:
    """Status looks at files and records only: it is quick, and answers while another process runs the project."""
    script = (
        "import sys; from houseboat.cli.main import main; code = main(['status', sys.argv[1], '--json']);"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'pyspark', 'pysail'}), file=sys.stderr);"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ran)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def test_a_folder_that_is_none_is_wrong_usage(say: Command, tmp_path: Path) -> None:
    """The folder is named with what to give instead."""
    said = say("status", tmp_path / "none")
    assert said.code == 2
    assert "is not a folder" in said.err
