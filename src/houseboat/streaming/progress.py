"""What a query tells about itself: progress objects and listener events, in the JSON that PySpark parses.

Source: Apache Spark, ``StreamingQueryProgress`` and ``StreamingQueryListener``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

RECENT = 100
"""Progress objects kept (``spark.sql.streaming.numRecentProgressUpdates``)."""


@dataclass
class Stopwatch:
    """Milliseconds spent on each step of a batch."""

    spent: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.time)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside the ``with``."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0) + round((time.perf_counter() - begin) * 1000)


@dataclass(frozen=True)
class SourceProgress:
    """One source's part of a batch. ``rows`` is 0 when nobody counted them."""

    description: str
    start: Any
    end: Any
    rows: int
    metrics: Mapping[str, str]


@dataclass(frozen=True)
class Identity:
    """Who a query is: ``id`` across restarts, ``run_id`` per start."""

    id: str
    run_id: str
    name: str | None


def timestamp(seconds: float | None = None) -> str:
    """ISO 8601 in UTC with milliseconds, as Spark writes it."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def progress_json(
    who: Identity,
    batch: int,
    watch: Stopwatch,
    sources: Sequence[SourceProgress],
    sink: str,
    output_rows: int,
    *,
    since: float,
) -> str:
    """One ``StreamingQueryProgress``. ``output_rows`` is -1 when unknown; ``since``: when the batch before began (0:
    none did), seconds.
    """
    total = max(watch.spent.get("triggerExecution", 0), 0)
    waited = max(watch.started - since, 0.001) if since else 0.0
    rows = sum(source.rows for source in sources)

    def rates(count: int) -> dict[str, float]:
        incoming = count / waited if waited else 0.0
        return {"inputRowsPerSecond": incoming, "processedRowsPerSecond": count / (max(total, 1) / 1000)}

    value = {
        "id": who.id,
        "runId": who.run_id,
        "name": who.name,
        "timestamp": timestamp(watch.started),
        "batchId": batch,
        "batchDuration": total,
        "numInputRows": rows,
        **rates(rows),
        "durationMs": dict(watch.spent),
        "eventTime": {},
        "stateOperators": [],
        "sources": [
            {
                "description": source.description,
                "startOffset": source.start,
                "endOffset": source.end,
                "latestOffset": source.end,
                "numInputRows": source.rows,
                **rates(source.rows),
                "metrics": dict(source.metrics),
            }
            for source in sources
        ],
        "sink": {"description": sink, "numOutputRows": output_rows, "metrics": {}},
        "observedMetrics": {},
    }
    return json.dumps(value)


def started_event(who: Identity) -> str:
    """``QueryStartedEvent``."""
    return json.dumps({"id": who.id, "runId": who.run_id, "name": who.name, "timestamp": timestamp(), "jobTags": []})


def progress_event(progress: str) -> str:
    """``QueryProgressEvent``."""
    return json.dumps({"progress": json.loads(progress)})


def idle_event(who: Identity) -> str:
    """``QueryIdleEvent``."""
    return json.dumps({"id": who.id, "runId": who.run_id, "timestamp": timestamp()})


def terminated_event(who: Identity, error: str | None, error_class: str | None) -> str:
    """``QueryTerminatedEvent``."""
    return json.dumps({"id": who.id, "runId": who.run_id, "exception": error, "errorClassOnException": error_class})
