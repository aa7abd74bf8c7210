"""What an expression can see: parameters, variables, activities, the current item; and the clock.

Source of which accessor works where: the published reference of system variables and scopes.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.factory.expressions.values import find_key

if TYPE_CHECKING:
    from houseboat.runs import Json


class Refused(Exception):  # noqa: N818 - internal: becomes an ExpressionError once the source text is known
    """A reason why an expression has no value, without the sentence around it."""


class Missing(Refused):
    """A property, element or activity is not there; a ``?`` in front of the step turns it into null."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _random_between(low: int, high: int) -> int:
    return random.randrange(low, high) if high > low else low  # noqa: S311 - ADF's rand() is no secret either


@dataclass(frozen=True)
class Environment:
    """The outside of the language: ``now`` (a datetime or an ISO text), ``guid`` and ``rand``."""

    now: Callable[[], datetime | str] = _utc_now
    guid: Callable[[], str] = lambda: str(uuid.uuid4())
    rand: Callable[[int, int], int] = _random_between


@dataclass(frozen=True)
class Scope:
    """The accessors of one place in the factory.

    An accessor that is None does not exist there: ``item()`` outside of a loop, ``dataset()`` in a pipeline.
    ``activities`` maps a name to ``{output, error, status, ...}`` of those that have run.
    """

    pipeline: Mapping[str, Json] | None = None
    variables: Mapping[str, Json] | None = None
    activities: Mapping[str, Mapping[str, Json]] | None = None
    items: tuple[Json, ...] = ()
    dataset: Mapping[str, Json] | None = None
    linked_service: Mapping[str, Json] | None = None
    trigger: Mapping[str, Json] | None = None
    environment: Environment = field(default_factory=Environment)

    def with_item(self, item: Json) -> Scope:
        """The same scope inside a loop over ``item``."""
        return replace(self, items=(*self.items, item))


def _object(name: str, value: Mapping[str, Json] | None) -> Json:
    if value is None:
        raise Refused(f"the function '{name}' cannot be used here")
    return value


def _named(name: str, what: str, values: Mapping[str, Json] | None, key: Json) -> Json:
    if not isinstance(key, str):
        raise Refused(f"the function '{name}' expects a name between quotes")
    found = find_key(values or {}, key)
    if values is None or found is None:
        known = ", ".join(values or {})
        raise Refused(f"the {what} '{key}' is not defined or has not run, available ones are '{known}'")
    return values[found]


def _item(scope: Scope) -> Json:
    if not scope.items:
        raise Refused("the function 'item' can only be used inside a ForEach or in the condition of a Filter")
    return scope.items[-1]


def _trigger_body(scope: Scope) -> Json:
    trigger = _object("triggerBody", scope.trigger)
    outputs = trigger.get("outputs") or {}
    if "body" not in outputs:
        raise Refused("the trigger of this run has no body")
    return outputs["body"]


ACCESSORS: dict[str, tuple[int, Callable[..., Json]]] = {
    "pipeline": (0, lambda scope: _object("pipeline", scope.pipeline)),
    "variables": (1, lambda scope, name: _named("variables", "variable", scope.variables, name)),
    "activity": (1, lambda scope, name: _named("activity", "activity", scope.activities, name)),
    "item": (0, _item),
    "dataset": (0, lambda scope: _object("dataset", scope.dataset)),
    "linkedservice": (0, lambda scope: _object("linkedService", scope.linked_service)),
    "trigger": (0, lambda scope: _object("trigger", scope.trigger)),
    "triggerbody": (0, _trigger_body),
}
"""Accessor name in lower case -> (number of arguments, how to get it from a scope)."""
