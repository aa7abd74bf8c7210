"""Runs a set of activities by their dependencies, the independent ones in parallel."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from houseboat.factory.context import Context, Outcome, Results
from houseboat.factory.errors import Failure
from houseboat.factory.execution import execute, skip
from houseboat.factory.graph import failing, is_ready, may_run
from houseboat.runs import Status

if TYPE_CHECKING:
    from houseboat.factory.model import Step

_POLL = 0.5
"""Seconds between two looks at the cancellation, while activities run; also lets Ctrl+C through on Windows."""


def run_activities(steps: Sequence[Step], context: Context) -> Results:
    """Run all to the end. An interrupt cancels what runs and goes on to the caller."""
    outcomes: dict[str, Outcome] = {}
    names = {step.key: step.name for step in steps}
    ended: queue.SimpleQueue[tuple[Step, Outcome]] = queue.SimpleQueue()
    waiting = list(steps)
    active = 0
    try:
        while waiting or active:
            done = {key: outcome.status for key, outcome in outcomes.items()}
            ready = [step for step in waiting if is_ready(step, done)]
            waiting = [step for step in waiting if step not in ready]
            for step in ready:
                if context.cancellation.requested or not may_run(step, done):
                    outcomes[step.key] = skip(step, context)
                else:
                    _start(step, context.with_seen(outcomes, names), ended)
                    active += 1
            if not ready:
                step, outcome = _next(ended, context)
                outcomes[step.key] = outcome
                active -= 1
    except BaseException:
        context.cancellation.request()
        raise
    done = {key: outcome.status for key, outcome in outcomes.items()}
    failures = [_failure(step, outcomes[step.key]) for step in failing(steps, done)]
    return Results(outcomes, failures)


def _start(step: Step, context: Context, ended: queue.SimpleQueue[tuple[Step, Outcome]]) -> None:
    variables = contextvars.copy_context()

    def work() -> None:
        try:
            outcome = variables.run(execute, step, context)
        except Exception as error:  # noqa: BLE001 - not even a full disk under the record may leave the others waiting
            outcome = Outcome(Status.FAILED, failure=Failure.of(error, step.name, step.place))
        ended.put((step, outcome))

    threading.Thread(target=work, name=f"activity {step.name}", daemon=True).start()


def _next(ended: queue.SimpleQueue[tuple[Step, Outcome]], context: Context) -> tuple[Step, Outcome]:
    """The next activity that ends. Raises ``ActivityError`` when all of this is cancelled: nobody waits any more."""
    while True:
        try:
            return ended.get(timeout=_POLL)
        except queue.Empty:
            context.cancellation.sleep(0)


def _failure(step: Step, outcome: Outcome) -> Failure:
    status = outcome.status.value
    return outcome.failure or Failure(status, f"the activity ended as {status}", "UserError", step.name)
