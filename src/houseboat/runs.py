"""Records every run, and lets one service start another without importing it.

A *run* is anything with a beginning, an end and an outcome: a factory pipeline and each of its activities, a
Databricks job and each of its tasks, a notebook, a pipeline update and each of its flows, a streaming query. Runs
form a tree and live in one SQLite file (``.houseboat/runs.db``), written at every change, so that a killed process
leaves at most one run in the state ``InProgress``, which the next process marks ``Interrupted``.

The Data Factory runtime starts a Databricks job by ``runs.launch("job", ...)``; whoever put the program together
registered a starter for that kind. This is the only way from one service to another.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError, RunFailed

if TYPE_CHECKING:
    from pathlib import Path

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of these."""


class Status(StrEnum):
    """Data Factory's words for the state of a run; other services' finer states go into the run's output."""

    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    CANCELLED = "Cancelled"
    INTERRUPTED = "Interrupted"


@dataclass
class Run:
    """One run, as it stands. ``metrics`` and ``output`` are filled by the service while it runs."""

    id: str
    kind: str
    name: str
    parent: str | None = None
    status: Status = Status.IN_PROGRESS
    started: float = 0.0
    ended: float | None = None
    input: Json = None
    output: dict[str, Json] = field(default_factory=dict)
    error: dict[str, Json] | None = None

    @property
    def seconds(self) -> float:
        """Wall time in seconds, up to now when the run has not ended."""
        return (self.ended or time.time()) - self.started


@dataclass(frozen=True)
class Event:
    """What listeners are told: a run started, made progress (``message``) or ended."""

    run: Run
    what: str  # "started" | "progress" | "ended"
    message: str = ""


Starter = Callable[[str, Mapping[str, Json], Run], Mapping[str, Json] | None]
"""``(name, parameters, run) -> output``; raises when it fails."""

current_run: ContextVar[Run | None] = ContextVar("current_run", default=None)
"""The run that this thread of work belongs to: what is begun without a parent hangs below it."""

_SCHEMA = """
create table if not exists runs (
  id text primary key, kind text not null, name text not null, parent text, status text not null,
  started real not null, ended real, input text, output text, error text, pid integer
);
create index if not exists runs_parent on runs(parent);
create index if not exists runs_started on runs(started);
"""


class Runs:
    """The record of all runs of one project, and the switchboard between its services."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.execute("pragma busy_timeout=10000")
        self._db.executescript(_SCHEMA)
        self._lock = threading.RLock()
        self._starters: dict[str, Starter] = {}
        self.listeners: list[Callable[[Event], None]] = []

    def register(self, kind: str, starter: Starter) -> None:
        """Let runs of this kind be launched: ``job``, ``notebook``, ``pipeline`` (declarative), ``factory``."""
        self._starters[kind] = starter

    def launch(
        self,
        kind: str,
        name: str,
        parameters: Mapping[str, Json] | None = None,
        parent: Run | None = None,
    ) -> Run:
        """Run something of another service to its end and return its record; raises ``RunFailed`` if it fails."""
        starter = self._starters.get(kind)
        if starter is None:
            raise RunFailed(f"nothing here can run a {kind} (asked for {name!r})", hint="check the manifest")
        with self.record(kind, name, parent=parent, input=dict(parameters or {})) as run:
            run.output.update(starter(name, parameters or {}, run) or {})
        return run

    @contextmanager
    def record(self, kind: str, name: str, *, parent: Run | None = None, input: Json = None) -> Iterator[Run]:
        """Record what happens inside the ``with``: Succeeded, or Failed with the exception, which goes on."""
        run = self.begin(kind, name, parent=parent, input=input)
        token = current_run.set(run)
        try:
            yield run
        except BaseException as error:
            with suppress(
                sqlite3.OperationalError
            ):  # a full disk takes no record; the next process marks it Interrupted
                self.end(run, Status.FAILED if isinstance(error, Exception) else Status.CANCELLED, error=error)
            raise
        finally:
            current_run.reset(token)
        if run.ended is None:
            self.end(run, Status.SUCCEEDED)

    def begin(self, kind: str, name: str, *, parent: Run | None = None, input: Json = None) -> Run:
        """Open a run; the caller ends it with ``end``."""
        run = Run(uuid.uuid4().hex, kind, name, parent.id if parent else None, started=time.time(), input=input)
        self._save(run)
        self._tell(Event(run, "started"))
        return run

    def progress(self, run: Run, message: str) -> None:
        """Tell listeners (not the record) how far a run is."""
        self._tell(Event(run, "progress", message))

    def end(self, run: Run, status: Status, *, error: BaseException | None = None) -> None:
        """Close a run with its outcome. ``error`` is kept as ``{type, message, code, place, hint}``."""
        run.status = status
        run.ended = time.time()
        if error is not None:
            run.error = {"type": type(error).__name__, "message": str(error), "code": None}
            told = error if isinstance(error, HouseboatError) else error.__cause__
            if isinstance(told, HouseboatError):
                place = str(told.place) if told.place else None
                run.error |= {"code": told.code, "place": place, "hint": told.hint}
        self._save(run)
        self._tell(Event(run, "ended"))

    def interrupted(self) -> list[Run]:
        """Mark the runs of processes that are gone as Interrupted, and return them. Called once, when a project opens
        with its lock held, so no other process can own an open run.
        """
        with self._lock:
            rows = self._db.execute("select * from runs where status = ?", (Status.IN_PROGRESS,)).fetchall()
            runs = [_run(row) for row in rows]
            for run in runs:
                self._db.execute(
                    "update runs set status = ?, ended = ? where id = ?",
                    (Status.INTERRUPTED, time.time(), run.id),
                )
        return runs

    def children(self, run_id: str) -> list[Run]:
        """The runs started by this one, oldest first."""
        with self._lock:
            rows = self._db.execute("select * from runs where parent = ? order by started, rowid", (run_id,)).fetchall()
        return [_run(row) for row in rows]

    def recent(self, limit: int = 20, *, kind: str | None = None) -> list[Run]:
        """The newest top-level runs (or runs of a kind), newest first."""
        where, values = ("kind = ?", (kind,)) if kind else ("parent is null", ())
        with self._lock:
            rows = self._db.execute(
                f"select * from runs where {where} order by started desc limit ?",
                (*values, limit),
            ).fetchall()
        return [_run(row) for row in rows]

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def _save(self, run: Run) -> None:
        values = (
            run.id, run.kind, run.name, run.parent, run.status, run.started, run.ended,
            _dump(run.input), _dump(run.output), _dump(run.error),
        )  # fmt: skip
        with self._lock:
            self._db.execute(
                "insert or replace into runs(id,kind,name,parent,status,started,ended,input,output,error)"
                " values (?,?,?,?,?,?,?,?,?,?)",
                values,
            )

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


def _dump(value: Json) -> str | None:
    return None if value is None else json.dumps(value, default=str)


def _run(row: tuple[Any, ...]) -> Run:
    key, kind, name, parent, status, started, ended = row[:7]
    asked, output, error = (json.loads(text) if text else None for text in row[7:10])
    return Run(key, kind, name, parent, Status(status), started, ended, asked, output or {}, error)
