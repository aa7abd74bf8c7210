"""Fixtures for notebooks and jobs: an embedded engine, a lake, a record of runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.databricks.notebook_paths import NotebookPaths
from houseboat.databricks.notebook_run import NotebookRunner
from houseboat.lake import Lake
from houseboat.runs import Event, Run, Runs

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession


@pytest.fixture(scope="session")
def new_session() -> Iterator[Callable[[], SparkSession]]:
    """Opens sessions on one embedded engine."""
    server = pytest.importorskip("pysail.spark").SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    from pyspark.sql.connect.session import SparkSession

    _, port = server.listening_address
    yield lambda: SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    server.stop()


@pytest.fixture
def no_session() -> Callable[[], SparkSession]:
    """For tests in which no notebook may run."""

    def refuse() -> SparkSession:
        raise AssertionError("no session is expected here")

    return refuse


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a project."""
    return tmp_path / ".houseboat"


@pytest.fixture
def lake(state: Path) -> Lake:
    """An empty lake."""
    return Lake(state / "lake")


@pytest.fixture
def runs(state: Path) -> Iterator[Runs]:
    """An empty record of runs."""
    record = Runs(state / "runs.db")
    yield record
    record.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


Files = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(project: Path) -> Files:
    """Writes files (path -> text, dedented) into the project folder and returns it."""

    def make(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return project

    return make


class Workbench:
    """Runs single notebooks and remembers what was told."""

    def __init__(self, runner: NotebookRunner, runs: Runs) -> None:
        self.runner = runner
        self.runs = runs
        self.messages: list[str] = []
        self.last: Run | None = None
        runs.listeners.append(self._hear)

    def run(self, path: str, parameters: Mapping[str, str] | None = None, *, seconds: float = 0) -> str:
        """The exit value of a notebook."""
        file = self.runner.paths.find(path)
        with self.runs.record("notebook", path) as run:
            self.last = run
            output = self.runner.run(file, parameters or {}, run, seconds=seconds)
            run.output.update(output)
        return str(output["result"])

    def _hear(self, event: Event) -> None:
        if event.message:
            self.messages.append(event.message)


@pytest.fixture
def bench(project: Path, runs: Runs, lake: Lake, state: Path, new_session: Callable[[], SparkSession]) -> Workbench:
    """Runs notebooks of the project folder on the embedded engine."""
    runner = NotebookRunner(
        paths=NotebookPaths(project), runs=runs, new_session=new_session, lake=lake, state_folder=state, user="me@home"
    )
    return Workbench(runner, runs)
