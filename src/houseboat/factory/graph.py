"""The order of activities: who waits for whom, who runs, and what the outcome of all of them is.

Source: Data Factory's published rules of dependency conditions and of pipeline failure ("leaf rule").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.runs import Status

if TYPE_CHECKING:
    from houseboat.factory.model import Step

_HOLDS: dict[str, Callable[[Status], bool]] = {
    "succeeded": lambda status: status is Status.SUCCEEDED,
    "failed": lambda status: status is Status.FAILED,
    "skipped": lambda status: status is Status.SKIPPED,
    "completed": lambda status: status in (Status.SUCCEEDED, Status.FAILED),
}


def is_ready(step: Step, done: Mapping[str, Status]) -> bool:
    """Whether all that this activity waits for has ended."""
    return all(dependency.activity.lower() in done for dependency in step.depends_on)


def may_run(step: Step, done: Mapping[str, Status]) -> bool:
    """Whether its conditions hold: all dependencies, each by any of its conditions. Otherwise it is skipped."""
    return all(
        any(_HOLDS[condition.lower()](done[dependency.activity.lower()]) for condition in dependency.conditions)
        for dependency in step.depends_on
    )


def failing(steps: Sequence[Step], done: Mapping[str, Status]) -> list[Step]:
    """The activities because of which these together have failed; none when they succeeded.

    Only the leaves count, those that no other activity depends on. A skipped leaf counts as what it waited for.
    """
    by_key = {step.key: step for step in steps}
    awaited = {dependency.activity.lower() for step in steps for dependency in step.depends_on}
    guilty: dict[str, Step] = {}
    seen: set[str] = set()

    def visit(step: Step) -> None:
        if step.key in seen:
            return
        seen.add(step.key)
        if done[step.key] is Status.SKIPPED:
            for dependency in step.depends_on:
                visit(by_key[dependency.activity.lower()])
        elif done[step.key] is not Status.SUCCEEDED:
            guilty[step.key] = step

    for step in steps:
        if step.key not in awaited:
            visit(step)
    return [step for step in steps if step.key in guilty]


def ancestors(step: Step, steps: Sequence[Step]) -> frozenset[str]:
    """The keys of all activities that have ended before this one starts."""
    by_key = {one.key: one for one in steps}
    found: set[str] = set()
    waiting = [step]
    while waiting:
        for dependency in waiting.pop().depends_on:
            key = dependency.activity.lower()
            if key not in found and key in by_key:
                found.add(key)
                waiting.append(by_key[key])
    return frozenset(found)


def cycle(edges: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A circle in a graph of names, as ``[a, b, a]``; None when there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str] | None:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        for following in edges.get(node, ()):
            if found := visit(following, [*path, node]):
                return found
        done.add(node)
        return None

    return next((found for node in edges if (found := visit(node, []))), None)
