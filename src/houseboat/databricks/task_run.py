"""Runs one task of a job: its attempts, each with a time limit and a record."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from houseboat.databricks.dbutils.task_values import TaskValueStore
from houseboat.databricks.errors import Stopped
from houseboat.databricks.ids import run_number
from houseboat.databricks.job_states import STATUS, Result, TaskState
from houseboat.databricks.references import JobFacts, TaskFacts
from houseboat.databricks.tasks.contract import Services, TaskContext
from houseboat.databricks.tasks.registry import TYPES, kind_of
from houseboat.databricks.worker import TimedOut, Worker
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.runs import Json, Run

_NEVER_RETRIED = ("condition_task",)
_SLICE = 0.2
"""Seconds of one wait between attempts: a stop is seen in between."""


@dataclass(frozen=True)
class _Element:
    """The element of a for_each iteration; ``given`` False outside of one."""

    given: bool = False
    value: Json = None


@dataclass
class TaskRunner:
    """Runs the tasks of one job run; ``states`` are the tasks that have ended, ``values`` their task values."""

    services: Services
    job: JobFacts
    job_key: str
    values: TaskValueStore = field(default_factory=TaskValueStore)
    states: dict[str, TaskState] = field(default_factory=dict)

    def run(self, key: str, kind: str, definition: Map, parent: Run) -> TaskState:
        """Run a task with its retries; never raises for a task that fails, only when it is stopped."""
        return self._attempts(key, key, kind, definition, parent, _Element())

    def skip(self, key: str, result: Result, parent: Run) -> TaskState:
        """Record a task that does not run."""
        run = self.services.runs.begin("task", key, parent=parent)
        run.output["result_state"] = result.value
        self.services.runs.end(run, STATUS[result])
        return TaskState(key, result, run)

    def iterate(self, context: TaskContext, nested: Map, number: int, element: Json) -> TaskState:
        """Run one iteration of a for_each task."""
        key = str(nested.get("task_key") or context.key)
        kind = kind_of(nested, key, place_of(context.settings, "task"))
        return self._attempts(key, f"{key}[{number}]", kind, nested, context.run, _Element(given=True, value=element))

    def _attempts(self, key: str, name: str, kind: str, definition: Map, parent: Run, element: _Element) -> TaskState:
        limit = 0 if kind in _NEVER_RETRIED else int(definition.get("max_retries") or 0)
        pause = int(definition.get("min_retry_interval_millis") or 0) / 1000
        execution = 1
        while True:
            started = time.monotonic()
            state = self._attempt(key, name, kind, definition, parent, element, execution)
            state.attempts = execution
            again = state.result is Result.FAILED or (
                state.result is Result.TIMEDOUT and definition.get("retry_on_timeout") is True
            )
            if not again or (limit >= 0 and execution > limit):
                return state
            self.services.runs.progress(parent, f"{name}: attempt {execution} failed, trying again")
            while (left := started + pause - time.monotonic()) > 0:
                time.sleep(min(left, _SLICE))
            execution += 1

    def _attempt(
        self, key: str, name: str, kind: str, definition: Map, parent: Run, element: _Element, execution: int
    ) -> TaskState:
        runs = self.services.runs
        shown: dict[str, Json] = {"type": kind, "attempt": execution}
        if element.given:
            shown["input"] = element.value
        run = runs.begin("task", name, parent=parent, input=shown)
        state = TaskState(key, Result.FAILED, run, run.output)
        context = self._context(key, kind, definition, run, element, execution)
        try:
            run.output.update(self._within_time(context))
        except BaseException as error:
            state.result, state.error = _result_of(error), error
            run.output["result_state"] = state.result.value
            runs.end(run, STATUS[state.result], error=error)
            if not isinstance(error, Exception):
                raise
            return state
        state.result = Result.SUCCESS
        run.output["result_state"] = state.result.value
        runs.end(run, STATUS[state.result])
        return state

    def _context(
        self, key: str, kind: str, definition: Map, run: Run, element: _Element, execution: int
    ) -> TaskContext:
        facts = TaskFacts(
            key=key,
            run_id=run_number(run.id),
            execution=execution,
            notebook_path=str((definition.get("notebook_task") or {}).get("notebook_path") or ""),
            has_input=element.given,
            input=element.value,
        )
        return TaskContext(
            services=self.services,
            job=self.job,
            job_key=self.job_key,
            key=key,
            kind=kind,
            definition=definition,
            states=self.states,
            values=self.values,
            facts=facts,
            run=run,
            runner=self,
        )

    @staticmethod
    def _within_time(context: TaskContext) -> Mapping[str, Json]:
        seconds = int(context.definition.get("timeout_seconds") or 0)
        work = TYPES[context.kind].run
        if not seconds:
            return work(context)
        return Worker(lambda: work(context), f"task {context.key}").run(seconds, lambda: None)


def _result_of(error: BaseException) -> Result:
    if isinstance(error, TimedOut):
        return Result.TIMEDOUT
    return Result.CANCELED if isinstance(error, (Stopped, KeyboardInterrupt)) else Result.FAILED
