"""A Data Factory at home: loads its files, runs its pipelines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.errors import RunFailed
from houseboat.factory import limits, loader
from houseboat.factory.activities import ACTIVITIES
from houseboat.factory.checks import check
from houseboat.factory.context import Cancellation, Context, Results, Running, Services
from houseboat.factory.expressions import Environment
from houseboat.factory.expressions.functions.formats import utc
from houseboat.factory.model import Definitions, Resource, Step, pipeline_steps
from houseboat.factory.parameters import bind
from houseboat.factory.redaction import hidden, redacted, secrets_of
from houseboat.factory.scheduler import run_activities
from houseboat.factory.variables import Variables

if TYPE_CHECKING:
    from houseboat.lake import Lake, WebSources
    from houseboat.runs import Json, Run, Runs, Starter

MANUAL: Mapping[str, Json] = {"name": "Manual", "type": "Manual"}
"""What started a run that nobody says otherwise about."""


@dataclass(frozen=True)
class Factory:
    """The pipelines of one factory. ``environment`` is the clock and the dice of its expressions.

    Factory.load(folder)                            reads the files
    factory.names                                   the pipelines
    factory.check("master")                         finds what is wrong without running anything
    factory.run("master", {...}, runs=..., ...)     runs one, recorded in ``runs``
    factory.starter(runs=..., lake=..., web=...)    for ``runs.register("factory", ...)``
    """

    definitions: Definitions
    environment: Environment = field(default_factory=Environment)

    @classmethod
    def load(cls, folder: Path) -> Factory:
        """Read a folder in the layout of the Git integration. Raises ``FactoryError``."""
        return cls(loader.load(folder))

    @property
    def names(self) -> list[str]:
        """The pipelines, sorted."""
        return self.definitions.names("pipeline")

    def check(self, name: str) -> None:
        """Raise the first problem of a pipeline and of all that it can start."""
        check(self.definitions, name, ACTIVITIES)

    def run(
        self,
        name: str,
        parameters: Mapping[str, Json] | None = None,
        *,
        runs: Runs,
        lake: Lake,
        web: WebSources,
        parent: Run | None = None,
        trigger: Mapping[str, Json] | None = None,
    ) -> Mapping[str, Json]:
        """Run a pipeline to its end; the output holds ``pipelineReturnValue``, and ``warnings`` where Azure
        would refuse what runs here.

        ``trigger``: ``{name, type, startTime, scheduledTime, outputs}`` of what fires the run. Raises ``FactoryError``
        before anything runs, ``RunFailed`` when the pipeline fails.
        """
        pipeline = self.definitions.find("pipeline", name)
        with runs.record("factory", pipeline.name, parent=parent, input=_shown(pipeline, parameters or {})) as run:
            services = Services(self.definitions, runs, lake, web, _Runner(), self.environment)
            run.output.update(self._run(pipeline, parameters or {}, run, services, trigger))
        return run.output

    def starter(self, *, runs: Runs, lake: Lake, web: WebSources) -> Starter:
        """What starts a pipeline inside a run that exists already: ``(name, parameters, run) -> output``."""

        def start(name: str, parameters: Mapping[str, Json], run: Run) -> Mapping[str, Json]:
            pipeline = self.definitions.find("pipeline", name)
            run.input = _shown(pipeline, parameters)
            services = Services(self.definitions, runs, lake, web, _Runner(), self.environment)
            return self._run(pipeline, parameters, run, services, None)

        return start

    def _run(
        self,
        pipeline: Resource,
        arguments: Mapping[str, Json],
        run: Run,
        services: Services,
        trigger: Mapping[str, Json] | None,
    ) -> dict[str, Json]:
        self.check(pipeline.name)
        if beyond := limits.warnings(pipeline):
            run.output["warnings"] = beyond
            for sentence in beyond:
                services.runs.progress(run, sentence)
        running = _running(pipeline, arguments, run, services, trigger)
        try:
            returned = _finish(running)
        finally:
            for thread in running.detached:
                thread.join()
        return {"pipelineName": pipeline.name, "pipelineRunId": run.id, "pipelineReturnValue": returned}


class _Runner:
    """How containers run what is inside them."""

    def activities(self, steps: Sequence[Step], context: Context) -> Results:
        return run_activities(steps, context)

    def pipeline(self, pipeline: Resource, arguments: Mapping[str, Json], run: Run, caller: Running) -> dict[str, Json]:
        running = _running(pipeline, arguments, run, caller.services, caller.trigger)
        run.input = _shown(pipeline, running.parameters)
        started_by = {
            "GroupId": caller.system["GroupId"],
            "TriggeredByPipelineName": caller.pipeline.name,
            "TriggeredByPipelineRunId": caller.run.id,
            "TriggerType": "PipelineActivity",
        }
        cancellation = Cancellation(caller.cancellation)
        running = replace(
            running,
            system={**running.system, **started_by},
            cancellation=cancellation,
            detached=caller.detached,
        )
        return _finish(running)


def _running(
    pipeline: Resource,
    arguments: Mapping[str, Json],
    run: Run,
    services: Services,
    trigger: Mapping[str, Json] | None,
) -> Running:
    owner = f"pipeline '{pipeline.name}'"
    declared = pipeline.properties.get("parameters") or {}
    parameters = bind(declared, arguments, pipeline.place("properties.parameters"), owner)
    fired = {**MANUAL, **(trigger or {})}
    system: dict[str, Json] = {
        "DataFactory": services.definitions.name,
        "Pipeline": pipeline.name,
        "RunId": run.id,
        "GroupId": run.id,
        "TriggerId": fired.get("id") or uuid.uuid4().hex,
        "TriggerName": fired["name"],
        "TriggerType": fired["type"],
        "TriggerTime": fired.get("startTime") or utc(datetime.now(UTC)),
    }
    return Running(
        services,
        pipeline,
        run,
        parameters,
        system,
        Variables(pipeline.properties.get("variables") or {}),
        Cancellation(),
        trigger=trigger,
        secrets=secrets_of(declared, parameters),
    )


def _shown(pipeline: Resource, arguments: Mapping[str, Json]) -> Json:
    """Arguments as they may be written down."""
    return redacted(arguments, secrets_of(pipeline.properties.get("parameters") or {}, arguments))


def _finish(running: Running) -> dict[str, Json]:
    """Run all activities of a pipeline and return its return value. Raises ``RunFailed``."""
    context = Context(running, running.run, cancellation=running.cancellation)
    results = run_activities(pipeline_steps(running.pipeline), context)
    if results.failures:
        lines = [f"Operation on target {failure.target} failed: {failure.message}" for failure in results.failures]
        first = results.failures[0]
        message = hidden("\n".join(lines), running.secrets)
        raise RunFailed(message, place=first.place or running.pipeline.place(), code=first.code)
    return dict(running.returned)
