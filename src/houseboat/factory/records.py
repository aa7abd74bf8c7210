"""Writes down what becomes of an activity, and gives what ``activity('X')`` shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.factory import timespan
from houseboat.factory.context import Context, Outcome
from houseboat.factory.errors import Failure
from houseboat.factory.expressions.functions.formats import utc
from houseboat.factory.redaction import hidden, redacted
from houseboat.runs import Json, Run, Status

if TYPE_CHECKING:
    from houseboat.factory.model import Step


def begin(
    step: Step,
    context: Context,
    attempt: int = 0,
    settings: Mapping[str, Json] | None = None,
    properties: Json = None,
) -> Run:
    """Open the run of an attempt (0 is the first). Its input says what the activity is and was given."""
    described: dict[str, Json] = {"activityType": step.type}
    if context.items:
        described["item"] = context.items[-1]
    if attempt:
        described["retryAttempt"] = attempt
    if settings is not None:
        described["typeProperties"] = settings
    if properties:
        described["userProperties"] = properties
    shown = redacted(described, context.running.secrets)
    return context.services.runs.begin("activity", step.name, parent=context.run, input=shown)


def skipped(step: Step, context: Context, **output: Json) -> Outcome:
    """Record an activity that does not run."""
    run = begin(step, context)
    run.output.update(output)
    context.services.runs.end(run, Status.SKIPPED)
    return Outcome(Status.SKIPPED)


def succeeded(context: Context, run: Run, output: Mapping[str, Json], *, secret: bool) -> Outcome:
    """Close a run that succeeded. A ``secret`` output is not written down."""
    run.output.update({"secureOutput": True} if secret else redacted(output, context.running.secrets))
    context.services.runs.end(run, Status.SUCCEEDED)
    return Outcome(Status.SUCCEEDED, {"output": output, **_facts(run)})


def failed(step: Step, context: Context, run: Run, error: Exception) -> Outcome:
    """Close a run that failed; its error is in Data Factory's terms."""
    failure = Failure.of(error, step.name, step.place)
    message = hidden(failure.message, context.running.secrets)
    run.error = {
        "type": type(error).__name__,
        "code": failure.code,
        "place": str(failure.place),
        **failure.as_json(),
        "message": message,
    }
    context.services.runs.end(run, Status.FAILED)
    return Outcome(Status.FAILED, {"error": failure.as_json(), **_facts(run)}, failure)


def _facts(run: Run) -> dict[str, Json]:
    start, end = (utc(datetime.fromtimestamp(moment or 0, UTC)) for moment in (run.started, run.ended))
    return {
        "status": run.status.value,
        "ActivityRunId": run.id,
        "Duration": timespan.text(run.seconds),
        "ExecutionStartTime": start,
        "ExecutionEndTime": end,
    }
