"""run_if and job results, case by case."""

from __future__ import annotations

import pytest

from houseboat.databricks.job_states import Dependency, Result, TaskState, decide, job_result

S, F, E, C = Result.SUCCESS, Result.FAILED, Result.EXCLUDED, Result.CANCELED
UF, UC, T = Result.UPSTREAM_FAILED, Result.UPSTREAM_CANCELED, Result.TIMEDOUT


@pytest.mark.parametrize(
    ("run_if", "results", "expected"),
    [
        ("ALL_SUCCESS", [], None),
        ("ALL_SUCCESS", [S, S], None),
        ("ALL_SUCCESS", [S, E], None),
        ("ALL_SUCCESS", [E, E], E),
        ("ALL_SUCCESS", [S, F], UF),
        ("ALL_SUCCESS", [S, T], UF),
        ("ALL_SUCCESS", [S, UF], UF),
        ("ALL_SUCCESS", [S, C], UC),
        ("AT_LEAST_ONE_SUCCESS", [F, S], None),
        ("AT_LEAST_ONE_SUCCESS", [F, F], UF),
        ("AT_LEAST_ONE_SUCCESS", [E, E], E),
        ("NONE_FAILED", [S, E], None),
        ("NONE_FAILED", [S, F], UF),
        ("NONE_FAILED", [E], E),
        ("ALL_DONE", [F, E, UF], None),
        ("AT_LEAST_ONE_FAILED", [S, F], None),
        ("AT_LEAST_ONE_FAILED", [S, E], E),
        ("ALL_FAILED", [F, UF, T, C], None),
        ("ALL_FAILED", [F, S], E),
        ("ALL_FAILED", [F, E], E),
    ],
)
def test_run_if_follows_the_table(run_if: str, results: list[Result], expected: Result | None) -> None:
    """Excluded counts as success, upstream failures and time-outs as failure."""
    assert decide(run_if, [Dependency(result) for result in results]) is expected


def test_a_branch_not_taken_excludes_a_task_that_also_waits_for_others() -> None:
    """'After A, and if the condition is true' does not run when the condition is false."""
    assert decide("ALL_SUCCESS", [Dependency(S), Dependency(S, taken=False)]) is E
    assert decide("ALL_DONE", [Dependency(S), Dependency(S, taken=False)]) is None


@pytest.mark.parametrize(
    ("results", "leaves", "expected"),
    [
        ({"a": S, "b": S}, ["b"], S),
        ({"a": F, "b": S}, ["b"], Result.SUCCESS_WITH_FAILURES),
        ({"a": S, "b": F}, ["b"], F),
        ({"a": F, "b": UF}, ["b"], F),
        ({"a": S, "b": E}, ["b"], S),
        ({"a": C, "b": UC}, ["b"], C),
        ({"a": S, "b": F, "c": S}, ["b", "c"], F),
        ({"a": T}, ["a"], F),
    ],
)
def test_leaves_decide_on_the_job(results: dict[str, Result], leaves: list[str], expected: Result) -> None:
    """A failure elsewhere makes a success one with failures."""
    assert job_result({key: TaskState(key, result) for key, result in results.items()}, leaves) is expected
