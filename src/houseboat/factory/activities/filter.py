"""Filter: the elements for which the condition holds, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.if_condition import boolean
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import type_name

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("condition",)


def run(call: Call) -> Mapping[str, Json]:
    """Evaluate the condition for each element."""
    items = call.required("items")
    if not isinstance(items, list):
        raise ActivityError(
            f"The items of a Filter must be an array, not a value of type '{type_name(items)}'.",
            code="InvalidTemplate",
            place=call.step.at("typeProperties.items"),
        )
    condition, place = call.step.type_properties.get("condition"), call.step.at("typeProperties.condition")
    kept = [
        item for item in items if boolean(call, call.context.with_item(item).evaluate(condition, place), "condition")
    ]
    return {"ItemsCount": len(items), "FilteredItemsCount": len(kept), "Value": kept}
