"""What a factory's files hold: plain JSON with the place of everything in it.

The JSON is kept as it is; these values only say where it came from and give names to its parts. Names are compared
without regard to case, as Data Factory does.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from houseboat.errors import Place
from houseboat.factory.errors import FactoryError
from houseboat.runs import Json, Status

CONDITIONS = ("Succeeded", "Failed", "Skipped", "Completed")


@dataclass(frozen=True)
class Resource:
    """One file of the factory: a pipeline, dataset, linked service or trigger."""

    kind: str
    name: str
    file: Path
    body: Mapping[str, Json]

    @property
    def properties(self) -> Mapping[str, Json]:
        """The file's ``properties``."""
        return self.body.get("properties") or {}

    @property
    def type(self) -> str:
        """The ``type`` inside the properties; empty for pipelines."""
        return str(self.properties.get("type") or "")

    @property
    def type_properties(self) -> Mapping[str, Json]:
        """What depends on the type."""
        return self.properties.get("typeProperties") or {}

    def place(self, at: str | None = None) -> Place:
        """A place in this file."""
        return Place(self.file, None, at)


@dataclass(frozen=True)
class Dependency:
    """This activity waits for ``activity`` and runs when one of ``conditions`` is true of it."""

    activity: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One activity as it stands in a pipeline's file."""

    definition: Mapping[str, Json]
    place: Place

    @property
    def name(self) -> str:
        """The activity's name."""
        return str(self.definition.get("name") or "")

    @property
    def key(self) -> str:
        """The name for comparing."""
        return self.name.lower()

    @property
    def type(self) -> str:
        """The activity's type, such as ``Copy``."""
        return str(self.definition.get("type") or "")

    @property
    def type_properties(self) -> Mapping[str, Json]:
        """The settings of this type of activity."""
        return self.definition.get("typeProperties") or {}

    @property
    def policy(self) -> Mapping[str, Json]:
        """Timeout, retries and what is secret."""
        return self.definition.get("policy") or {}

    @property
    def depends_on(self) -> tuple[Dependency, ...]:
        """The activities that this one waits for."""
        return tuple(
            Dependency(str(entry.get("activity") or ""), tuple(entry.get("dependencyConditions") or ("Succeeded",)))
            for entry in self.definition.get("dependsOn") or []
        )

    @property
    def marked(self) -> Status | None:
        """For an inactive activity, the outcome that it counts as; None for an active one."""
        if str(self.definition.get("state") or "Active").lower() != "inactive":
            return None
        return Status(str(self.definition.get("onInactiveMarkAs") or "Succeeded").capitalize())

    def at(self, step: str) -> Place:
        """A place below this activity, such as ``typeProperties.items``."""
        return Place(self.place.file, None, f"{self.place.at}.{step}")

    def inner(self, property_name: str) -> list[Step]:
        """The activities in a property of a container, such as ``ifTrueActivities``."""
        at = f"{self.place.at}.typeProperties.{property_name}"
        return steps(self.type_properties.get(property_name), Place(self.place.file, None, at))

    def children(self) -> Iterator[list[Step]]:
        """Every list of activities inside this one."""
        for property_name in ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities"):
            if self.type_properties.get(property_name):
                yield self.inner(property_name)
        for index, case in enumerate(self.type_properties.get("cases") or []):
            yield steps(case.get("activities"), self.at(f"typeProperties.cases[{index}].activities"))


def steps(activities: Json, place: Place) -> list[Step]:
    """The activities of a JSON list that stands at ``place``."""
    return [
        Step(activity, Place(place.file, None, f"{place.at}[{index}]"))
        for index, activity in enumerate(activities or [])
    ]


def pipeline_steps(pipeline: Resource) -> list[Step]:
    """The outermost activities of a pipeline."""
    return steps(pipeline.properties.get("activities"), pipeline.place("properties.activities"))


@dataclass(frozen=True)
class Definitions:
    """All files of a factory, by kind (``pipeline``, ``dataset``, ``linkedService``, ``trigger``) and lower-case name."""

    folder: Path
    name: str
    resources: Mapping[str, Mapping[str, Resource]]
    global_parameters: Mapping[str, Json] = field(default_factory=dict)

    def names(self, kind: str) -> list[str]:
        """The names of a kind, sorted, as the files spell them."""
        return sorted(resource.name for resource in self.resources.get(kind, {}).values())

    def find(self, kind: str, name: str, place: Place | None = None) -> Resource:
        """The file of this kind and name. ``place`` is where the name was written. Raises ``FactoryError``."""
        found = self.resources.get(kind, {}).get(name.lower())
        if found is None:
            raise FactoryError(
                f"there is no {kind} named '{name}'",
                place=place or Place(self.folder),
                hint=suggestion(name, self.names(kind), f"add {kind}/{name}.json"),
                code="ReferenceNotFound",
            )
        return found


def suggestion(name: str, known: list[str], otherwise: str) -> str:
    """What the user probably meant, for a hint."""
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"{otherwise}; known are: {', '.join(known)}" if known else otherwise
