"""Circles, ancestors and conditions, without running anything."""

from __future__ import annotations

import pytest

from houseboat.errors import Place
from houseboat.factory.graph import ancestors, cycle, failing, is_ready, may_run
from houseboat.factory.model import Step
from houseboat.runs import Status


def step(name: str, **after: list[str]) -> Step:
    """An activity that depends on others."""
    depends = [{"activity": one, "dependencyConditions": conditions} for one, conditions in after.items()]
    return Step({"name": name, "type": "Wait", "dependsOn": depends}, Place(at=name))


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, None),
        ({"a": ["a"]}, ["a", "a"]),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
        ({"a": ["nowhere"]}, None),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, None),
    ],
)
def test_a_circle_is_found_and_shown(edges: dict[str, list[str]], circle: list[str] | None) -> None:
    """A diamond is none."""
    assert cycle(edges) == circle


def test_ancestors_are_all_that_lead_here() -> None:
    """Through any number of steps, whatever the conditions."""
    steps = [step("A"), step("B", A=["Failed"]), step("C", b=["Completed"]), step("D")]
    assert ancestors(steps[2], steps) == {"a", "b"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("Succeeded", "Succeeded"), ("Failed", "Failed"), ("Skipped", "Skipped"), ("Completed", "Succeeded Failed")],
)
def test_what_a_condition_holds_for(condition: str, holds: str) -> None:
    """Completed does not mean skipped."""
    waiting = step("B", A=[condition])
    assert not is_ready(waiting, {})
    true_for = [status for status in ("Succeeded", "Failed", "Skipped") if may_run(waiting, {"a": Status(status)})]
    assert true_for == holds.split()


def test_several_conditions_are_alternatives_and_several_activities_are_not() -> None:
    """Or within one dependency, and between them."""
    either = step("C", A=["Failed", "Skipped"], B=["Succeeded"])
    assert may_run(either, {"a": Status.SKIPPED, "b": Status.SUCCEEDED})
    assert not may_run(either, {"a": Status.SKIPPED, "b": Status.FAILED})


def test_a_skipped_leaf_counts_as_what_it_waited_for() -> None:
    """Down to the activity that is guilty."""
    steps = [step("A"), step("B", A=["Succeeded"]), step("C", B=["Succeeded"])]
    done = {"a": Status.FAILED, "b": Status.SKIPPED, "c": Status.SKIPPED}
    assert [one.name for one in failing(steps, done)] == ["A"]
