"""What a task type is: one function that runs it, and what it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from houseboat.databricks.errors import TaskFailed
from houseboat.databricks.references import JobFacts, References, TaskFacts
from houseboat.databricks.yaml_places import Map, place_of
from houseboat.runs import Json, Run, Runs

if TYPE_CHECKING:
    from houseboat.databricks.bundle import Bundle
    from houseboat.databricks.dbutils.task_values import TaskValueStore
    from houseboat.databricks.job_states import TaskState
    from houseboat.databricks.notebook_run import NewSession, NotebookRunner
    from houseboat.databricks.task_run import TaskRunner
    from houseboat.errors import Place

RunJob = Callable[[str, Mapping[str, str], Run], Mapping[str, Json]]
"""``(job key, parameters, parent run) -> output``."""


@dataclass(frozen=True)
class Services:
    """What tasks reach outside themselves through."""

    bundle: Bundle
    runs: Runs
    notebooks: NotebookRunner
    new_session: NewSession
    now: Callable[[], datetime]
    run_job: RunJob


@dataclass(frozen=True)
class TaskContext:
    """One attempt at a task: its settings (the mapping below ``notebook_task:`` and so on) and surroundings."""

    services: Services
    job: JobFacts
    job_key: str
    key: str
    kind: str
    definition: Map
    states: Mapping[str, TaskState]
    values: TaskValueStore
    facts: TaskFacts
    run: Run
    runner: TaskRunner

    @property
    def settings(self) -> Map:
        """The mapping of the task's type."""
        found: Map = self.definition[self.kind]
        return found

    @property
    def references(self) -> References:
        """Resolves ``{{...}}`` for this attempt."""
        return References(self.job, states=self.states, values=self.values, task=self.facts)

    def fill(self, name: str) -> Json:
        """A setting with its references replaced; None when it is absent."""
        return self.references.fill(self.settings.get(name))

    def place(self, name: str | None = None) -> Place:
        """Where the task, or one of its settings, is declared."""
        return place_of(self.settings, name) if name else place_of(self.definition, self.kind)

    def fail(self, message: str, name: str | None = None, hint: str | None = None) -> TaskFailed:
        """An error that names this task and the place of a setting."""
        return TaskFailed(f"task {self.key!r}: {message}", place=self.place(name), hint=hint)

    def progress(self, message: str) -> None:
        """Tell listeners how far the task is."""
        self.services.runs.progress(self.run, message)


class TaskType(Protocol):
    """A module of this package."""

    def run(self, context: TaskContext) -> dict[str, Json]:
        """Run the task to its end; the result becomes the run's output. Raises when the task fails."""
        ...

    def check(self, key: str, settings: Map, services: Services) -> None:
        """Raise for what can be seen to be wrong before the job starts."""
        ...


def file_of(path: str, services: Services) -> Path:
    """A file named by a task: a local path, or a workspace path below the bundle."""
    local = Path(path)
    if local.is_file():
        return local
    inside = services.bundle.root / path.lstrip("/")
    return inside if inside.is_file() else local
