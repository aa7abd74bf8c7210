"""The graph of a job's tasks, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.job_states import RUN_IF
from houseboat.databricks.tasks.registry import kind_of
from houseboat.databricks.yaml_places import Map, Seq, place_of

if TYPE_CHECKING:
    from houseboat.errors import Place


@dataclass(frozen=True)
class Edge:
    """A dependency: the other task, and the outcome of a condition that is asked for (``true``, ``false``)."""

    task: str
    outcome: str | None = None


@dataclass(frozen=True)
class Node:
    """One task: its definition, type, dependencies and place."""

    key: str
    kind: str
    definition: Map
    edges: tuple[Edge, ...]
    run_if: str
    place: Place


@dataclass(frozen=True)
class Graph:
    """The tasks of a job by key, in an order in which each comes after what it depends on."""

    nodes: Mapping[str, Node]

    @property
    def leaves(self) -> list[str]:
        """The tasks on which no other depends."""
        needed = {edge.task for node in self.nodes.values() for edge in node.edges}
        return [key for key in self.nodes if key not in needed]

    def downstream(self, keys: Sequence[str]) -> set[str]:
        """These tasks and all that depend on them."""
        found = set(keys)
        for key, node in self.nodes.items():  # in order, so one pass is enough
            if any(edge.task in found for edge in node.edges):
                found.add(key)
        return found


def build_graph(name: str, definition: Map) -> Graph:
    """The job's graph; raises ``JobError`` for keys, dependencies and cycles that cannot be."""
    tasks = definition.get("tasks") or Seq()
    if not tasks:
        raise JobError(f"job {name!r} has no tasks", place=place_of(definition))
    nodes: dict[str, Node] = {}
    for number, task in enumerate(tasks):
        place = place_of(tasks, number)
        key = str(task.get("task_key") or "")
        if not key:
            raise JobError(f"task {number + 1} of job {name!r} has no task_key", place=place)
        if key in nodes:
            raise JobError(
                f"job {name!r} has two tasks {key!r}", place=place, hint=f"the first is at {nodes[key].place}"
            )
        nodes[key] = Node(key, kind_of(task, key, place), task, tuple(_edges(task)), _run_if(task, place), place)
    for node in nodes.values():
        _check_edges(node, nodes)
    return Graph({key: nodes[key] for key in _ordered(name, nodes)})


def _edges(task: Map) -> Iterator[Edge]:
    for dependency in task.get("depends_on") or ():
        outcome = dependency.get("outcome")
        yield Edge(str(dependency.get("task_key")), None if outcome is None else str(outcome).lower())


def _run_if(task: Map, place: Place) -> str:
    value = str(task.get("run_if") or "ALL_SUCCESS")
    if value not in RUN_IF:
        raise JobError(f"run_if: {value!r} is none of {', '.join(RUN_IF)}", place=place_of(task, "run_if") or place)
    return value


def _check_edges(node: Node, nodes: Mapping[str, Node]) -> None:
    place = place_of(node.definition, "depends_on")
    for edge in node.edges:
        if edge.task not in nodes:
            raise JobError(
                f"task {node.key!r} depends on {edge.task!r}, which is no task of the job",
                place=place,
                hint=f"tasks: {', '.join(nodes)}",
            )
        if edge.outcome is not None and nodes[edge.task].kind != "condition_task":
            raise JobError(
                f"task {node.key!r} asks for an outcome of {edge.task!r}, which is no condition_task", place=place
            )
        if edge.outcome not in (None, "true", "false"):
            raise JobError(f"task {node.key!r}: outcome {edge.outcome!r} is neither true nor false", place=place)


def _ordered(name: str, nodes: Mapping[str, Node]) -> list[str]:
    order: list[str] = []
    trail: list[str] = []

    def visit(key: str) -> None:
        if key in order:
            return
        if key in trail:
            circle = " -> ".join([*trail[trail.index(key) :], key])
            raise JobError(
                f"the tasks of job {name!r} wait for each other: {circle}",
                place=place_of(nodes[key].definition, "depends_on"),
                hint="take one depends_on out of the circle",
            )
        trail.append(key)
        for edge in nodes[key].edges:
            visit(edge.task)
        trail.pop()
        order.append(key)

    for key in nodes:
        visit(key)
    return order
