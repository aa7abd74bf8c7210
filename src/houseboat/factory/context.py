"""What an activity can reach while it runs.

- ``Services``: the same for the whole run: the factory's files, the record of runs, the lake, the web, the clock.
- ``Running``: one pipeline run: its parameters, its variables, what it returns.
- ``Context``: one place in it: the outcomes seen so far, the items of the loops around, the run to report to.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from houseboat.factory.errors import ActivityError, Failure
from houseboat.factory.expressions import Environment, Scope, evaluate

if TYPE_CHECKING:
    from houseboat.errors import Place
    from houseboat.factory.model import Definitions, Resource, Step
    from houseboat.factory.variables import Variables
    from houseboat.lake import Lake, WebSources
    from houseboat.runs import Json, Run, Runs, Status


class Cancellation:
    """A flag that says stop, to whoever asks. What is cancelled cancels what was made from it."""

    def __init__(self, parent: Cancellation | None = None) -> None:
        self._event = threading.Event()
        self._children: weakref.WeakSet[Cancellation] = weakref.WeakSet()
        if parent is not None:
            parent._children.add(self)  # noqa: SLF001 - one of its own
            if parent.requested:
                self._event.set()

    @property
    def requested(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask this and everything made from it to stop."""
        self._event.set()
        for child in list(self._children):
            child.request()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises ``ActivityError`` as soon as a stop is requested."""
        if self._event.wait(max(seconds, 0)):
            raise ActivityError("The activity was cancelled.", code="ActivityCancelled", failure_type="SystemError")


@dataclass(frozen=True)
class Outcome:
    """How one activity ended. ``view`` is what ``activity('X')`` gives; None when it gives nothing."""

    status: Status
    view: Mapping[str, Json] | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Results:
    """How a set of activities ended. ``failures`` are those because of which the set has failed."""

    outcomes: Mapping[str, Outcome]
    failures: Sequence[Failure]


class Runner(Protocol):
    """Runs activities and pipelines: the way in which containers start what is inside them."""

    def activities(self, steps: Sequence[Step], context: Context) -> Results:
        """Run a set of activities by their dependencies, to the end."""
        ...

    def pipeline(self, pipeline: Resource, arguments: Mapping[str, Json], run: Run, caller: Running) -> dict[str, Json]:
        """Run a pipeline inside ``run`` and return what it returns. Raises ``RunFailed``."""
        ...


@dataclass(frozen=True)
class Services:
    """The outside of a factory run."""

    definitions: Definitions
    runs: Runs
    lake: Lake
    web: WebSources
    runner: Runner
    environment: Environment = field(default_factory=Environment)


@dataclass(frozen=True)
class Running:
    """One run of one pipeline. ``system`` holds ``RunId``, ``Pipeline``, ``TriggerTime`` and their like."""

    services: Services
    pipeline: Resource
    run: Run
    parameters: Mapping[str, Json]
    system: Mapping[str, Json]
    variables: Variables
    cancellation: Cancellation
    returned: dict[str, Json] = field(default_factory=dict)
    trigger: Mapping[str, Json] | None = None
    detached: list[threading.Thread] = field(default_factory=list)
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """One place in a running pipeline. ``seen`` maps activity names to what ``activity(...)`` gives."""

    running: Running
    run: Run
    seen: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    items: tuple[Json, ...] = ()
    cancellation: Cancellation = field(default_factory=Cancellation)

    @property
    def services(self) -> Services:
        """The outside."""
        return self.running.services

    def scope(self) -> Scope:
        """What an expression sees here, now."""
        pipeline = {
            "parameters": self.running.parameters,
            "globalParameters": self.services.definitions.global_parameters,
            **self.running.system,
        }
        return Scope(
            pipeline=pipeline,
            variables=self.running.variables.snapshot(),
            activities=self.seen,
            items=self.items,
            trigger=self.running.trigger,
            environment=self.services.environment,
        )

    def evaluate(self, value: Json, place: Place | None = None) -> Json:
        """A JSON value with its expressions evaluated here. Raises ``ExpressionError``."""
        return evaluate(value, self.scope(), place)

    def within(self, run: Run, cancellation: Cancellation | None = None) -> Context:
        """The same place, reporting to another run."""
        return replace(self, run=run, cancellation=cancellation or self.cancellation)

    def with_item(self, item: Json) -> Context:
        """The same place inside a loop."""
        return replace(self, items=(*self.items, item))

    def with_seen(self, outcomes: Mapping[str, Outcome], names: Mapping[str, str]) -> Context:
        """The same place once these activities (lower-case name -> outcome) have ended; ``names`` spells them."""
        views = {names[key]: outcome.view for key, outcome in outcomes.items() if outcome.view is not None}
        return replace(self, seen={**self.seen, **views})
