"""One run of a job: starts each task when what it depends on has ended, and decides on the result."""

from __future__ import annotations

import queue
import time
from functools import partial
from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobFailed
from houseboat.databricks.job_states import FAILURES, Dependency, Result, TaskState, decide, job_result
from houseboat.databricks.pool import Pool
from houseboat.databricks.yaml_places import Map, place_of
from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from houseboat.databricks.job_graph import Graph, Node
    from houseboat.databricks.task_run import TaskRunner
    from houseboat.runs import Json, Run


class JobRun:
    """Runs the graph of one job; ``run`` is its record, which the caller ends."""

    def __init__(self, key: str, definition: Map, graph: Graph, runner: TaskRunner, run: Run) -> None:
        self._key = key
        self._definition = definition
        self._graph = graph
        self._runner = runner
        self._run = run
        self._pool: Pool[TaskState] = Pool(f"job {key}")
        self._started: set[str] = set()

    def to_end(self) -> dict[str, Json]:
        """Run every task; returns the job's output, raises ``JobFailed`` when it ends without success."""
        seconds = int(self._definition.get("timeout_seconds") or 0)
        end = time.monotonic() + seconds if seconds else None
        result: Result | None = None
        try:
            self._start_ready()
            while self._pool.running:
                left = None if end is None else max(0.0, end - time.monotonic())
                _, state = self._pool.wait(left)
                self._runner.states[state.key] = state
                self._start_ready()
        except queue.Empty:
            result = Result.TIMEDOUT
            self._abandon(Result.TIMEDOUT)
        except BaseException:
            self._abandon(Result.CANCELED)
            self._output(Result.CANCELED)
            raise
        result = result or job_result(self._runner.states, self._graph.leaves)
        output = self._output(result)
        if result not in (Result.SUCCESS, Result.SUCCESS_WITH_FAILURES):
            raise self._failure(result)
        return output

    def _start_ready(self) -> None:
        """Start, or skip, every task whose dependencies have all ended."""
        for key, node in self._graph.nodes.items():  # in order: a skip is seen by what comes after it
            if key in self._started or not all(edge.task in self._runner.states for edge in node.edges):
                continue
            self._started.add(key)
            decision = self._decide(node)
            if decision is None:
                self._pool.start(
                    key,
                    partial(self._runner.run, node.key, node.kind, node.definition, self._run),
                )
            else:
                self._runner.states[key] = self._runner.skip(key, decision, self._run)

    def _decide(self, node: Node) -> Result | None:
        states = self._runner.states
        dependencies = []
        for edge in node.edges:
            state = states[edge.task]
            taken = (
                edge.outcome is None
                or state.result is not Result.SUCCESS
                or state.output.get("outcome") == edge.outcome
            )
            dependencies.append(Dependency(state.result, taken))
        decision = decide(node.run_if, dependencies)
        return Result.DISABLED if decision is None and node.definition.get("disabled") is True else decision

    def _abandon(self, result: Result) -> None:
        """Stop what runs; what has not started never will."""
        self._pool.stop()
        for key in self._graph.nodes:
            if key not in self._runner.states:
                ended = result if key in self._started else Result.UPSTREAM_CANCELED
                if key in self._started:
                    self._runner.states[key] = TaskState(key, ended)
                else:
                    self._runner.states[key] = self._runner.skip(key, ended, self._run)

    def _output(self, result: Result) -> dict[str, Json]:
        tasks = {key: self._task_output(state) for key, state in self._runner.states.items()}
        output: dict[str, Json] = {"job": self._key, "result_state": result.value, "tasks": tasks}
        self._run.output.update(output)
        return output

    def _task_output(self, state: TaskState) -> dict[str, Json]:
        output: dict[str, Json] = {"result_state": state.result.value, "attempts": state.attempts}
        if state.run is not None:
            output["run"] = state.run.id
        if state.output.get("exit") is not None:
            output["exit"] = state.output["exit"]
        return output

    def _failure(self, result: Result) -> JobFailed:
        if result is Result.TIMEDOUT:
            seconds = self._definition.get("timeout_seconds")
            return JobFailed(
                f"job {self._key!r} did not end within {seconds} seconds",
                result_state=result.value,
                place=place_of(self._definition, "timeout_seconds"),
            )
        failed = [
            state for state in self._runner.states.values() if state.result in FAILURES and state.error is not None
        ]
        names = ", ".join(state.key for state in failed)
        first = failed[0].error if failed else None
        message = first.message if isinstance(first, HouseboatError) else f"{type(first).__name__}: {first}"
        failure = JobFailed(
            f"job {self._key!r}: task{'s' if len(failed) > 1 else ''} {names} failed: {message}",
            result_state=result.value,
            place=first.place if isinstance(first, HouseboatError) else None,
            hint=first.hint if isinstance(first, HouseboatError) else None,
        )
        failure.__cause__ = first
        return failure
