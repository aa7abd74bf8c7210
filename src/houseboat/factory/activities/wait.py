"""Wait: some seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Wait that long."""
    call.context.cancellation.sleep(float(call.required("waitTimeInSeconds")))
    return {}
