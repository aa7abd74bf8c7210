"""Until: its activities again and again, until the expression holds. It is tested after each pass.

A failing inner activity does not stop the loop; the last pass decides about success.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory import timespan
from houseboat.factory.activities.if_condition import boolean
from houseboat.factory.activities.inner import inner_failed, run_inner
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("activities", "expression")
_WEEK = 7 * 86_400.0


def run(call: Call) -> Mapping[str, Json]:
    """Loop until the expression is true. Raises ``ActivityError`` at the timeout."""
    timeout = call.seconds("timeout", _WEEK)
    end = time.monotonic() + timeout
    steps = call.step.inner("activities")
    names = {step.key: step.name for step in steps}
    expression, place = call.step.type_properties.get("expression"), call.step.at("typeProperties.expression")
    passes = 0
    context = call.context
    while True:
        results = run_inner(call, steps, context)
        passes += 1
        context = context.with_seen(results.outcomes, names)
        if boolean(call, context.evaluate(expression, place), "expression"):
            break
        context.cancellation.sleep(0)
        if time.monotonic() >= end:
            raise ActivityError(
                f"The loop did not end within its timeout of {timespan.text(timeout)}, after {passes} passes.",
                code="ActivityTimeout",
                hint="put a Wait into the loop, raise its timeout, or look at its expression",
            )
    if results.failures:
        raise inner_failed(results.failures[0])
    return {}
