"""``dbutils``, put together from one module per part."""

# ruff: noqa: ARG002, N802, N803, N818, T201 - names and signatures are Databricks'

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from houseboat.databricks.dbutils.fs import FileInfo, FileSystem, MountInfo
from houseboat.databricks.dbutils.mounts import Mounts
from houseboat.databricks.dbutils.notebook import Facts, NotebookUtils
from houseboat.databricks.dbutils.secrets import Secrets
from houseboat.databricks.dbutils.task_values import JobsUtils, TaskValues, TaskValueStore
from houseboat.databricks.dbutils.widgets import Widgets
from houseboat.errors import Unsupported

__all__ = [
    "GAPS",
    "DBUtils",
    "Data",
    "Facts",
    "FileInfo",
    "FileSystem",
    "JobsUtils",
    "Library",
    "MissingPart",
    "MountInfo",
    "Mounts",
    "NotebookUtils",
    "Secrets",
    "TaskValueStore",
    "TaskValues",
    "Widgets",
]

GAPS = {
    "credentials": "credentials of the cloud mean nothing at home; leave the call out or guard it",
    "preview": "preview utilities are not run at home",
    "meta": "dbutils.meta compiles Scala packages; write them in Python",
    "api": "dbutils.api is not available in Python on Databricks either",
    "library.installPyPI": "Databricks removed it; use %pip install",
    "library.install": "Databricks removed it; use %pip install",
}
"""Parts of dbutils that are declared gaps, with what to do instead."""


class MissingPart(Unsupported, AttributeError):
    """A part of dbutils that does not exist here; an ``AttributeError`` as well, so that ``hasattr`` works."""


class Library:
    """``dbutils.library``."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def restartPython(self) -> None:
        """Nothing to do: at home no package was installed that a restart would load. Variables are kept."""
        self._note("dbutils.library.restartPython: nothing was installed, Python goes on")

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.library: restartPython()")

    def __getattr__(self, name: str) -> NoReturn:
        _gap(f"library.{name}")


class Data:
    """``dbutils.data``."""

    def __init__(self, display: Callable[[object], None]) -> None:
        self._display = display

    def summarize(self, df: object, precise: bool = False) -> None:
        """Show count, mean, standard deviation, quartiles, minimum and maximum of each column."""
        self._display(df.summary() if hasattr(df, "summary") else df.describe())  # type: ignore[attr-defined]


class DBUtils:
    """The ``dbutils`` of one notebook run."""

    def __init__(
        self,
        *,
        widgets: Widgets,
        fs: FileSystem,
        notebook: NotebookUtils,
        secrets: Secrets,
        task_values: TaskValues,
        library: Library,
        data: Data,
    ) -> None:
        self.widgets = widgets
        self.fs = fs
        self.notebook = notebook
        self.secrets = secrets
        self.jobs = JobsUtils(task_values)
        self.library = library
        self.data = data

    def help(self, name: str = "") -> None:
        """Print what there is."""
        print("dbutils: widgets fs notebook secrets jobs library data")

    def __getattr__(self, name: str) -> NoReturn:
        _gap(name)


def _gap(name: str) -> NoReturn:
    raise MissingPart(
        f"dbutils.{name} does not exist here", hint=GAPS.get(name, "see dbutils.help() for what there is")
    )
