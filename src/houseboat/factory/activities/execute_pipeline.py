"""ExecutePipeline: another pipeline of the factory, waiting for its end or not."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError, RunFailed
from houseboat.factory.errors import ActivityError
from houseboat.runs import Json, Run, Status

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.factory.model import Resource

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Run it as a run of its own below this activity; the output holds what it returned."""
    reference = call.required("pipeline")
    services = call.context.services
    pipeline = services.definitions.find(
        "pipeline",
        reference["referenceName"],
        call.step.at("typeProperties.pipeline"),
    )
    arguments = {**(reference.get("parameters") or {}), **(call.settings.get("parameters") or {})}
    if call.settings.get("waitOnCompletion", True) is False:
        child = services.runs.begin("factory", pipeline.name, parent=call.context.run, input=None)
        _detach(call, pipeline, arguments, child)
        return {"pipelineName": pipeline.name, "pipelineRunId": child.id}
    try:
        with services.runs.record("factory", pipeline.name, parent=call.context.run) as child:
            returned = services.runner.pipeline(pipeline, arguments, child, call.context.running)
    except RunFailed as error:
        raise ActivityError(error.message, code="BadRequest") from None
    return {"pipelineName": pipeline.name, "pipelineRunId": child.id, "pipelineReturnValue": returned}


def _detach(call: Call, pipeline: Resource, arguments: Mapping[str, Json], child: Run) -> None:
    """Run it in the background; the outermost run waits for it before it ends, and does not mind how it went."""
    services, running = call.context.services, call.context.running

    def work() -> None:
        try:
            services.runner.pipeline(pipeline, arguments, child, running)
        except HouseboatError as error:
            services.runs.end(child, Status.FAILED, error=error)
        else:
            services.runs.end(child, Status.SUCCEEDED)

    variables = contextvars.copy_context()
    thread = threading.Thread(target=lambda: variables.run(work), daemon=True, name=f"pipeline {pipeline.name}")
    running.detached.append(thread)
    thread.start()
