"""Resolves a dataset reference: the dataset's properties and its linked service's, with their parameters filled in.

Source: Data Factory's chain of parameters. The pipeline evaluates the reference's parameters, the dataset sees only
its own, and passes the linked service's; ``typeProperties`` are evaluated at each link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from houseboat.errors import Place
from houseboat.factory.expressions import evaluate
from houseboat.factory.expressions.scope import Scope
from houseboat.factory.parameters import bind

if TYPE_CHECKING:
    from houseboat.factory.context import Context
    from houseboat.runs import Json


@dataclass(frozen=True)
class LinkedService:
    """A connection: its ``type`` (``AzureBlobFS``) and its evaluated typeProperties."""

    name: str
    type: str
    settings: Mapping[str, Json]
    place: Place


@dataclass(frozen=True)
class Dataset:
    """Where data is and in which format: its ``type`` (``DelimitedText``) and its evaluated typeProperties."""

    name: str
    type: str
    settings: Mapping[str, Json]
    linked: LinkedService
    place: Place

    @property
    def location(self) -> Mapping[str, Json]:
        """The ``location``; datasets of the older form keep their paths in the settings themselves."""
        return self.settings.get("location") or self.settings

    def at(self, **location: Json) -> Dataset:
        """The same dataset, elsewhere."""
        return replace(self, settings={**self.settings, "location": {**self.location, **location}})


def resolve(reference: Mapping[str, Json], context: Context, place: Place) -> Dataset:
    """The dataset that an activity refers to. Raises ``FactoryError`` and ``ExpressionError``."""
    definition = context.services.definitions.find("dataset", str(reference["referenceName"]), place)
    arguments = context.evaluate(reference.get("parameters") or {}, Place(place.file, None, f"{place.at}.parameters"))
    owner = f"dataset '{definition.name}'"
    declared = definition.properties.get("parameters") or {}
    parameters = bind(declared, arguments, definition.place("properties.parameters"), owner)
    scope = Scope(dataset=parameters, environment=context.services.environment)
    settings = evaluate(dict(definition.type_properties), scope, definition.place("properties.typeProperties"))
    link = definition.properties.get("linkedServiceName") or {}
    at = definition.place("properties.linkedServiceName")
    return Dataset(definition.name, definition.type, settings, _linked(link, scope, context, at), definition.place())


def linked_service(reference: Mapping[str, Json], context: Context, place: Place) -> LinkedService:
    """The linked service that an activity itself refers to. Raises ``FactoryError`` and ``ExpressionError``."""
    return _linked(reference, context.scope(), context, place)


def _linked(reference: Mapping[str, Json], outer: Scope, context: Context, place: Place) -> LinkedService:
    definition = context.services.definitions.find("linkedService", str(reference.get("referenceName")), place)
    arguments = evaluate(reference.get("parameters") or {}, outer, place)
    declared = definition.properties.get("parameters") or {}
    owner = f"linked service '{definition.name}'"
    parameters = bind(declared, arguments, definition.place("properties.parameters"), owner)
    scope = Scope(linked_service=parameters, environment=context.services.environment)
    settings = evaluate(dict(definition.type_properties), scope, definition.place("properties.typeProperties"))
    return LinkedService(definition.name, definition.type, settings, definition.place())
