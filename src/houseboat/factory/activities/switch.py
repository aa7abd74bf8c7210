"""Switch: the case whose value equals the expression's text, or the default. Upper and lower case differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.inner import run_branch
from houseboat.factory.expressions.values import to_text
from houseboat.factory.model import steps

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("cases", "defaultActivities")


def run(call: Call) -> Mapping[str, Json]:
    """Run the activities of the case."""
    value = to_text(call.settings["on"] if "on" in call.settings else call.required("expression"))
    for index, case in enumerate(call.step.type_properties.get("cases") or []):
        if to_text(case.get("value")) == value:
            place = call.step.at(f"typeProperties.cases[{index}].activities")
            run_branch(call, steps(case.get("activities"), place))
            return {}
    run_branch(call, call.step.inner("defaultActivities"))
    return {}
