"""The jobs of a bundle: check them, run them, and be started by other services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError, JobFailed
from houseboat.databricks.ids import resource_number, run_number
from houseboat.databricks.job_graph import Graph, build_graph
from houseboat.databricks.job_run import JobRun
from houseboat.databricks.job_states import Result
from houseboat.databricks.notebook_paths import NotebookPaths
from houseboat.databricks.notebook_run import NewSession, NotebookRunner
from houseboat.databricks.references import JobFacts, References, check_references, spell
from houseboat.databricks.task_run import TaskRunner
from houseboat.databricks.tasks.contract import Services
from houseboat.databricks.tasks.registry import TYPES
from houseboat.databricks.yaml_places import Map, Seq, place_of

if TYPE_CHECKING:
    from houseboat.databricks.bundle import Bundle
    from houseboat.lake import Lake
    from houseboat.runs import Json, Run, Runs


class Jobs:
    """Runs the jobs and notebooks of one bundle.

    ``new_session`` opens a Spark session and is called once per notebook. ``notebook_overrides`` maps notebook paths
    as others write them (Data Factory) to files of the bundle. ``now`` is the clock.
    """

    def __init__(
        self,
        bundle: Bundle,
        runs: Runs,
        new_session: NewSession,
        lake: Lake,
        state_folder: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        notebook_overrides: Mapping[str, str] | None = None,
    ) -> None:
        self.bundle = bundle
        self.notebooks = NotebookRunner(
            paths=NotebookPaths(bundle.root, notebook_overrides),
            runs=runs,
            new_session=new_session,
            lake=lake,
            state_folder=state_folder,
            user=bundle.user,
        )
        self._services = Services(bundle, runs, self.notebooks, new_session, now, self._run_below)
        self._slots: dict[str, threading.BoundedSemaphore] = {}
        self._lock = threading.Lock()

    def register(self) -> None:
        """Let ``runs.launch("job", ...)`` and ``runs.launch("notebook", ...)`` start what this bundle holds."""
        self._services.runs.register("job", self.job_starter)
        self._services.runs.register("notebook", self.notebook_starter)

    def run(
        self, name: str, parameters: Mapping[str, Json] | None = None, parent: Run | None = None
    ) -> dict[str, Json]:
        """Run a job (key, name or id) to its end as a run of its own; raises ``JobFailed`` or ``JobError``."""
        key = self.key(name)
        with self._services.runs.record("job", key, parent=parent, input=dict(parameters or {})) as run:
            output = self.job_starter(key, parameters or {}, run)
            run.output.update(output)
        return output

    def job_starter(self, name: str, parameters: Mapping[str, Json], run: Run) -> dict[str, Json]:
        """A ``houseboat.runs.Starter``: run a job as part of ``run``. Everything is checked before anything runs."""
        key = self.key(name)
        graph = self.check(key)
        with self._slot(key):
            return self._start(key, graph, parameters, run)

    def notebook_starter(self, name: str, parameters: Mapping[str, Json], run: Run) -> dict[str, Json]:
        """A ``houseboat.runs.Starter``: run one notebook, named as Data Factory or a user names it."""
        file = self.notebooks.paths.find(name)
        return self.notebooks.run(file, {key: spell(value) for key, value in parameters.items()}, run)

    def key(self, name: str) -> str:
        """The key of a job named by key, name or id; raises ``JobError``."""
        found = self.bundle.find("jobs", name)
        if found is None:
            raise JobError(
                f"there is no job {name!r}",
                hint=f"jobs of the bundle: {', '.join(self.bundle.jobs) or 'none'}; the manifest maps ids to them: "
                f'[databricks] jobs = {{ "{name}" = "<job>" }}',
            )
        return found

    def check(self, name: str) -> Graph:
        """Check a job: keys, dependencies, cycles, references, files; returns its graph.

        Raises ``JobError``, ``ReferenceUnresolved``, ``NotebookNotFound`` or ``Unsupported`` with the place.
        """
        key = self.key(name)
        definition: Map = self.bundle.jobs[key]
        graph = build_graph(key, definition)
        declared = _declared(definition)
        for node in graph.nodes.values():
            TYPES[node.kind].check(node.key, node.definition[node.kind], self._services)
            settings = node.definition[node.kind]
            nested = node.kind == "for_each_task"
            for name_, value in settings.items():
                check_references(
                    value,
                    tasks=graph.nodes,
                    parameters=declared,
                    in_for_each=nested and name_ == "task",
                    place=place_of(settings, name_),
                )
        self._check_circle(key, [])
        return graph

    def _start(self, key: str, graph: Graph, parameters: Mapping[str, Json], run: Run) -> dict[str, Json]:
        definition: Map = self.bundle.jobs[key]
        facts = JobFacts(
            id=resource_number("jobs", key),
            name=str(definition.get("name") or key),
            run_id=run_number(run.id),
            start=self._services.now(),
        )
        values = {**_declared(definition), **{name: spell(value) for name, value in parameters.items()}}
        resolver = References(facts)
        filled = {name: str(resolver.fill(value)) for name, value in values.items()}
        facts = JobFacts(facts.id, facts.name, facts.run_id, facts.start, filled)
        runner = TaskRunner(self._services, facts, key)
        output = JobRun(key, definition, graph, runner, run).to_end()
        return {"job_id": facts.id, "run_id": facts.run_id, **output}

    def _run_below(self, key: str, parameters: Mapping[str, str], parent: Run) -> dict[str, Json]:
        return self.run(key, parameters, parent)

    def _check_circle(self, key: str, trail: list[str]) -> None:
        """Jobs that start each other must not go round in a circle."""
        if key in trail:
            raise JobError(
                f"jobs start each other: {' -> '.join([*trail[trail.index(key) :], key])}",
                place=self.bundle.place("jobs", key),
            )
        for task in self.bundle.jobs[key].get("tasks") or ():
            inner = (task.get("for_each_task") or {}).get("task") or {}
            for settings in (task.get("run_job_task"), inner.get("run_job_task")):
                other = self.bundle.find("jobs", str(settings.get("job_id"))) if isinstance(settings, Map) else None
                if other is not None:
                    self._check_circle(other, [*trail, key])

    @contextmanager
    def _slot(self, key: str) -> Iterator[None]:
        """``max_concurrent_runs``: a further run waits when the job has a queue, else it is refused."""
        definition: Map = self.bundle.jobs[key]
        with self._lock:
            slots = self._slots.setdefault(
                key, threading.BoundedSemaphore(int(definition.get("max_concurrent_runs") or 1))
            )
        queued = (definition.get("queue") or {}).get("enabled", True)
        if not slots.acquire(blocking=bool(queued)):
            raise JobFailed(
                f"job {key!r} is running already",
                result_state=Result.MAXIMUM_CONCURRENT_RUNS_REACHED.value,
                place=place_of(definition, "max_concurrent_runs"),
                hint="raise max_concurrent_runs, or let runs wait: queue: {enabled: true}",
            )
        try:
            yield
        finally:
            slots.release()


def _declared(definition: Map) -> dict[str, str]:
    """The job's parameters with their defaults, as text."""
    found: dict[str, str] = {}
    parameters = definition.get("parameters") or Seq()
    for number, parameter in enumerate(parameters):
        name = str(parameter.get("name") or "")
        if not name:
            raise JobError("a job parameter has no name", place=place_of(parameters, number))
        default = parameter.get("default")
        found[name] = "" if default is None else spell(default)
    return found
