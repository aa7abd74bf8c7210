"""DatabricksJob: a job of the bundle, by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.databricks import launch
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Start the job with its parameters (as text) and wait for its end."""
    return launch(call, "job", to_text(call.required("jobId")), call.settings.get("jobParameters") or {})
