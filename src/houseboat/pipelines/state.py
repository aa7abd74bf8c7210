"""What a pipeline must remember between updates that its tables do not say, in one small SQLite file.

- ``generations``: how often a table was fully refreshed; names the checkpoints and the writer of its commits.
- ``resets``: full refreshes that were begun; one that a crash cut off is finished by the next update.
- ``once``: flows that ran their one time. ``snapshots``: the last snapshot version that was applied.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists generations (target text primary key, n integer not null);
create table if not exists resets (target text primary key);
create table if not exists once (target text, flow text, primary key (target, flow));
create table if not exists snapshots (target text, flow text, version text, primary key (target, flow));
"""


class State:
    """The memory of one pipeline. Every change is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma busy_timeout=10000")
        self._db.executescript(_SCHEMA)
        self._lock = threading.Lock()

    def generation(self, target: str) -> int:
        """How many full refreshes a table has seen."""
        rows = self._all("select n from generations where target = ?", target)
        return int(rows[0][0]) if rows else 0

    def begin_reset(self, target: str) -> None:
        """Note that a table is about to be emptied and read anew."""
        self._all("insert or ignore into resets values (?)", target)

    def resets(self) -> list[str]:
        """The tables whose full refresh was begun and is not known to have emptied them."""
        return [row[0] for row in self._all("select target from resets")]

    def end_reset(self, target: str) -> None:
        """The table is empty: forget all that was remembered of it, and count the refresh."""
        with self._lock:
            self._db.execute("begin immediate")
            self._db.execute(
                "insert into generations values (?, 1) on conflict (target) do update set n = n + 1", (target,)
            )
            for table in ("once", "snapshots", "resets"):
                self._db.execute(f"delete from {table} where target = ?", (target,))
            self._db.execute("commit")

    def ran_once(self, target: str, flow: str) -> bool:
        """Whether a flow that runs once has run."""
        return bool(self._all("select 1 from once where target = ? and flow = ?", target, flow))

    def note_once(self, target: str, flow: str) -> None:
        """A flow that runs once has run."""
        self._all("insert or ignore into once values (?, ?)", target, flow)

    def snapshot(self, target: str, flow: str) -> Any:
        """The last snapshot version that was applied, or None."""
        rows = self._all("select version from snapshots where target = ? and flow = ?", target, flow)
        return _load(rows[0][0]) if rows else None

    def note_snapshot(self, target: str, flow: str, version: Any) -> None:
        """A snapshot version was applied."""
        self._all("insert or replace into snapshots values (?, ?, ?)", target, flow, _dump(version))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _all(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _dump(version: Any) -> str:
    if isinstance(version, bytes):
        return json.dumps(["bytes", version.hex()])
    if isinstance(version, (dt.date, decimal.Decimal)):  # a datetime is a date
        return json.dumps([type(version).__name__, str(version)])
    return json.dumps(["", version])


_LOADERS: dict[str, Any] = {
    "": lambda value: value,
    "bytes": bytes.fromhex,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "Decimal": decimal.Decimal,
}


def _load(text: str) -> Any:
    kind, value = json.loads(text)
    return _LOADERS[kind](value)
