"""ForEach: its activities once per element, in parallel up to ``batchCount`` or one after the other.

A failing iteration does not stop the others; at the end the whole has failed. Source: Data Factory's published limits
(20 at a time unless told otherwise, 50 at most).
"""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from houseboat.factory.activities.inner import inner_failed, run_inner
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import type_name

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.factory.context import Results
    from houseboat.runs import Json

OWN = ("activities",)
_USUAL, _MOST = 20, 50


def run(call: Call) -> Mapping[str, Json]:
    """Run all iterations; the output counts them."""
    items = call.required("items")
    if not isinstance(items, list):
        raise ActivityError(
            f"The function 'items' of a ForEach expects an array, and was given a value of type '{type_name(items)}'.",
            code="InvalidTemplate",
            place=call.step.at("typeProperties.items"),
            hint="give a parameter of type array, or an output such as activity('X').output.value",
        )
    together = 1 if call.settings.get("isSequential") is True else int(call.settings.get("batchCount") or _USUAL)
    failures = [failure for results in _iterations(call, items, together) for failure in results.failures]
    if failures:
        raise inner_failed(failures[0])
    return {"ItemsCount": len(items)}


def _iterations(call: Call, items: list[Json], together: int) -> list[Results]:
    steps = call.step.inner("activities")

    def iteration(item: Json) -> Results:
        return run_inner(call, steps, call.context.with_item(item))

    if together <= 1 or len(items) <= 1:
        return [iteration(item) for item in items]
    with ThreadPoolExecutor(min(together, _MOST, len(items)), thread_name_prefix=f"each of {call.step.name}") as pool:
        started = [pool.submit(contextvars.copy_context().run, iteration, item) for item in items]
        return [future.result() for future in started]
