"""Records queries as runs of kind ``query``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from houseboat.runs import Status, current_run

if TYPE_CHECKING:
    from houseboat.runs import Run, Runs
    from houseboat.streaming.query import Query


class Reporter:
    """Does nothing without ``runs``."""

    def __init__(self, runs: Runs | None) -> None:
        self._runs = runs
        self._open: dict[str, Run] = {}
        self._lock = threading.Lock()

    def started(self, query: Query, clustering: Sequence[str] = ()) -> None:
        """A query was started. ``clustering``: the columns of ``clusterBy``, of which the run says that they change nothing."""
        if self._runs is None:
            return
        name = query.who.name or query.parts.sink.description
        asked = {"id": query.who.id, "runId": query.who.run_id, "sources": [s.description for s in query.parts.sources]}
        run = self._runs.begin("query", name, parent=current_run.get(), input=asked)
        with self._lock:
            self._open[query.who.run_id] = run
        if clustering:
            note = f"clusterBy({', '.join(clustering)}) is accepted without effect: tables are not clustered here"
            run.output["note"] = note
            self._runs.progress(run, note)

    def progress(self, query: Query) -> None:
        """A batch is in the sink."""
        run = self._open.get(query.who.run_id)
        if self._runs is not None and run is not None:
            self._runs.progress(run, f"batch {query.batches}, {query.rows} rows")

    def ended(self, query: Query, error: BaseException | None) -> None:
        """A query ended, well or with an error."""
        with self._lock:
            run = self._open.pop(query.who.run_id, None)
        if self._runs is None or run is None:
            return
        run.output.update(batches=query.batches, rows=query.rows)
        self._runs.end(run, Status.SUCCEEDED if error is None else Status.FAILED, error=error)
