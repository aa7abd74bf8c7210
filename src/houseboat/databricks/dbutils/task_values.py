"""``dbutils.jobs.taskValues``: small JSON values that a task hands to later tasks of the same job run.

Source: Databricks' page on task values: at most 48 KiB of JSON per value; outside a job ``set`` does nothing and
``get`` answers ``debugValue``.
"""

# ruff: noqa: ARG002, N803, T201 - names and signatures are Databricks'

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from houseboat.databricks.errors import DbutilsError

if TYPE_CHECKING:
    from houseboat.runs import Json

MAX_BYTES = 48 * 1024
"""Largest value, as JSON text in UTF-8."""


class TaskValueStore:
    """The task values of one job run; task threads share it."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Json]] = {}
        self._lock = threading.Lock()

    def set(self, task_key: str, key: str, value: Json) -> None:
        """Keep a value; raises ``DbutilsError`` when it is no JSON or too large."""
        try:
            text = json.dumps(value)
        except (TypeError, ValueError) as error:
            raise DbutilsError(
                f"taskValues.set({key!r}): the value is not JSON: {error}",
                hint="set text, numbers, booleans, lists or dicts of these",
            ) from error
        if (size := len(text.encode())) > MAX_BYTES:
            raise DbutilsError(
                f"taskValues.set({key!r}): {size:,} bytes of JSON; at most {MAX_BYTES:,} are allowed",
                hint="write the data to a table and hand over its name",
            )
        with self._lock:
            self._values.setdefault(task_key, {})[key] = json.loads(text)

    def has(self, task_key: str, key: str) -> bool:
        """Whether a task has set this value."""
        with self._lock:
            return key in self._values.get(task_key, {})

    def get(self, task_key: str, key: str) -> Json:
        """The value; raises ``KeyError``."""
        with self._lock:
            return self._values[task_key][key]

    def of(self, task_key: str) -> dict[str, Json]:
        """All values of one task."""
        with self._lock:
            return dict(self._values.get(task_key, {}))


class TaskValues:
    """``dbutils.jobs.taskValues`` inside one task, or outside any job (``store`` is None)."""

    def __init__(self, store: TaskValueStore | None, task_key: str | None) -> None:
        self._store = store
        self._task_key = task_key

    def set(self, key: str, value: Json = None) -> None:
        """Keep a value for later tasks; does nothing outside a job."""
        if self._store is not None and self._task_key is not None:
            self._store.set(self._task_key, key, value)

    def get(self, taskKey: str, key: str, default: Json = None, debugValue: Json = None) -> Json:
        """A value that an earlier task has set.

        In a job: the value, else ``default``, else ``ValueError`` (Databricks' type). Outside: ``debugValue``, and
        ``TypeError`` when it is None.
        """
        if self._store is None:
            if debugValue is None:
                raise TypeError(
                    "Must pass debugValue when calling get outside of a job context. debugValue cannot be None."
                )
            return debugValue
        if self._store.has(taskKey, key):
            return self._store.get(taskKey, key)
        if default is not None:
            return default
        known = ", ".join(sorted(self._store.of(taskKey))) or "none"
        raise ValueError(
            f"No task value found for task key {taskKey!r} and key {key!r}. That task has set: {known}. "
            "Give default=... or set the value in the earlier task."
        )

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.jobs.taskValues: set(key, value), get(taskKey, key, default, debugValue)")


class JobsUtils:
    """``dbutils.jobs``."""

    def __init__(self, values: TaskValues) -> None:
        self.taskValues = values

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.jobs: taskValues")
