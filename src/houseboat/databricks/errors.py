"""Errors of notebooks, dbutils, bundles and jobs.

    HouseboatError
    +-- ProjectError
    |   +-- BundleError             databricks.yml or a file it includes is wrong
    |   +-- NotebookNotFound        a notebook path that names no notebook
    |   +-- NotebookFileError       a notebook file that cannot be read
    +-- RunFailed
    |   +-- NotebookFailed          a cell raised: notebook, cell, line; the user's exception is the cause
    |   +-- TaskFailed              a task could not do what it was declared to do
    |   +-- JobFailed               a job ended FAILED, TIMEDOUT or CANCELED
    +-- JobError                    a job's graph or references are wrong; raised before anything runs
    +-- ReferenceUnresolved         a ``{{...}}`` reference names nothing
    +-- InputWidgetNotDefined       dbutils.widgets.get of an unknown widget
    +-- WorkflowException           dbutils.notebook.run failed or timed out
    +-- DbutilsError                any other refusal of dbutils, in Databricks' words

``NotebookExit`` and ``Stopped`` derive from ``BaseException``: they are not failures, and ``except Exception`` in a
notebook must not swallow them.
"""

from __future__ import annotations

from houseboat.errors import HouseboatError, Place, ProjectError, RunFailed


class BundleError(ProjectError):
    """databricks.yml, or a file that it includes, is missing, malformed or contradicts itself."""


class NotebookNotFound(ProjectError):  # noqa: N818 - the name that Databricks' users know
    """A notebook path names no notebook of the project."""


class NotebookFileError(ProjectError):
    """A file that should be a notebook cannot be read as one."""


class NotebookFailed(RunFailed):
    """A cell raised. ``cell`` counts from 1, ``line`` is the line in the user's file; the user's exception is the
    ``__cause__``.
    """

    def __init__(self, message: str, *, notebook: str, cell: int, line: int | None, place: Place, hint: str) -> None:
        super().__init__(message, place=place, hint=hint)
        self.notebook = notebook
        self.cell = cell
        self.line = line


class TaskFailed(RunFailed):
    """A task of a job could not do what it was declared to do."""


class JobFailed(RunFailed):
    """A job ended without success; ``result_state`` is Databricks' word for how."""

    def __init__(self, message: str, *, result_state: str, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message, place=place, hint=hint, code=result_state)
        self.result_state = result_state


class JobError(HouseboatError):
    """A job's graph, parameters or references are wrong; found before anything runs."""

    exit_code = 2


class ReferenceUnresolved(HouseboatError):  # noqa: N818 - the name that Databricks' users know
    """A ``{{...}}`` reference in a known namespace names nothing."""


class InputWidgetNotDefined(HouseboatError):  # noqa: N818 - the name that Databricks' users know
    """``dbutils.widgets.get`` of a widget that neither the notebook nor its caller defined."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"com.databricks.dbutils_v1.InputWidgetNotDefined: No input widget named {name} is defined",
            hint=f'declare it, dbutils.widgets.text("{name}", ""), or pass it as a parameter',
        )
        self.name = name


class WorkflowException(HouseboatError):  # noqa: N818 - the name that Databricks' users know
    """``dbutils.notebook.run``: the notebook failed or its time ran out."""


class DbutilsError(HouseboatError):
    """dbutils refuses, in Databricks' words."""


class NotebookExit(BaseException):
    """``dbutils.notebook.exit(value)``: ends the notebook at once, as a success."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class Stopped(BaseException):
    """Raised inside a notebook's thread when its time ran out or its job was cancelled."""
