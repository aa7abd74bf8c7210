"""The queries of one session, and those who listen to them: what ``spark.streams`` shows."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import commands_pb2

if TYPE_CHECKING:
    from houseboat.streaming.query import Query

_KINDS = {
    "progress": commands_pb2.QUERY_PROGRESS_EVENT,
    "idle": commands_pb2.QUERY_IDLE_EVENT,
    "terminated": commands_pb2.QUERY_TERMINATED_EVENT,
}
_WAKE = 0.5
"""Seconds after which a waiting listener looks whether the program is ending."""


class Queries:
    """Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all: dict[str, Query] = {}
        self._ended: list[Query] = []
        self._listener: queue.SimpleQueue[commands_pb2.StreamingQueryListenerEvent | None] | None = None

    @property
    def active(self) -> list[Query]:
        """The queries that run."""
        with self._changed:
            return [query for query in self._all.values() if query.active]

    @property
    def listened(self) -> bool:
        """Whether anybody listens."""
        return self._listener is not None

    def add(self, query: Query) -> None:
        """A query that was started; ended runs that nobody can ask for any more are forgotten."""
        with self._changed:
            ended = [run for run, old in self._all.items() if not old.active]
            for run in ended[:-100]:
                del self._all[run]
            self._all[query.who.run_id] = query

    def run(self, run_id: str) -> Query | None:
        """A query by the id of its run, also when it has ended."""
        return self._all.get(run_id)

    def by_id(self, query_id: str) -> Query | None:
        """An active query by its id."""
        return next((query for query in self.active if query.who.id == query_id), None)

    def by_name(self, name: str) -> Query | None:
        """An active query by its name."""
        return next((query for query in self.active if query.who.name == name), None)

    def tell(self, what: str, query: Query, event: str) -> None:
        """Pass an event to the listener; remember what has ended."""
        with self._changed:
            if self._listener is not None:
                self._listener.put(commands_pb2.StreamingQueryListenerEvent(event_json=event, event_type=_KINDS[what]))
            if what == "terminated":
                self._ended.append(query)
                self._changed.notify_all()

    def wait_any(self, timeout: float | None) -> bool:
        """Wait until a query has ended since the last ``reset``; raises what it failed with."""
        with self._changed:
            ended = self._changed.wait_for(lambda: bool(self._ended), timeout)
            failed = next((query.error for query in self._ended if query.error is not None), None)
        if failed is not None:
            raise failed
        return ended

    def reset(self) -> None:
        """Forget the queries that have ended."""
        with self._changed:
            self._ended.clear()

    def listen(self) -> Iterator[commands_pb2.StreamingQueryListenerEvent]:
        """The events from now on, until ``unlisten`` or the end of the program."""
        mine: queue.SimpleQueue[commands_pb2.StreamingQueryListenerEvent | None] = queue.SimpleQueue()
        with self._changed:
            self._listener = mine
        return _events(mine)

    def unlisten(self) -> None:
        """End the events of the listener."""
        with self._changed:
            if self._listener is not None:
                self._listener.put(None)
                self._listener = None


def _events(
    source: queue.SimpleQueue[commands_pb2.StreamingQueryListenerEvent | None],
) -> Iterator[commands_pb2.StreamingQueryListenerEvent]:
    """PySpark's listener thread would keep a finished program alive, so it ends with the main thread."""
    while True:
        try:
            event = source.get(timeout=_WAKE)
        except queue.Empty:
            if not threading.main_thread().is_alive():
                return
            continue
        if event is None:
            return
        yield event
