"""Result states of tasks and jobs, and the rules that decide on them.

Source: Databricks' pages on run_if, if/else tasks and job results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from houseboat.runs import Json, Run, Status


class Result(StrEnum):
    """Databricks' result states."""

    SUCCESS = "SUCCESS"
    SUCCESS_WITH_FAILURES = "SUCCESS_WITH_FAILURES"
    FAILED = "FAILED"
    TIMEDOUT = "TIMEDOUT"
    CANCELED = "CANCELED"
    EXCLUDED = "EXCLUDED"
    DISABLED = "DISABLED"
    UPSTREAM_FAILED = "UPSTREAM_FAILED"
    UPSTREAM_CANCELED = "UPSTREAM_CANCELED"
    MAXIMUM_CONCURRENT_RUNS_REACHED = "MAXIMUM_CONCURRENT_RUNS_REACHED"


FAILURES = frozenset(
    {Result.FAILED, Result.TIMEDOUT, Result.CANCELED, Result.UPSTREAM_FAILED, Result.UPSTREAM_CANCELED}
)
"""What counts as a failed dependency."""
NOT_RUN = frozenset({Result.EXCLUDED, Result.DISABLED})
"""What counts as a success without having run."""
RUN_IF = ("ALL_SUCCESS", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED", "ALL_DONE", "AT_LEAST_ONE_FAILED", "ALL_FAILED")

STATUS: Mapping[Result, Status] = {
    Result.SUCCESS: Status.SUCCEEDED,
    Result.SUCCESS_WITH_FAILURES: Status.SUCCEEDED,
    Result.FAILED: Status.FAILED,
    Result.TIMEDOUT: Status.FAILED,
    Result.CANCELED: Status.CANCELLED,
    Result.EXCLUDED: Status.SKIPPED,
    Result.DISABLED: Status.SKIPPED,
    Result.UPSTREAM_FAILED: Status.SKIPPED,
    Result.UPSTREAM_CANCELED: Status.SKIPPED,
    Result.MAXIMUM_CONCURRENT_RUNS_REACHED: Status.SKIPPED,
}
"""How each result is recorded in ``Runs``."""


@dataclass
class TaskState:
    """One task of a job run that has ended (or will not run)."""

    key: str
    result: Result
    run: Run | None = None
    output: dict[str, Json] = field(default_factory=dict)
    error: BaseException | None = None
    attempts: int = 0


@dataclass(frozen=True)
class Dependency:
    """One ended dependency: its result, and whether its outcome is the one that was asked for."""

    result: Result
    taken: bool = True


def decide(run_if: str, dependencies: Iterable[Dependency]) -> Result | None:  # noqa: PLR0911 - a row of the table each
    """None: the task runs; else the result it gets without running.

    A branch that was not taken excludes the task, unless ``run_if`` asks for less than all dependencies.
    """
    deps = list(dependencies)
    if not deps:
        return None
    failed = [dep for dep in deps if dep.taken and dep.result in FAILURES]
    excluded = [dep for dep in deps if not dep.taken or dep.result in NOT_RUN]
    upstream = (
        Result.UPSTREAM_CANCELED
        if failed and all(dep.result in (Result.CANCELED, Result.UPSTREAM_CANCELED) for dep in failed)
        else Result.UPSTREAM_FAILED
    )
    if run_if == "ALL_DONE":
        return None
    if run_if == "AT_LEAST_ONE_FAILED":
        return None if failed else Result.EXCLUDED
    if run_if == "ALL_FAILED":
        return None if len(failed) == len(deps) else Result.EXCLUDED
    if len(excluded) == len(deps):
        return Result.EXCLUDED
    if run_if == "AT_LEAST_ONE_SUCCESS":
        return None if len(failed) < len(deps) else upstream
    if failed:
        return upstream
    return None if all(dep.taken for dep in deps) else Result.EXCLUDED


def job_result(states: Mapping[str, TaskState], leaves: Iterable[str]) -> Result:
    """The job's result: its leaf tasks decide; a failure elsewhere makes a success one ``WITH_FAILURES``."""
    ends = [states[key].result for key in leaves]
    failed = [result for result in ends if result in FAILURES]
    if failed:
        canceled = all(result in (Result.CANCELED, Result.UPSTREAM_CANCELED) for result in failed)
        return Result.CANCELED if canceled else Result.FAILED
    if any(state.result in FAILURES for state in states.values()):
        return Result.SUCCESS_WITH_FAILURES
    return Result.SUCCESS
