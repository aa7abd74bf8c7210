"""AppendVariable: one more element at the end of an array variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Append it; the output is the name and the grown array."""
    name = call.required("variableName")
    return {"name": name, "value": call.context.running.variables.append(name, call.settings.get("value"))}
