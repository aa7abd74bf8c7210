"""``{{...}}`` references: replaced by text when a task starts.

There are no expressions. Malformed text and unknown namespaces stay as they are; an unknown name in a known
namespace is an error, found before the job starts where that is possible. A value that is no text is put in as
JSON. Source: Databricks' page on dynamic value references.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.databricks.dbutils.task_values import TaskValueStore
from houseboat.databricks.errors import ReferenceUnresolved
from houseboat.databricks.ids import run_number
from houseboat.databricks.yaml_places import place_of

if TYPE_CHECKING:
    from houseboat.databricks.job_states import TaskState
    from houseboat.errors import Place
    from houseboat.runs import Json

_REFERENCE = re.compile(r"\{\{\s*(?P<path>[A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*\}\}")

TIME: Mapping[str, Callable[[datetime], object]] = {
    "iso_weekday": lambda at: at.isoweekday(),
    "is_weekday": lambda at: "true" if at.isoweekday() <= 5 else "false",  # noqa: PLR2004 - Friday
    "iso_date": lambda at: at.strftime("%Y-%m-%d"),
    "iso_datetime": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S"),
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": lambda at: at.second,
    "timestamp_ms": lambda at: int(at.timestamp() * 1000),
}
"""The arguments of a time, all in UTC."""
_TASK_FACTS = ("run_id", "result_state", "execution_count", "error_code")
_KNOWN = {
    "job": ("id", "name", "run_id", "repair_count", "start_time", "parameters", "trigger"),
    "task": ("name", "run_id", "execution_count", "notebook_path"),
    "workspace": ("id", "url"),
    "backfill": ("iso_date", "iso_datetime", "year", "month", "day"),
}
_DEPRECATED = ("job_id", "run_id", "parent_run_id", "start_date", "start_time", "task_retry_count", "task_key")


@dataclass(frozen=True)
class JobFacts:
    """What references know of a job run."""

    id: int
    name: str
    run_id: int
    start: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    trigger: str = "one_time"

    @property
    def start_utc(self) -> datetime:
        """The start in UTC; a time without a zone is local."""
        return self.start.astimezone(UTC)


@dataclass(frozen=True)
class TaskFacts:
    """What references know of the task that is starting; ``input`` is the element of a for_each iteration."""

    key: str
    run_id: int
    execution: int = 1
    notebook_path: str = ""
    has_input: bool = False
    input: Json = None


class References:
    """Resolves references for one task (``task`` None: for the job's own parameters)."""

    def __init__(
        self,
        job: JobFacts,
        *,
        states: Mapping[str, TaskState] | None = None,
        values: TaskValueStore | None = None,
        task: TaskFacts | None = None,
    ) -> None:
        self._job = job
        self._states = states or {}
        self._values = values or TaskValueStore()
        self._task = task

    def fill(self, value: Json) -> Json:
        """The value with the references in all its texts replaced by text."""
        if isinstance(value, str):
            return _REFERENCE.sub(lambda match: spell(self._value(match["path"], match.group(0))), value)
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        return value

    def value(self, text: Json) -> Json:
        """As ``fill``, but a text that is one reference gives the value with its type."""
        match = _REFERENCE.fullmatch(text.strip()) if isinstance(text, str) else None
        return self._value(match["path"], match.group(0)) if match else self.fill(text)

    def _value(self, path: str, written: str) -> Json:
        parts = path.split(".")
        if parts[0] == "input":
            return self._input(parts[1:], written)
        if len(parts) == 1:
            return self._deprecated(path) if path in _DEPRECATED else written
        if parts[0] == "tasks":
            return self._of_task(parts, written)
        reader = {"job": self._of_job, "task": self._of_own, "workspace": _workspace, "backfill": self._backfill}.get(
            parts[0]
        )
        return written if reader is None else reader(parts, written)

    def _of_job(self, parts: list[str], written: str) -> Json:
        job, name = self._job, parts[1]
        if name == "parameters":
            key = ".".join(parts[2:])
            if key not in job.parameters:
                raise _unresolved(written, f"job parameters: {', '.join(job.parameters) or 'none'}")
            return job.parameters[key]
        if name == "start_time" or parts[1:3] == ["trigger", "time"]:
            return _time(job.start_utc, parts[-1], written)
        if parts[1:] == ["trigger", "type"]:
            return job.trigger
        facts: dict[str, Json] = {"id": job.id, "name": job.name, "run_id": job.run_id, "repair_count": 0}
        return _one_of(facts, parts, written)

    def _of_own(self, parts: list[str], written: str) -> Json:
        if self._task is None:
            raise _unresolved(written, "task references stand in tasks only")
        task = self._task
        facts: dict[str, Json] = {
            "name": task.key,
            "run_id": task.run_id,
            "execution_count": task.execution,
            "notebook_path": task.notebook_path,
        }
        return _one_of(facts, parts, written)

    def _of_task(self, parts: list[str], written: str) -> Json:
        key, rest = parts[1], parts[2:]
        if rest[:1] == ["values"]:
            name = ".".join(rest[1:])
            if not self._values.has(key, name):
                raise _unresolved(written, f"task {key!r} has set: {', '.join(self._values.of(key)) or 'nothing'}")
            return self._values.get(key, name)
        state = self._states.get(key)
        if state is None:
            raise _unresolved(written, f"task {key!r} has not ended before this task; add it to depends_on")
        if rest[:1] == ["output"]:
            return _dig(state.output.get("output"), rest[1:], written)
        facts: dict[str, Json] = {
            "run_id": run_number(state.run.id) if state.run else None,
            "result_state": state.result.value.lower(),
            "execution_count": state.attempts,
            "error_code": getattr(state.error, "code", None) or "",
        }
        return _one_of(facts, parts[1:], written)

    def _input(self, path: list[str], written: str) -> Json:
        if self._task is None or not self._task.has_input:
            raise _unresolved(written, "{{input}} stands in the task of a for_each_task only")
        return _dig(self._task.input, path, written)

    def _backfill(self, parts: list[str], written: str) -> Json:
        return _time(self._job.start_utc, parts[1], written)

    def _deprecated(self, name: str) -> Json:
        task = self._task
        facts: dict[str, Json] = {
            "job_id": self._job.id,
            "run_id": task.run_id if task else self._job.run_id,
            "parent_run_id": self._job.run_id,
            "start_date": self._job.start_utc.strftime("%Y-%m-%d"),
            "start_time": int(self._job.start_utc.timestamp() * 1000),
            "task_retry_count": task.execution - 1 if task else 0,
            "task_key": task.key if task else "",
        }
        return facts[name]


def spell(value: Json) -> str:
    """A value as text: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def check_references(
    value: Json, *, tasks: Mapping[str, object], parameters: Mapping[str, object], in_for_each: bool, place: Place
) -> None:
    """Raise ``ReferenceUnresolved`` for what can be seen to be wrong before the job starts."""
    for text, at in _texts(value, place):
        for match in _REFERENCE.finditer(text):
            problem = _problem(match["path"].split("."), tasks, parameters, in_for_each=in_for_each)
            if problem:
                raise ReferenceUnresolved(f"{match.group(0)} names nothing", place=at, hint=problem)


def _problem(
    parts: list[str], tasks: Mapping[str, object], parameters: Mapping[str, object], *, in_for_each: bool
) -> str | None:
    space = parts[0]
    if space == "input" and not in_for_each:
        return "{{input}} stands in the task of a for_each_task only"
    if len(parts) == 1:
        return None
    if space in _KNOWN and parts[1] not in _KNOWN[space]:
        return f"{space} has: {', '.join(_KNOWN[space])}"
    if space == "job" and parts[1] == "parameters" and ".".join(parts[2:]) not in parameters:
        return f"job parameters: {', '.join(parameters) or 'none'}"
    if parts[:2] == ["job", "start_time"] and parts[-1] not in TIME:
        return f"a time has: {', '.join(TIME)}"
    return _task_problem(parts, tasks) if space == "tasks" else None


def _task_problem(parts: list[str], tasks: Mapping[str, object]) -> str | None:
    if parts[1] not in tasks:
        return f"tasks: {', '.join(tasks)}"
    if parts[2:3] and parts[2] not in (*_TASK_FACTS, "values", "output"):
        return f"a task has: {', '.join(_TASK_FACTS)}, values.<name>, output.<...>"
    return None


def _texts(value: Json, place: Place) -> Iterator[tuple[str, Place]]:
    if isinstance(value, str):
        yield value, place
    elif isinstance(value, dict):
        for key, inner in value.items():
            at = place_of(value, key)
            yield from _texts(inner, at if at.file else place)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            at = place_of(value, number)
            yield from _texts(inner, at if at.file else place)


def _workspace(parts: list[str], written: str) -> Json:
    return _one_of({"id": "0", "url": "http://localhost"}, parts, written)


def _time(at: datetime, name: str, written: str) -> Json:
    if name not in TIME:
        raise _unresolved(written, f"a time has: {', '.join(TIME)}")
    return TIME[name](at)


def _one_of(facts: Mapping[str, Json], parts: list[str], written: str) -> Json:
    name = ".".join(parts[1:])
    if name not in facts:
        raise _unresolved(written, f"there is: {', '.join(facts)}")
    return facts[name]


def _dig(value: Json, path: list[str], written: str) -> Json:
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise _unresolved(written, f"there is no {part!r} in {str(value)[:80]}")
    return value


def _unresolved(written: str, why: str) -> ReferenceUnresolved:
    return ReferenceUnresolved(f"{written} names nothing", hint=why)
