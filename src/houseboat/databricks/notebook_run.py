"""Runs notebooks: a thread, a session, a namespace and a record each.

The executed notebook with its outputs is written to ``<state folder>/runs/<run id>/<name>.ipynb``, also when a cell
failed.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.databricks import streams
from houseboat.databricks.dbutils import (
    Data,
    DBUtils,
    Facts,
    FileSystem,
    Library,
    Mounts,
    NotebookUtils,
    Secrets,
    TaskValues,
    TaskValueStore,
    Widgets,
)
from houseboat.databricks.errors import NotebookExit, NotebookFailed, WorkflowException
from houseboat.databricks.ids import run_number
from houseboat.databricks.notebook_files import Notebook, read_notebook
from houseboat.databricks.notebook_output import Outputs, write_executed
from houseboat.databricks.worker import TimedOut, Worker
from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.databricks.notebook_paths import NotebookPaths
    from houseboat.databricks.notebook_session import NotebookSession
    from houseboat.lake import Lake
    from houseboat.runs import Json, Run, Runs

NewSession = Callable[[], "SparkSession"]
"""Opens a Spark session; called once per notebook run."""


@dataclass(frozen=True)
class InJob:
    """What a notebook knows of the job that runs it."""

    values: TaskValueStore
    task_key: str
    job_id: int
    job_run_id: int
    tags: Mapping[str, str] = field(default_factory=dict)


class NotebookRunner:
    """Runs the notebooks of one project.

    ``new_session`` opens a Spark session; every notebook run gets its own (``%run`` shares its caller's).
    """

    def __init__(
        self,
        *,
        paths: NotebookPaths,
        runs: Runs,
        new_session: NewSession,
        lake: Lake,
        state_folder: Path,
        user: str = "",
    ) -> None:
        self.paths = paths
        self.runs = runs
        self.new_session = new_session
        self.lake = lake
        self.state_folder = state_folder
        self.user = user
        self.mounts = Mounts(lake, state_folder)

    def run(
        self,
        file: Path,
        parameters: Mapping[str, str],
        run: Run,
        *,
        job: InJob | None = None,
        seconds: float = 0,
        arguments: Sequence[str] | None = None,
    ) -> dict[str, Json]:
        """Run a notebook to its end, as part of ``run`` (which the caller opens and ends).

        ``parameters`` are the widgets' values, ``seconds`` the time limit (0: none). With ``arguments`` the file is
        run as a script: ``sys.argv`` and ``__file__`` are set, ``sys.exit(0)`` is a success. Returns
        ``{"result": exit value, "notebook": executed notebook}``, and ``exit`` only where the
        notebook called it. Raises ``NotebookFailed``, ``TimedOut``, or what a drained stream failed with.
        """
        notebook = read_notebook(file)
        active = _Active(self, notebook, parameters, run, job, arguments)
        target = self.state_folder / "runs" / run.id / f"{file.stem}.ipynb"
        run.output["notebook"] = str(target)
        try:
            Worker(active.main, f"notebook {file.stem}").run(seconds, active.interrupt)
        finally:
            write_executed(target, notebook, active.outputs)
        left = active.outputs.exit_value
        return {"result": left or "", "notebook": str(target), **({} if left is None else {"exit": left})}


_argv_lock = threading.Lock()
"""``sys.argv`` belongs to the process: scripts with arguments run one after another."""


@contextmanager
def _as_script(file: Path, arguments: Sequence[str]) -> Iterator[None]:
    with _argv_lock:
        before = sys.argv
        sys.argv = [str(file), *arguments]
        try:
            yield
        finally:
            sys.argv = before


class _Active:
    """One notebook while it runs."""

    def __init__(
        self,
        runner: NotebookRunner,
        notebook: Notebook,
        parameters: Mapping[str, str],
        run: Run,
        job: InJob | None,
        arguments: Sequence[str] | None,
    ) -> None:
        self._runner = runner
        self._arguments = arguments
        self._notebook = notebook
        self._run = run
        self._job = job
        self._spark: SparkSession | None = None
        self._widgets = Widgets(parameters)
        self._secrets = Secrets(runner.state_folder, self._tell)
        self.outputs = Outputs(self._secrets.redact, self._tell)

    def main(self) -> None:
        """Everything that happens in the notebook's own thread."""
        from houseboat.databricks.ambient import using
        from houseboat.databricks.display import Display
        from houseboat.databricks.notebook_session import NotebookSession
        from houseboat.databricks.output_capture import captured
        from houseboat.databricks.project_imports import ProjectImports

        imports = ProjectImports([self._notebook.path.parent, self._runner.paths.root])
        display = Display(self.outputs.data)
        dbutils = self._dbutils(display)
        with captured(self.outputs.stream), imports.active(), using(dbutils, display):
            self._spark = spark = self._open()
            try:
                session = NotebookSession(
                    spark=spark,
                    dbutils=dbutils,
                    display=display,
                    outputs=self.outputs,
                    imports=imports,
                    paths=self._runner.paths,
                    lake=self._runner.lake,
                    note=self._tell,
                )
                self._cells(session)
                self._drained(streams.drain(spark, self._tell))
                display.finish()
            finally:
                self._close(spark)

    def _cells(self, session: NotebookSession) -> None:
        try:
            if self._arguments is None:
                session.run(self._notebook)
            else:
                with _as_script(self._notebook.path, self._arguments):
                    session.namespace["__file__"] = str(self._notebook.path)
                    session.run(self._notebook)
        except NotebookExit as leave:
            self.outputs.exit_value = leave.value
        except NotebookFailed as error:
            stopped = error.__cause__
            if self._arguments is None or not isinstance(stopped, SystemExit) or stopped.code not in (None, 0):
                raise

    def interrupt(self) -> None:
        """Free the thread from what it waits for on the engine."""
        if self._spark is not None:
            with suppress(Exception):  # the thread is being stopped; an engine that cannot interrupt changes nothing
                self._spark.interruptAll()

    def _open(self) -> SparkSession:
        spark = self._runner.new_session()
        # SparkSession.builder.getOrCreate() of a remote-only PySpark asks for an address before it looks for the
        # active session, which is this thread's.
        os.environ.setdefault("SPARK_REMOTE", "sc://localhost")
        return spark

    @staticmethod
    def _close(spark: SparkSession) -> None:
        with suppress(Exception):  # the run's own outcome must not be hidden by a failing clean-up
            streams.stop(spark)
        spark.stop()

    def _drained(self, count: int) -> None:
        if count:
            self._run.output["drained_streams"] = count

    def _tell(self, message: str) -> None:
        self._runner.runs.progress(self._run, self._secrets.redact(message))

    def _dbutils(self, display: Callable[[object], None]) -> DBUtils:
        runner, job = self._runner, self._job
        facts = Facts(
            notebook_path=runner.paths.workspace_path(self._notebook.path),
            run_id=run_number(self._run.id),
            job_id=job.job_id if job else None,
            user=runner.user,
            tags=job.tags if job else {},
        )
        return DBUtils(
            widgets=self._widgets,
            fs=FileSystem(runner.lake, runner.mounts),
            notebook=NotebookUtils(self._run_other, facts, self._widgets.getAll),
            secrets=self._secrets,
            task_values=TaskValues(job.values if job else None, job.task_key if job else None),
            library=Library(self._tell),
            data=Data(display),
        )

    def _run_other(self, path: str, seconds: float, arguments: Mapping[str, str]) -> str:
        """``dbutils.notebook.run``: a run of its own below this one."""
        runner = self._runner
        file = runner.paths.find(path, caller=self._notebook.path)
        name = runner.paths.workspace_path(file)
        try:
            with runner.runs.record("notebook", name, parent=self._run, input=dict(arguments)) as run:
                output = runner.run(file, arguments, run, job=self._job, seconds=seconds)
                run.output.update(output)
        except TimedOut as error:
            raise WorkflowException(
                f"com.databricks.WorkflowException: notebook {name} did not end within {seconds:g} seconds",
                code="TIMEDOUT",
            ) from error
        except HouseboatError as error:
            raise WorkflowException(
                f"com.databricks.WorkflowException: notebook {name} failed: {error.message}",
                place=error.place,
                hint=error.hint,
                code="FAILED",
            ) from error
        return str(output["result"])
