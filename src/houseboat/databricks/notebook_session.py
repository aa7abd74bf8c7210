"""One notebook being run: its namespace, session, dbutils and outputs, and the loop over its cells."""

from __future__ import annotations

import linecache
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.databricks import magics
from houseboat.databricks.display import Display, mime
from houseboat.databricks.errors import NotebookExit, NotebookFailed, Stopped
from houseboat.databricks.failure_hints import hint_for
from houseboat.databricks.home_builtins import home_builtins
from houseboat.databricks.notebook_files import Cell, Notebook, read_notebook
from houseboat.databricks.python_cell import PythonCells
from houseboat.errors import HouseboatError, Place

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.databricks.dbutils import DBUtils, Widgets
    from houseboat.databricks.notebook_output import Outputs
    from houseboat.databricks.notebook_paths import NotebookPaths
    from houseboat.databricks.project_imports import ProjectImports
    from houseboat.lake import Lake


class NotebookSession:
    """The state of one notebook run; ``%run`` adds other notebooks to the same state."""

    def __init__(
        self,
        *,
        spark: SparkSession,
        dbutils: DBUtils,
        display: Display,
        outputs: Outputs,
        imports: ProjectImports,
        paths: NotebookPaths,
        lake: Lake,
        note: Callable[[str], None],
    ) -> None:
        self.spark = spark
        self.dbutils = dbutils
        self.display = display
        self.note = note
        self.namespace: dict[str, Any] = {}
        self._outputs = outputs
        self._paths = paths
        self._files: list[Path] = []
        self._line: int | None = None
        self._fill(imports, lake)
        self.python = PythonCells(self.namespace, lambda text, line: magics.line_magic(self, text, line))

    @property
    def widgets(self) -> Widgets:
        """The notebook's widgets."""
        return self.dbutils.widgets

    @property
    def file(self) -> Path:
        """The notebook whose cell is running: the innermost of a ``%run``."""
        return self._files[-1]

    def place(self, line: int | None) -> Place:
        """A place in the notebook whose cell is running."""
        return Place(self.file, line)

    def at_line(self, line: int) -> None:
        """Remember which line of a cell that is not Python is running."""
        self._line = line

    def run(self, notebook: Notebook) -> None:
        """Run every cell; raises ``NotebookFailed`` at the first that fails, ``NotebookExit`` when one exits."""
        self._files.append(notebook.path)
        try:
            for cell in notebook.cells:
                self._run_cell(notebook, cell)
        finally:
            self._files.pop()

    def include(self, path: str, arguments: Mapping[str, str]) -> None:
        """``%run``: run another notebook's cells here."""
        file = self._paths.find(path, caller=self.file)
        if file in self._files:
            names = " -> ".join(part.name for part in [*self._files, file])
            raise HouseboatError(f"%run goes round in a circle: {names}", place=self.place(self._line))
        with self.widgets.included(arguments):
            self.run(read_notebook(file))

    def show_value(self, value: object) -> None:
        """Show a value as the result of the running cell."""
        rich = isinstance(value, list) or hasattr(value, "_repr_html_") or hasattr(value, "savefig")
        plain = hasattr(value, "toArrow") or not rich
        self._outputs.data({"text/plain": repr(value)} if plain else mime(value), kind="execute_result")

    def sql_value(self, name: str) -> str | None:
        """What ``${name}`` stands for in SQL: a widget, else a conf whose name holds a dot."""
        value = self.widgets.find(name)
        if value is None and "." in name:
            found = self.spark.conf.get(name, None)
            return None if found is None else str(found)
        return value

    def _run_cell(self, notebook: Notebook, cell: Cell) -> None:
        done = self._outputs.begin(cell)
        self._line = cell.line
        started = time.monotonic()
        try:
            magics.LANGUAGES.get(cell.language, magics.not_here)(self, cell)
        except (NotebookExit, Stopped, NotebookFailed):
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(notebook, cell, error) from error
        finally:
            self._outputs.flush()
            done.seconds = time.monotonic() - started

    def _failed(self, notebook: Notebook, cell: Cell, error: BaseException) -> NotebookFailed:
        frames = _user_frames(error)
        line = self._error_line(notebook, error, frames)
        linecache.checkcache(str(notebook.path))
        report = traceback.format_exception(type(error), error, frames)
        self._outputs.error(error, [row.rstrip("\n") for row in report])
        text = self.dbutils.secrets.redact(_first_lines(error))
        name = self._paths.workspace_path(notebook.path)
        title = f" ({cell.title})" if cell.title else ""
        return NotebookFailed(
            f"notebook {name}, cell {cell.number}{title}"
            + (f", line {line}" if line is not None else "")
            + f": {type(error).__name__}: {text}",
            notebook=name,
            cell=cell.number,
            line=line,
            place=Place(notebook.path, line, f"cell {cell.number}"),
            hint=hint_for(error) or "the executed notebook beside the run holds the whole traceback",
        )

    def _error_line(self, notebook: Notebook, error: BaseException, frames: Any) -> int | None:
        if isinstance(error, SyntaxError) and error.filename == str(notebook.path):
            return error.lineno
        for frame, line in traceback.walk_tb(frames):
            if frame.f_code.co_filename == str(notebook.path):
                return line
        return self._line

    def _fill(self, imports: ProjectImports, lake: Lake) -> None:
        from pyspark.sql import functions

        self.namespace.update(
            {
                "__name__": "__main__",
                "__builtins__": home_builtins(imports.builtins, lake, self._print),
                "spark": self.spark,
                "dbutils": self.dbutils,
                "display": self.display,
                "displayHTML": self.display.html,
                "sql": self.spark.sql,
                "table": self.spark.table,
                "udf": functions.udf,
                "getArgument": self.widgets.getArgument,
            }
        )

    def _print(self, text: str) -> None:
        self._outputs.stream("stdout", text)


@contextmanager
def current(session: NotebookSession) -> Iterator[None]:
    """Make this the session that ``DataFrame.display()`` and ``pyspark.dbutils`` use in this thread."""
    from houseboat.databricks import ambient

    with ambient.using(session.dbutils, session.display):
        yield


def _user_frames(error: BaseException) -> Any:
    """The traceback without Houseboat's own leading frames."""
    here = str(Path(__file__).parent)
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(here):
        frames = frames.tb_next
    return frames if frames is not None else error.__traceback__


def _first_lines(error: BaseException, limit: int = 600) -> str:
    text = str(error).split("JVM stacktrace:")[0].strip()
    if isinstance(error, HouseboatError) and error.hint:
        text = text.removesuffix(f"\n  next: {error.hint}")  # the notebook's own error says it
    return text if len(text) <= limit else text[:limit] + " ..."


__all__ = ["NotebookSession", "current"]
