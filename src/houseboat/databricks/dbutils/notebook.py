"""``dbutils.notebook``: run, exit, and the context chain that many notebooks read their own path from."""

# ruff: noqa: ARG002, N802, N803, T201 - names and signatures are Databricks'

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from houseboat.databricks.errors import DbutilsError, NotebookExit

RunNotebook = Callable[[str, float, Mapping[str, str]], str]
"""``(path, timeout in seconds, arguments) -> exit value``."""

MAX_EXIT = 5 * 1024 * 1024
"""Largest exit value in characters (Databricks limits the API's answer to 5 MB)."""


@dataclass(frozen=True)
class Facts:
    """What a notebook can learn of where it runs: workspace path without extension, ids, tags."""

    notebook_path: str
    run_id: int | None = None
    job_id: int | None = None
    user: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Option:
    """A Scala ``Option``, as py4j shows it: ``get``, ``getOrElse``, ``isDefined``."""

    def __init__(self, value: object | None) -> None:
        self._value = value

    def get(self) -> object:
        """The value; raises when there is none."""
        if self._value is None:
            raise DbutilsError("java.util.NoSuchElementException: None.get")
        return self._value

    def getOrElse(self, default: object) -> object:
        """The value or the default; a callable default is called."""
        if self._value is not None:
            return self._value
        return default() if callable(default) else default

    def isDefined(self) -> bool:
        """Whether there is a value."""
        return self._value is not None

    def isEmpty(self) -> bool:
        """Whether there is none."""
        return self._value is None

    def toString(self) -> str:
        """As Scala prints it."""
        return str(self)

    def __str__(self) -> str:
        return "None" if self._value is None else f"Some({self._value})"


class Tags:
    """A Scala map of tags."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._tags = tags

    def get(self, name: str) -> Option:
        """The tag, as an option."""
        return Option(self._tags.get(name))

    def apply(self, name: str) -> object:
        """The tag; raises when there is none."""
        return self.get(name).get()

    def contains(self, name: str) -> bool:
        """Whether the tag is there."""
        return name in self._tags


class Context:
    """``getContext()``: every fact is a method that returns an option."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._values: dict[str, object | None] = {
            "notebookPath": facts.notebook_path,
            "currentRunId": facts.run_id,
            "jobId": facts.job_id,
            "userName": facts.user,
            "workspaceId": "0",
            "browserHostName": "localhost",
            "apiUrl": "http://localhost",
            "clusterId": "houseboat",
            "apiToken": None,
        }

    def tags(self) -> Tags:
        """The run's tags."""
        return Tags(self._tags())

    def toJson(self) -> str:
        """All facts as JSON, in the keys that notebooks read."""
        return json.dumps(
            {
                "currentRunId": None if self._facts.run_id is None else {"id": self._facts.run_id},
                "extraContext": {"notebook_path": self._facts.notebook_path},
                "tags": self._tags(),
            }
        )

    def safeToJson(self) -> str:
        """As ``toJson``, in the shape of the newer runtime."""
        values = {name: value for name, value in self._values.items() if value is not None}
        return json.dumps({"attributes": {**self._tags(), **values}})

    def __getattr__(self, name: str) -> Callable[[], Option]:
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise DbutilsError(
                f"the notebook context has no {name!r} here", hint=f"it has: {', '.join([*values, 'tags', 'toJson'])}"
            )
        return lambda: Option(values[name])

    def _tags(self) -> dict[str, str]:
        tags = {"user": self._facts.user, "orgId": "0", "browserHostName": "localhost", **self._facts.tags}
        for name, value in (("jobId", self._facts.job_id), ("runId", self._facts.run_id)):
            if value is not None:
                tags[name] = str(value)
        return tags


class _EntryPoint:
    """The private chain ``dbutils.notebook.entry_point.getDbutils().notebook().getContext()``."""

    def __init__(self, owner: NotebookUtils, bindings: Callable[[], dict[str, str]]) -> None:
        self._owner = owner
        self._bindings = bindings

    def getDbutils(self) -> _EntryPoint:
        """The next link."""
        return self

    def notebook(self) -> NotebookUtils:
        """The next link."""
        return self._owner

    def getCurrentBindings(self) -> dict[str, str]:
        """The notebook's parameters."""
        return self._bindings()


class NotebookUtils:
    """The ``dbutils.notebook`` of one notebook run."""

    def __init__(self, run: RunNotebook, facts: Facts, bindings: Callable[[], dict[str, str]]) -> None:
        self._run = run
        self._facts = facts
        self.entry_point = _EntryPoint(self, bindings)

    def run(
        self, path: str, timeout_seconds: float = 0, arguments: Mapping[str, object] | None = None, **_: object
    ) -> str:
        """Run another notebook with its own session and namespace; returns what it gave to ``exit``, else ``""``.

        ``timeout_seconds`` 0 means no limit. Raises ``WorkflowException``.
        """
        return self._run(path, float(timeout_seconds), {str(k): str(v) for k, v in (arguments or {}).items()})

    def exit(self, value: object = "") -> None:
        """End the notebook at once, successfully."""
        text = "" if value is None else str(value)
        if len(text) > MAX_EXIT:
            raise DbutilsError(f"the exit value holds {len(text):,} characters; at most {MAX_EXIT:,} are allowed")
        raise NotebookExit(text)

    def getContext(self) -> Context:
        """Where this notebook runs."""
        return Context(self._facts)

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.notebook: run(path, timeout_seconds, arguments), exit(value)")
