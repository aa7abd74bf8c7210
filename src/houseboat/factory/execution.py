"""Runs one activity: evaluates its settings, watches its timeout, repeats it by its policy, records every attempt.

Source: Data Factory's published activity policy. Each attempt is a run of its own; the last one counts. Settings are
evaluated once, right before the first attempt, and a bad expression is never retried.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError, Unsupported
from houseboat.factory import records, timespan
from houseboat.factory.activities import ACTIVITIES, Activity, Call
from houseboat.factory.context import Cancellation, Context, Outcome
from houseboat.factory.errors import ActivityError, ExpressionError, FactoryError, Failure
from houseboat.runs import Json, Run, Status

if TYPE_CHECKING:
    from houseboat.factory.model import Step

_HOPELESS = (ExpressionError, FactoryError, Unsupported)
"""What fails in the same way however often it is tried."""


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
            retries=int(_number(settings, "retry", 0, step)),
            interval=_number(settings, "retryIntervalInSeconds", 30, step),
            secure_input=settings.get("secureInput") is True,
            secure_output=settings.get("secureOutput") is True,
        )


def _number(settings: Mapping[str, Json], name: str, default: float, step: Step) -> float:
    value = settings.get(name, default)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ActivityError(f"'{value}' is not a number", code="BadPolicy", place=step.at(f"policy.{name}")) from None


def skip(step: Step, context: Context) -> Outcome:
    """Record that an activity does not run, because its conditions do not hold."""
    return records.skipped(step, context)


def execute(step: Step, context: Context) -> Outcome:
    """Run one activity to its end; whatever it raises becomes its failure."""
    if step.marked is not None:
        records.skipped(step, context, state="Inactive")
        failure = Failure("Inactive", "the activity is inactive and marked as failed", "UserError", step.name)
        return Outcome(step.marked, failure=failure if step.marked is Status.FAILED else None)
    try:
        activity = ACTIVITIES[step.type]
        policy = Policy.of(context.evaluate(dict(step.policy), step.at("policy")), step)
        settings, properties = _evaluated(step, activity, context)
    except HouseboatError as error:
        return records.failed(step, context, records.begin(step, context), error)
    attempt = 0
    while True:
        run = records.begin(step, context, attempt, None if policy.secure_input else settings, properties)
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


def _attempt(
    step: Step,
    activity: Activity,
    settings: dict[str, Json],
    context: Context,
    run: Run,
    policy: Policy,
) -> tuple[Outcome, bool]:
    """The outcome of one attempt, and whether another one may help."""
    cancellation = Cancellation(context.cancellation)
    call = Call(step, settings, context.within(run, cancellation), policy.timeout)
    try:
        output = _within(policy.timeout, lambda: dict(activity.run(call)), cancellation)
    except Exception as error:  # noqa: BLE001 - whatever an activity raises is its failure, never the scheduler's
        return records.failed(step, context, run, error), not isinstance(error, _HOPELESS)
    return records.succeeded(context, run, output, secret=policy.secure_output), False


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
