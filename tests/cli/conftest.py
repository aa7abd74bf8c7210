"""A project of one notebook, one job and a sample of two drops; and the command, run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from houseboat.cli.main import main

MANIFEST = """
[project]
name = "people"

[main]
notebook = "load"

[databricks]
path = "."
catalog = "main"

[[seed]]
files = ["*.csv"]
into = "abfss://raw@account.dfs.core.windows.net/in/{drop}/"

[sample]
path = "sample"
"""

BUNDLE = """
bundle: {name: people}
resources:
  jobs:
    daily:
      name: daily
      tasks:
        - task_key: first
          notebook_task: {notebook_path: ok.py}
        - task_key: second
          depends_on: [{task_key: first}]
          notebook_task: {notebook_path: broken.py}
"""

LOAD = """# Databricks notebook source
import json
dbutils.widgets.text("lost", "0")
rows = spark.read.option("header", "true").csv("abfss://raw@account.dfs.core.windows.net/in/*/")
kept = rows.where("id is not null")
kept.write.format("delta").mode("overwrite").saveAsTable("main.default.people")
total, good = rows.count(), kept.count()
counts = {"table": "main.default.people", "rows_in": total + int(dbutils.widgets.get("lost")), "kept": good}
dbutils.notebook.exit(json.dumps({**counts, "quarantined": {"no_id": total - good}}))
"""

FILES = {
    "houseboat.toml": MANIFEST,
    "databricks.yml": BUNDLE,
    "load.py": LOAD,
    "ok.py": "# Databricks notebook source\nprint('fine')\n",
    "broken.py": "# Databricks notebook source\nraise ValueError('as it should')\n",
    "sample/drop-1/people.csv": "id,name\n1,Ann\n2,Bo\n,x\n",
    "sample/drop-2/people.csv": "id,name\n3,Cy\n",
}


def write(root: Path, files: dict[str, str] | None = None) -> Path:
    """Write the project into a folder, with these files in place of its own."""
    for name, text in {**FILES, **(files or {})}.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    return root


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it is."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


Command = Callable[..., Said]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project, where nothing ran yet."""
    return write(tmp_path / "people")


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after a run of its main notebook and a job that failed; for tests that only look."""
    root = write(tmp_path_factory.mktemp("people"))
    assert main(["run", str(root)]) == 0
    assert main(["job", str(root), "daily"]) == 1
    return root
