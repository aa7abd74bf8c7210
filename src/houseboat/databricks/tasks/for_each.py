"""``for_each_task``: one nested task for each element of a JSON array, several at once.

``inputs`` is an array, a JSON array as text, or a reference to one. ``{{input}}`` in the nested task is the element,
``{{input.key}}`` a field of it. A failed iteration fails the task after the others have ended; an empty array is a
success. Source: Databricks' page on for-each tasks.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.job_states import FAILURES, TaskState
from houseboat.databricks.pool import Pool
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import Services, TaskContext
    from houseboat.runs import Json

MAX_CONCURRENCY = 100
MAX_INLINE = 10_000
"""Characters of an array written into the task."""


def run(context: TaskContext) -> dict[str, Json]:
    """Run every iteration; ``{"iterations": n, "failed": m}``."""
    inputs = _inputs(context)
    nested: Map = context.settings["task"]
    limit = min(max(int(context.settings.get("concurrency") or 1), 1), MAX_CONCURRENCY)
    context.progress(f"{len(inputs)} iterations, {limit} at once")
    pool: Pool[TaskState] = Pool(f"{context.key}[]")
    waiting = list(enumerate(inputs))
    ended: dict[int, TaskState] = {}
    try:
        while waiting or pool.running:
            while waiting and pool.running < limit:
                number, element = waiting.pop(0)
                pool.start(str(number), partial(context.runner.iterate, context, nested, number, element))
            name, state = pool.wait()
            ended[int(name)] = state
    except BaseException:
        pool.stop()
        raise
    failed = [number for number, state in sorted(ended.items()) if state.result in FAILURES]
    if failed:
        first = ended[failed[0]]
        raise context.fail(
            f"{len(failed)} of {len(inputs)} iterations failed; the first is number {failed[0]}: {first.error}"
        ) from first.error
    return {"iterations": len(inputs), "failed": 0}


def check(key: str, settings: Map, services: Services) -> None:
    """There must be inputs and exactly one nested task, which is no for_each_task itself."""
    from houseboat.databricks.tasks.registry import TYPES, kind_of  # the registry lists this module

    nested = settings.get("task")
    if not isinstance(nested, Map):
        raise JobError(f"task {key!r}: for_each_task has no nested task", place=place_of(settings))
    if settings.get("inputs") is None:
        raise JobError(f"task {key!r}: for_each_task has no inputs", place=place_of(settings))
    kind = kind_of(nested, str(nested.get("task_key") or key), place_of(settings, "task"))
    if kind == "for_each_task":
        raise JobError(f"task {key!r}: a for_each_task cannot hold another", place=place_of(settings, "task"))
    TYPES[kind].check(str(nested.get("task_key") or key), nested[kind], services)


def _inputs(context: TaskContext) -> list[Json]:
    written = context.settings["inputs"]
    if isinstance(written, str) and "{{" not in written and len(written) > MAX_INLINE:
        raise context.fail(f"inputs holds {len(written):,} characters; at most {MAX_INLINE:,} may be written", "inputs")
    value = context.references.value(written)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise context.fail(f"inputs is not JSON: {error}", "inputs", 'inputs: \'["a", "b"]\'') from error
    if not isinstance(value, list):
        raise context.fail(f"inputs is {type(value).__name__}, not a JSON array", "inputs")
    return value
