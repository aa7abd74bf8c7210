"""What runs here and Azure would refuse: a pipeline beyond the service's limits is run, and warned about.

Source: the published limits of Data Factory (activities with inner ones, parameters, length of expressions) and of
each control activity (nesting, cases, parallel iterations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from houseboat.factory.model import pipeline_steps

if TYPE_CHECKING:
    from houseboat.factory.model import Resource, Step
    from houseboat.runs import Json

LIMITS: dict[str, tuple[int, str]] = {
    "activities": (120, "activities in a pipeline, inner ones too (older factories: 40 or 80)"),
    "parameters": (50, "parameters of a pipeline"),
    "expression": (8192, "characters of an expression"),
    "cases": (25, "cases of a Switch"),
    "batchCount": (50, "parallel iterations of a ForEach (batchCount)"),
    "nesting": (
        1,
        "level of ForEach, Until, IfCondition or Switch inside one another: move the inner one to a pipeline",
    ),
}
"""Name -> how many the service takes, and of what."""

NO_EFFECT: dict[str, str] = {
    "concurrency": "one process runs a project at a time; a second one is told who does",
    "policy.elapsedTimeMetric": "raises a metric in Azure Monitor and stops nothing there, either",
    "annotations": "are for people",
    "folder": "is for people",
    "runDimensions": "are for the service's monitoring",
}
"""Properties of a pipeline that are accepted and change nothing at home -> why."""

_CONTAINERS = ("ForEach", "Until", "IfCondition", "Switch")


def warnings(pipeline: Resource) -> list[str]:
    """One sentence for every limit of the service that the pipeline breaks."""
    steps = list(_all(pipeline_steps(pipeline), 0))
    properties = pipeline.properties
    found = [
        *_beyond("activities", len(steps), "the pipeline"),
        *_beyond("parameters", len(properties.get("parameters") or {}), "the pipeline"),
    ]
    for step, depth in steps:
        name = f"activity '{step.name}'"
        settings = step.type_properties
        if step.type in _CONTAINERS:
            found += _beyond("nesting", depth + 1, name)
        found += _beyond("cases", len(settings.get("cases") or []), name)
        if isinstance(settings.get("batchCount"), int):
            found += _beyond("batchCount", settings["batchCount"], name)
        found += _beyond("expression", max(_lengths(settings), default=0), name)
    return found


def _beyond(limit: str, number: int, where: str) -> list[str]:
    most, what = LIMITS[limit]
    return [f"Azure takes at most {most} {what}; {where} has {number}"] if number > most else []


def _all(steps: list[Step], depth: int) -> Iterator[tuple[Step, int]]:
    """Every activity with the number of containers around it."""
    for step in steps:
        yield step, depth
        for children in step.children():
            yield from _all(children, depth + 1)


def _lengths(value: Json) -> Iterator[int]:
    """Lengths of the expressions in a value, without those of inner activities."""
    match value:
        case str() if value.startswith("@"):
            yield len(value)
        case list():
            for item in value:
                yield from _lengths(item)
        case Mapping():
            for key, item in value.items():
                if not key.lower().endswith("activities") and key != "cases":
                    yield from _lengths(item)
