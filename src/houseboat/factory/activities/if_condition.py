"""IfCondition: one of two branches. The branch not taken is never evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.inner import run_branch
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import type_name

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("ifTrueActivities", "ifFalseActivities")


def run(call: Call) -> Mapping[str, Json]:
    """Run the branch that the expression chooses; an empty one succeeds."""
    branch = "ifTrueActivities" if boolean(call, call.required("expression"), "expression") else "ifFalseActivities"
    run_branch(call, call.step.inner(branch))
    return {}


def boolean(call: Call, value: Json, name: str) -> bool:
    """The value of a condition; the texts True and False count. Raises ``ActivityError``."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise ActivityError(
            f"The expression of '{name}' must be a boolean, and evaluated to a value of type '{type_name(value)}'.",
            code="InvalidTemplate",
            place=call.step.at(f"typeProperties.{name}"),
        )
    return value
