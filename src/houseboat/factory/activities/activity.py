"""What a type of activity is: a module with two names.

``OWN``: the properties of ``typeProperties`` that it evaluates itself (or that hold inner activities).
``run(call)``: does the work and returns the output; raises for failure.

To add a type: one file in this folder, one row in ``ACTIVITIES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from houseboat.factory import timespan
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.context import Context
    from houseboat.factory.model import Step
    from houseboat.runs import Json


@dataclass(frozen=True)
class Call:
    """One attempt of one activity. ``settings`` are its evaluated typeProperties without what it evaluates itself.

    ``timeout`` is the policy's, in seconds, None when there is none; whoever runs the activity enforces it.
    """

    step: Step
    settings: Mapping[str, Json]
    context: Context
    timeout: float | None = None

    def required(self, name: str) -> Json:
        """A setting that must be there. Raises ``ActivityError``."""
        value = self.settings.get(name)
        if value is None:
            raise ActivityError(
                f"the property '{name}' has no value",
                code="MissingProperty",
                place=self.step.at(f"typeProperties.{name}"),
            )
        return value

    def seconds(self, name: str, default: float) -> float:
        """A setting that is a time span (``0.00:00:10``) or a number of seconds. Raises ``ActivityError``."""
        value = self.settings.get(name)
        length = default if value is None else timespan.seconds(value)
        if length is None:
            raise ActivityError(
                f"'{value}' is not a time span",
                code="BadTimeSpan",
                place=self.step.at(f"typeProperties.{name}"),
                hint="write it as d.hh:mm:ss, such as 0.00:01:00",
            )
        return length

    def progress(self, message: str) -> None:
        """Tell listeners how far the activity is."""
        self.context.services.runs.progress(self.context.run, message)


class Activity(Protocol):
    """A type of activity; the modules of this folder are the implementations."""

    @property
    def OWN(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Properties that are not evaluated before ``run``."""
        ...

    def run(self, call: Call, /) -> Mapping[str, Json]:
        """Do it and return the output; any exception is the activity's failure."""
        ...
