"""What the containers share: running inner activities and reporting their failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.factory.errors import ActivityError, Failure

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.factory.context import Context, Results
    from houseboat.factory.model import Step


def run_inner(call: Call, steps: list[Step], context: Context | None = None) -> Results:
    """Run inner activities to the end, whatever becomes of them."""
    context = context or call.context
    return context.services.runner.activities(steps, context)


def run_branch(call: Call, steps: list[Step]) -> None:
    """Run the inner activities of a branch. Raises ``ActivityError`` when they fail."""
    results = run_inner(call, steps)
    if results.failures:
        raise inner_failed(results.failures[0])


def inner_failed(failure: Failure) -> ActivityError:
    """The error of a container in which an activity failed, in Data Factory's words."""
    return ActivityError(
        f"Activity failed because an inner activity failed; Inner activity name: {failure.target}, "
        f"Error: {failure.message}",
        code="ActionFailed",
        details=[failure.as_json()],
        place=failure.place,
    )
