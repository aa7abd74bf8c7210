"""The end of the output that activities share, in Data Factory's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.runs import Json

RUNTIME = "Houseboat (local)"


def tail(seconds: float, kind: str = "PipelineActivity") -> dict[str, Json]:
    """What follows an activity's own output; ``seconds`` it took. Nothing is billed here, and nothing queues."""
    return {
        "effectiveIntegrationRuntime": RUNTIME,
        "executionDuration": int(seconds),
        "durationInQueue": {"integrationRuntimeQueue": 0},
        "billingReference": {"activityType": kind, "billableDuration": []},
    }
