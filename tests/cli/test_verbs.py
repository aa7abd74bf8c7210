from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.cli.main import _HELP, _VERBS, cli, main

if TYPE_CHECKING:
    from pathlib import Path

    from click import Context


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a bundle of one notebook, and a sample of one drop."""
    bundle = tmp_path / "databricks"
    (bundle / "notebooks").mkdir(parents=True)
    (bundle / "databricks.yml").write_text("bundle: {name: small}\ntargets: {dev: {default: true}}\n")
    (bundle / "notebooks/one.py").write_text(
        "# Databricks notebook source\n"
        "dbutils.widgets.text('rows', '2')\n"
        "spark.range(int(dbutils.widgets.get('rows'))).write.mode('overwrite').saveAsTable('main.default.t')\n"
    )
    (bundle / "notebooks/bad.py").write_text("# Databricks notebook source\nraise ValueError('it is broken')\n")
    (tmp_path / "sample/drop-1").mkdir(parents=True)
    (tmp_path / "sample/drop-1/a.csv").write_text("x\n1\n")
    (tmp_path / "houseboat.toml").write_text(
        '[project]\nname = "small"\n[main]\nnotebook = "notebooks/one"\n'
        '[databricks]\npath = "databricks"\ncatalog = "main"\n[sample]\npath = "sample"\n'
        '[[seed]]\nfiles = ["*.csv"]\ninto = "abfss://raw@st.dfs.core.windows.net/{drop}/"\n'
    )
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    """What a verb prints with --json."""
    assert main([*argv, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    """No Spark, pandas or Arrow is imported for --help."""
    code = (
        "import sys; from houseboat.cli.main import main; main(['--help']);"
        "print([m for m in ('pyspark', 'pandas', 'pyarrow', 'duckdb', 'deltalake', 'nbformat', 'lark') if m in sys.modules])"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.rstrip().endswith("[]")
    assert "run" in done.stdout
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("verb", list(_VERBS))
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The list, the verb's own text and its example are there."""
    assert _HELP[verb]
    assert main([verb, "--help"]) == 0
    assert f"houseboat {verb} " in capsys.readouterr().out


def test_every_option_has_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """No option is left unexplained."""
    import click

    context: Context = click.Context(cli)
    for verb in _VERBS:
        command = cli.get_command(context, verb)  # type: ignore[attr-defined]
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for found in commands:
            assert found is not None
            for parameter in found.params:
                if isinstance(parameter, click.Option):
                    assert parameter.help, f"{verb} {parameter.name}"


def test_run_sql_and_status_work_together(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run's summary, the table's rows and the record agree; a second run of the same is recorded, too."""
    summary = told(capsys, "run", str(project))
    assert (summary["status"], list(summary["written"])) == ("Succeeded", ["main.default.t"])
    assert [item["file"] for item in summary["delivered"]] == ["a.csv"]
    assert told(capsys, "sql", str(project), "select count(*) as n from main.default.t") == [{"n": 2}]
    found = told(capsys, "status", str(project))
    assert [(table["table"], table["rows"]) for table in found["tables"]] == [("main.default.t", 2)]
    assert found["runs"][0]["status"] == "Succeeded"
    assert main(["status", str(project)]) == 0
    assert "main.default.t" in capsys.readouterr().out


def test_parameters_reach_the_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-p NAME=VALUE becomes a widget; a pair without a value is wrong usage."""
    told(capsys, "notebook", str(project), "notebooks/one", "-p", "rows=5")
    assert told(capsys, "sql", str(project), "select 1; select count(*) n from main.default.t") == [{"n": 5}]
    assert main(["notebook", str(project), "notebooks/one", "-p", "rows"]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err


def test_fresh_forgets_everything(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table starts at version 0 again."""
    told(capsys, "run", str(project))
    assert told(capsys, "run", str(project))["written"]["main.default.t"]["before"] == 0
    assert told(capsys, "run", str(project), "--fresh")["written"]["main.default.t"] == {"before": None, "after": 0}


def test_seed_delivers_and_says_what_is_new(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A drop by number, a folder by path; a drop that is not there is named with those there are."""
    assert [item["new"] for item in told(capsys, "seed", str(project), "--drop", "1")] == [True]
    assert [item["new"] for item in told(capsys, "seed", str(project), "--data", str(project / "sample/drop-1"))] == [
        False
    ]
    assert main(["seed", str(project), "--drop", "7"]) == 1
    assert "there are: drop-1" in capsys.readouterr().err
    assert main(["seed", str(project)]) == 2


def test_a_failed_run_has_a_message_a_place_and_exit_code_1(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text for people, fields for programs."""
    assert main(["notebook", str(project), "notebooks/bad"]) == 1
    err = capsys.readouterr().err
    assert "it is broken" in err
    assert "houseboat status" in err
    assert "Traceback" not in err
    summary = told(capsys, "notebook", str(project), "notebooks/bad", code=1)
    assert summary["status"] == "Failed"
    assert "it is broken" in summary["error"]["message"]


def test_sql_errors_are_the_engines_with_a_next_step(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback."""
    assert main(["sql", str(project), "select nothing_here"]) == 1
    err = capsys.readouterr().err
    assert "nothing_here" in err
    assert "next:" in err
    assert "Traceback" not in err
    assert main(["sql", str(project), " ; "]) == 2


def test_a_project_in_use_is_named(project: Path) -> None:
    """Two processes never run one project at once; reading it is always possible."""
    from houseboat.workspace import Workspace

    with Workspace.open(project) as holder:
        holder.exclusive()
        done = subprocess.run(
            [sys.executable, "-m", "houseboat", "run", str(project)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 1
        assert "PROJECT_IN_USE" in done.stderr
        assert main(["status", str(project)]) == 0


def test_wrong_usage_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown verb, a missing folder."""
    assert main(["walk"]) == 2
    assert main(["run", str(tmp_path / "none")]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_expressions_are_evaluated_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Values and errors, in order; a file that is no list is refused."""
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([{"expression": "@add(1, 2)"}, {"expression": "@nope("}]))
    assert main(["adf", "eval", "--cases", str(cases)]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"value": 3}
    assert list(second) == ["error"]
    cases.write_text("{}")
    assert main(["adf", "eval", "--cases", str(cases)]) == 1


def test_a_sample_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In drops, from a seed."""
    told(capsys, "sample", str(tmp_path / "s"), "--titles", "50", "--drops", "2")
    assert sorted(path.name for path in (tmp_path / "s").iterdir() if path.is_dir()) == ["drop-1", "drop-2"]
