"""Runs one activity: evaluates its settings, watches its timeout, repeats it by its policy, records every attempt.

Source: Data Factory's published activity policy. Each attempt is a run of its own; the last one counts. Settings are
evaluated once, right before the first attempt, and a bad expression is never retried.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from houseboat.errors import HouseboatError
from houseboat.factory import timespan
from houseboat.factory.activities import ACTIVITIES, Activity, Call
from houseboat.factory.context import Cancellation, Context, Outcome
from houseboat.factory.errors import ActivityError, ExpressionError, Failure
from houseboat.factory.expressions.functions.formats import utc
from houseboat.factory.model import Step
from houseboat.runs import Json, Run, Status


@dataclass(frozen=True)
class Policy:
    """How often and how long: ``timeout`` in seconds per attempt (None: as long as it takes)."""

    timeout: float | None = None
    retries: int = 0
    interval: float = 30
    secure_input: bool = False
    secure_output: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Json], step: Step) -> Policy:
        """The policy of an activity, its expressions evaluated. Raises ``ActivityError``."""
        timeout = settings.get("timeout")
        length = None if timeout is None else timespan.seconds(timeout)
        if timeout is not None and length is None:
            raise ActivityError(
                f"'{timeout}' is not a timeout", code="BadTimeout", place=step.at("policy.timeout"),
                hint="write it as d.hh:mm:ss, such as 0.01:00:00",
            )  # fmt: skip
        return cls(
            timeout=length,
            retries=int(settings.get("retry") or 0),
            interval=float(settings.get("retryIntervalInSeconds", 30)),
            secure_input=settings.get("secureInput") is True,
            secure_output=settings.get("secureOutput") is True,
        )


def skip(step: Step, context: Context) -> Outcome:
    """Record that an activity does not run, because its conditions do not hold."""
    run = _begin(step, context)
    context.services.runs.end(run, Status.SKIPPED)
    return Outcome(Status.SKIPPED)


def execute(step: Step, context: Context) -> Outcome:
    """Run one activity to its end; whatever it raises becomes its failure."""
    if step.marked is not None:
        run = _begin(step, context)
        run.output["state"] = "Inactive"
        context.services.runs.end(run, Status.SKIPPED)
        failure = Failure("Inactive", "the activity is inactive and marked as failed", "UserError", step.name)
        return Outcome(step.marked, failure=failure if step.marked is Status.FAILED else None)
    try:
        activity = ACTIVITIES[step.type]
        policy = Policy.of(context.evaluate(dict(step.policy), step.at("policy")), step)
        settings, properties = _evaluated(step, activity, context)
    except HouseboatError as error:
        run = _begin(step, context)
        return _failed(step, context, run, error)
    attempt = 0
    while True:
        run = _begin(step, context, attempt, settings if not policy.secure_input else None, properties)
        outcome, again = _attempt(step, activity, settings, context, run, policy)
        if not again or attempt >= policy.retries or context.cancellation.requested:
            return outcome
        attempt += 1
        context.services.runs.progress(run, f"next attempt in {policy.interval:g} s")
        try:
            context.cancellation.sleep(policy.interval)
        except ActivityError:
            return outcome


def _evaluated(step: Step, activity: Activity, context: Context) -> tuple[dict[str, Json], Json]:
    raw = {key: value for key, value in step.type_properties.items() if key not in activity.OWN}
    settings = context.evaluate(raw, step.at("typeProperties"))
    properties = context.evaluate(step.definition.get("userProperties") or [], step.at("userProperties"))
    return settings, properties


def _begin(step: Step, context: Context, attempt: int = 0, settings: Json = None, properties: Json = None) -> Run:
    described: dict[str, Json] = {"activityType": step.type}
    if context.items:
        described["item"] = context.items[-1]
    if attempt:
        described["retryAttempt"] = attempt
    if settings is not None:
        described["typeProperties"] = settings
    if properties:
        described["userProperties"] = properties
    return context.services.runs.begin("activity", step.name, parent=context.run, input=described)


def _attempt(
    step: Step, activity: Activity, settings: dict[str, Json], context: Context, run: Run, policy: Policy
) -> tuple[Outcome, bool]:
    """The outcome of one attempt, and whether another one may help."""
    cancellation = Cancellation(context.cancellation)
    call = Call(step, settings, context.within(run, cancellation), policy.timeout)
    try:
        output = _within(policy.timeout, lambda: dict(activity.run(call)), cancellation)
    except Exception as error:  # noqa: BLE001 - whatever an activity raises is its failure, never the scheduler's
        return _failed(step, context, run, error), not isinstance(error, ExpressionError)
    run.output.update({"secureOutput": True} if policy.secure_output else output)
    context.services.runs.end(run, Status.SUCCEEDED)
    return Outcome(Status.SUCCEEDED, _view(run, Status.SUCCEEDED, output=output)), False


def _failed(step: Step, context: Context, run: Run, error: Exception) -> Outcome:
    failure = Failure.of(error, step.name)
    place = getattr(error, "place", None) or step.place
    run.error = {"type": type(error).__name__, "code": failure.code, "place": str(place), **failure.as_json()}
    context.services.runs.end(run, Status.FAILED)
    output = dict(getattr(error, "output", None) or {})
    return Outcome(Status.FAILED, _view(run, Status.FAILED, output=output, error=failure.as_json()), failure)


def _view(run: Run, status: Status, **parts: Mapping[str, Json]) -> dict[str, Json]:
    """What ``activity('X')`` gives; ``output`` and ``error`` are absent when there is none."""
    from datetime import UTC, datetime

    start, end = (datetime.fromtimestamp(moment or 0, UTC) for moment in (run.started, run.ended))
    view: dict[str, Json] = {key: value for key, value in parts.items() if value or key == "output"}
    if status is Status.FAILED and not view["output"]:
        del view["output"]
    return {
        **view,
        "status": status.value,
        "ActivityRunId": run.id,
        "Duration": timespan.text(run.seconds),
        "ExecutionStartTime": utc(start),
        "ExecutionEndTime": utc(end),
    }


def _within(timeout: float | None, work: Callable[[], dict[str, Json]], cancellation: Cancellation) -> dict[str, Json]:
    """Do the work, at most so long. Work that ignores its cancellation is left behind in a daemon thread."""
    if timeout is None:
        return work()
    result: list[dict[str, Json]] = []
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            raised.append(error)

    worker = threading.Thread(target=guarded, daemon=True, name=f"{threading.current_thread().name} (timed)")
    end = time.monotonic() + timeout
    worker.start()
    worker.join(max(end - time.monotonic(), 0))
    if worker.is_alive():
        cancellation.request()
        raise ActivityError(
            f"The activity did not end within its timeout of {timespan.text(timeout)}.",
            code="ActivityTimeout",
            hint="raise policy.timeout, or find out what it waits for",
        )
    if raised:
        raise raised[0]
    return result[0]
