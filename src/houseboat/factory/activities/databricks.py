"""What the Databricks activities share: starting the other service's run and reporting it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError
from houseboat.factory.activities.output import tail
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

_NAMED_BY = {"job": "jobId", "notebook": "notebookPath"}


def launch(call: Call, kind: str, name: str, parameters: Mapping[str, Json]) -> Mapping[str, Json]:
    """Run a job or notebook to its end. Raises ``ActivityError`` when it fails."""
    started = time.monotonic()
    texts = {key: to_text(value) for key, value in parameters.items()}
    try:
        run = call.context.services.runs.launch(kind, name, texts, parent=call.context.run)
    except HouseboatError as error:
        raise ActivityError(
            f"Databricks execution failed with error state: InternalError, error message: {error.message}",
            code="3204",
            hint=error.hint,
            place=error.place or call.step.at(f"typeProperties.{_NAMED_BY[kind]}"),
        ) from error
    output: dict[str, Json] = {"runId": run.id, "runPageUrl": f"houseboat:run/{run.id}"}
    if run.output.get("exit") is not None:
        output["runOutput"] = _readable(run.output["exit"])
    return {**output, **tail(time.monotonic() - started, "ExternalActivity")}


def _readable(text: Json) -> Json:
    """What a notebook returned: an object or array when its text is JSON of one, else the text."""
    if not isinstance(text, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (dict, list)) else text
