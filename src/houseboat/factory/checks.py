"""Finds what is wrong with a pipeline before anything of it runs.

Checked are the pipeline and every pipeline that it can start: activity types, names, dependencies, circles,
references, variables and the grammar of all expressions. Inactive activities are not checked, as in Data Factory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError, Place
from houseboat.factory.errors import ExpressionError, FactoryError
from houseboat.factory.expressions.grammar import Literal, calls
from houseboat.factory.expressions.template import Expression, Interpolated, read
from houseboat.factory.graph import ancestors, cycle
from houseboat.factory.model import CONDITIONS, Definitions, Resource, Step, pipeline_steps, suggestion

if TYPE_CHECKING:
    from houseboat.runs import Json

_REFERENCES = {
    "DatasetReference": "dataset",
    "LinkedServiceReference": "linkedService",
    "PipelineReference": "pipeline",
}
_EVALUATED = ("typeProperties", "policy", "userProperties", "inputs", "outputs", "linkedServiceName")
_INNER = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities", "cases")


def check(definitions: Definitions, pipeline: str, known_types: Mapping[str, object]) -> None:
    """Raise the first problem of a pipeline and of all that it can start, saying how many more there are."""
    problems = list(pipeline_problems(definitions, pipeline, known_types))
    if problems:
        first = problems[0]
        if len(problems) > 1:
            first.hint = f"{first.hint + '; ' if first.hint else ''}{len(problems) - 1} more problem(s) in these files"
        raise first


def pipeline_problems(
    definitions: Definitions,
    name: str,
    known_types: Mapping[str, object],
) -> Iterator[HouseboatError]:
    """Every problem, in the order of the files."""
    edges: dict[str, list[str]] = {}
    waiting = [definitions.find("pipeline", name)]
    while waiting:
        pipeline = waiting.pop(0)
        key = pipeline.name.lower()
        if key in edges:
            continue
        checker = _Checker(definitions, pipeline, known_types)
        yield from checker.problems()
        edges[key] = [child.name.lower() for child in checker.started]
        waiting.extend(checker.started)
    if circle := cycle(edges):
        first = definitions.find("pipeline", circle[0])
        shown = " -> ".join(definitions.find("pipeline", one).name for one in circle)
        yield FactoryError(
            f"the pipelines start each other in a circle: {shown}",
            place=first.place("properties.activities"),
            hint="remove one of the ExecutePipeline activities",
            code="CyclicPipelines",
        )


class _Checker:
    """The checks of one pipeline; ``started`` are the pipelines that it can start."""

    def __init__(self, definitions: Definitions, pipeline: Resource, known_types: Mapping[str, object]) -> None:
        self._definitions = definitions
        self._pipeline = pipeline
        self._known = known_types
        self._names: dict[str, Place] = {}
        self.started: list[Resource] = []

    def problems(self) -> Iterator[HouseboatError]:
        yield from self._steps(pipeline_steps(self._pipeline), frozenset())

    def _steps(self, steps: list[Step], outside: frozenset[str]) -> Iterator[HouseboatError]:
        """``outside``: the activities that have ended before any of these starts."""
        for step in steps:
            yield from self._name(step)
            if step.marked is None:
                yield from self._active(step)
        yield from self._dependencies(steps)
        for step in steps:
            if step.marked is None:
                before = outside | ancestors(step, steps)
                yield from self._seen(step, before)
                for children in step.children():
                    yield from self._steps(children, before)

    def _seen(self, step: Step, before: frozenset[str]) -> Iterator[FactoryError]:
        """What ``activity('X')`` names must have ended before; Until also sees what is inside it."""
        if step.type == "Until":
            before |= {child.key for children in step.children() for child in children}
        own = {key: value for key, value in step.type_properties.items() if key not in _INNER}
        parts = {part: step.definition.get(part) for part in _EVALUATED} | {"typeProperties": own}
        for part, value in parts.items():
            for name in sorted(_named_by("activity", value) - before):
                yield FactoryError(
                    f"The output of activity '{name}' can't be referenced since it is either not an ancestor to the "
                    f"current activity '{step.name}' or does not exist",
                    place=step.at(part),
                    hint=f"let '{step.name}' depend on it, directly or through others",
                    code="ActivityNotAncestor",
                )

    def _name(self, step: Step) -> Iterator[FactoryError]:
        if not step.name:
            yield FactoryError("an activity has no name", place=step.place)
        elif step.key in self._names:
            where = self._names[step.key]
            yield FactoryError(
                f"two activities are named '{step.name}'",
                place=step.at("name"),
                hint=f"the other one: {where.at}",
            )
        self._names.setdefault(step.key, step.place)

    def _active(self, step: Step) -> Iterator[HouseboatError]:
        if step.type not in self._known:
            hint = suggestion(step.type, sorted(self._known), "the documentation lists what is known")
            yield FactoryError(
                f"activity '{step.name}' has the unknown type '{step.type}'",
                place=step.at("type"),
                hint=hint.split("; known are")[0],
                code="UnknownActivityType",
            )
        own = {key: value for key, value in step.type_properties.items() if key not in _INNER}
        for part in _EVALUATED:
            value = own if part == "typeProperties" else step.definition.get(part)
            yield from self._value(value, step.at(part))
        if step.type in ("SetVariable", "AppendVariable"):
            yield from self._variable(step)

    def _value(self, value: Json, place: Place) -> Iterator[HouseboatError]:
        if isinstance(value, str):
            try:
                read(value)
            except ExpressionError as error:
                yield ExpressionError(error.message, place=place, hint=error.hint)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._value(item, _below(place, f"[{index}]"))
        elif isinstance(value, Mapping):
            yield from self._reference(value, place)
            for key, item in value.items():
                yield from self._value(item, _below(place, f".{key}"))

    def _reference(self, value: Mapping[str, Json], place: Place) -> Iterator[FactoryError]:
        kind, name = _REFERENCES.get(str(value.get("type"))), value.get("referenceName")
        if kind is None or not isinstance(name, str) or name.startswith("@"):
            return
        try:
            target = self._definitions.find(kind, name, place)
        except FactoryError as error:
            yield error
            return
        if kind == "pipeline":
            self.started.append(target)
        elif kind == "dataset":
            linked = target.properties.get("linkedServiceName") or {}
            yield from self._reference(linked, target.place("properties.linkedServiceName"))

    def _dependencies(self, steps: list[Step]) -> Iterator[FactoryError]:
        names = {step.key: step.name for step in steps}
        for step in steps:
            for index, dependency in enumerate(step.depends_on):
                place = step.at(f"dependsOn[{index}]")
                if dependency.activity.lower() not in names:
                    yield FactoryError(
                        f"activity '{step.name}' depends on '{dependency.activity}', which is not beside it",
                        place=place,
                        hint=suggestion(dependency.activity, sorted(names.values()), "remove the dependency"),
                        code="UnknownDependency",
                    )
                for condition in dependency.conditions:
                    if condition.capitalize() not in CONDITIONS:
                        yield FactoryError(
                            f"'{condition}' is not a dependency condition",
                            place=place,
                            hint=f"conditions are {', '.join(CONDITIONS)}",
                        )
        if circle := cycle({step.key: [one.activity.lower() for one in step.depends_on] for step in steps}):
            at = next(step.place for step in steps if step.key == circle[0])
            yield FactoryError(
                f"activities wait for each other in a circle: {' -> '.join(names.get(one, one) for one in circle)}",
                place=at,
                hint="remove one of these dependencies",
                code="CyclicActivities",
            )

    def _variable(self, step: Step) -> Iterator[FactoryError]:
        name = step.type_properties.get("variableName")
        if not isinstance(name, str) or step.type_properties.get("setSystemVariable"):
            return
        declared = self._pipeline.properties.get("variables") or {}
        place = step.at("typeProperties.variableName")
        if name.lower() not in {variable.lower() for variable in declared}:
            hint = suggestion(name, sorted(declared), "declare it in properties.variables")
            yield FactoryError(f"there is no variable '{name}' in this pipeline", place=place, hint=hint)
        if step.type == "SetVariable" and name.lower() in _named_by("variables", step.type_properties.get("value")):
            yield FactoryError(
                "The expression contains self referencing variable. A variable cannot reference itself in the expression.",
                place=step.at("typeProperties.value"),
                hint="set another variable first, then this one from it",
            )


def _below(place: Place, at: str) -> Place:
    return Place(place.file, None, f"{place.at}{at}")


def _named_by(function: str, value: Json) -> set[str]:
    """The names, in lower case, that calls such as ``variables('v')`` in a value hold."""
    match value:
        case str():
            return set(_named_in(function, value))
        case list():
            return {name for item in value for name in _named_by(function, item)}
        case Mapping():
            return {name for item in value.values() for name in _named_by(function, item)}
        case _:
            return set()


def _named_in(function: str, text: str) -> Iterator[str]:
    try:
        template = read(text)
    except ExpressionError:
        return  # reported where the expression stands
    parts = template.parts if isinstance(template, Interpolated) else (template,)
    for part in parts:
        for call in calls(part.node) if isinstance(part, Expression) else []:
            if call.name.lower() == function and call.arguments and isinstance(call.arguments[0], Literal):
                yield str(call.arguments[0].value).lower()
