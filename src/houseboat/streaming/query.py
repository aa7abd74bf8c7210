"""A running query: batch after batch in a thread of its own.

The order of a batch is the exactly-once protocol: write down what it reads (offsets/N), run it, one commit in the
sink that carries the query's id and N, write down that it is there (commits/N). A process that dies anywhere in
between leaves a checkpoint from which the next start repeats batch N with the same input, or finds it in the sink.
"""

from __future__ import annotations

import contextvars
import math
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from houseboat.streaming import leaves, progress
from houseboat.streaming.checkpoint import Checkpoint, Planned
from houseboat.streaming.errors import CheckpointError, sources_changed
from houseboat.streaming.failure import error_class, stream_failed
from houseboat.streaming.progress import Identity, SourceProgress, Stopwatch
from houseboat.streaming.sinks import UNKNOWN_ROWS, Batch, Sink
from houseboat.streaming.source import CountsRows, Freezes, Source

if TYPE_CHECKING:
    from pyspark.errors import StreamingQueryException
    from pyspark.sql.connect.proto import relations_pb2

    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.lock import CheckpointLock
    from houseboat.streaming.triggers import Trigger

_POLL = 0.1
"""Seconds between two looks at idle sources of a query without an interval."""

_SINK_POSITION = "houseboat.sink.position"


@dataclass(frozen=True)
class Parts:
    """What a query is made of. ``plan`` still has its streaming leaves; ``sources`` are theirs, in order.
    ``temporary``: the checkpoint goes with the query.
    """

    who: Identity
    plan: relations_pb2.Relation
    sources: Sequence[Source]
    sink: Sink
    trigger: Trigger
    checkpoint: Checkpoint
    lock: CheckpointLock
    session: SessionContext
    temporary: bool = False


class Query:
    """One run of a query. Thread-safe."""

    def __init__(self, parts: Parts, tell: Callable[[str, Query, str], None]) -> None:
        """``tell(what, query, event JSON)``: "progress", "idle" and "terminated"."""
        self.parts = parts
        self.who = parts.who
        self.error: StreamingQueryException | None = None
        self.batches = 0
        self.rows = 0
        self._tell = tell
        self._changed = threading.Condition()
        self._stopping = False
        self._done = False
        self._looks_begun = 0
        self._waiters = 0
        self._idle_look = 0
        self._recent: deque[str] = deque(maxlen=progress.RECENT)
        self._message = "Initializing sources"
        self._busy = False
        self._next = 0
        self._ends: tuple[Any, ...] = (None,) * len(parts.sources)
        self._last_began = 0.0
        context = contextvars.copy_context()
        name = f"stream {self.who.name or self.who.id}"
        self._thread = threading.Thread(target=context.run, args=(self._run,), name=name, daemon=True)

    def start(self) -> None:
        """Make the sink ready and begin; returns at once."""
        empty = leaves.replaced(self.parts.plan, [_empty(source) for source in self.parts.sources])
        self.parts.sink.prepare(empty)
        self._thread.start()

    def abandon(self) -> None:
        """Give the checkpoint back when the start failed."""
        self._done = True
        self.parts.lock.release()

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return not self._done

    @property
    def status(self) -> tuple[str, bool, bool]:
        """Message, whether data is available, whether a batch is being run."""
        return self._message, self._busy, self._busy

    @property
    def recent(self) -> list[str]:
        """The newest progress objects, oldest first."""
        return list(self._recent)

    def stop(self) -> None:
        """End after the batch that runs now; returns when it has ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most ``timeout`` seconds; whether it came. Raises what the query failed with."""
        with self._changed:
            ended = self._changed.wait_for(lambda: self._done, timeout)
        if self.error is not None:
            raise self.error
        return ended

    def process_all_available(self) -> None:
        """Wait until everything that was there at the call is in the sink. Raises what the query failed with."""
        with self._changed:
            wanted = self._looks_begun
            self._waiters += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._done or self._idle_look > wanted)
            finally:
                self._waiters -= 1
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            self._adopt_session()
            self._recover()
            if self.parts.trigger.ends:
                self._drain()
            else:
                self._go_on()
        except BaseException as error:  # noqa: BLE001 - whatever ends the thread early is the outcome of the query
            self.error = stream_failed(self.who, error)
        finally:
            self._end()

    def _adopt_session(self) -> None:
        """What a foreachBatch function asks PySpark for as the active session is the query's."""
        from pyspark.sql.connect.session import SparkSession

        SparkSession._set_default_and_active_session(self.parts.session.spark)  # noqa: SLF001

    def _recover(self) -> None:
        """Take up where the checkpoint ends; repeat its last batch when nobody knows that it reached the sink."""
        checkpoint, count = self.parts.checkpoint, len(self.parts.sources)
        planned, committed = checkpoint.last_planned(), checkpoint.last_committed()
        if planned is None:
            if committed is not None:
                raise CheckpointError(
                    f"the checkpoint {checkpoint.folder} has commits/{committed} but no offsets",
                    hint="put its files back from a copy, or delete the folder to start the stream from the beginning",
                    code="CHECKPOINT_CORRUPT",
                )
            return
        if len(planned.ends) != count:
            raise sources_changed(checkpoint.folder, len(planned.ends), count)
        self._next = planned.number
        if committed is not None and committed >= planned.number:
            self._ends, self._next = planned.ends, planned.number + 1
            return
        if planned.number > 0:
            self._ends = checkpoint.planned(planned.number - 1).ends
        self._execute(planned, Stopwatch(), replay=True)

    def _drain(self) -> None:
        trigger = self.parts.trigger
        for source in self.parts.sources:
            if trigger.several and isinstance(source, Freezes):
                source.freeze()
        while not self._stopping and self._trigger_once(limit=trigger.limited) and trigger.several:
            pass

    def _go_on(self) -> None:
        interval = self.parts.trigger.interval or 0.0
        while not self._stopping:
            begun = time.time()
            found = self._trigger_once(limit=True)
            if not found:
                self._tell("idle", self, progress.idle_event(self.who))
            until = math.floor(begun / interval + 1) * interval if interval else (0 if found else begun + _POLL)
            with self._changed:
                self._message = "Waiting for next trigger"
                self._changed.wait_for(lambda: self._stopping or self._waiters > 0, max(until - time.time(), 0))

    def _trigger_once(self, *, limit: bool) -> bool:
        """Look for news and run one batch of it; whether there was any."""
        with self._changed:
            self._looks_begun += 1
            look = self._looks_begun
            self._message = "Getting offsets from sources"
        watch = Stopwatch()
        with watch.step("latestOffset"):
            found = [s.next_offset(b, limit=limit) for s, b in zip(self.parts.sources, self._ends, strict=True)]
        if all(end is None for end in found):
            with self._changed:
                self._idle_look = look
                self._message = "Waiting for data to arrive"
                self._changed.notify_all()
            return False
        ends = tuple(old if new is None else new for old, new in zip(self._ends, found, strict=True))
        position = self.parts.sink.position()
        conf = {} if position is None else {_SINK_POSITION: position}
        planned = Planned(self._next, ends, conf, int(watch.started * 1000))
        with watch.step("walCommit"):
            self.parts.checkpoint.plan(planned)
        self._execute(planned, watch, replay=False)
        return True

    def _execute(self, planned: Planned, watch: Stopwatch, *, replay: bool) -> None:
        """Run a planned batch and write down that it is in the sink."""
        parts, starts = self.parts, self._ends
        self._message, self._busy = "Processing new data", True
        try:
            with watch.step("getBatch"):
                batches = [
                    _empty(source) if end is None or end == start else source.batch(start, end, parts.session)
                    for source, start, end in zip(parts.sources, starts, planned.ends, strict=True)
                ]
                relation = leaves.replaced(parts.plan, batches)
            with watch.step("addBatch"):
                batch = Batch(planned.number, relation, replay, planned.conf.get(_SINK_POSITION))
                written = parts.sink.add(batch)
            with watch.step("commitOffsets"):
                parts.checkpoint.commit(planned.number)
            for source, start, end in zip(parts.sources, starts, planned.ends, strict=True):
                if end is not None and end != start:
                    source.commit(end)
        finally:
            self._busy = False
        self._next, self._ends = planned.number + 1, planned.ends
        self._report(planned, starts, watch, written)

    def _report(self, planned: Planned, starts: tuple[Any, ...], watch: Stopwatch, written: int) -> None:
        watch.spent["triggerExecution"] = round((time.time() - watch.started) * 1000)
        sole = len(self.parts.sources) == 1
        sources = [
            SourceProgress(
                source.description, start, end, _count(source, start, end, written if sole else 0), source.metrics()
            )
            for source, start, end in zip(self.parts.sources, starts, planned.ends, strict=True)
        ]
        sink = self.parts.sink.description
        text = progress.progress_json(self.who, planned.number, watch, sources, sink, written, since=self._last_began)
        self._last_began = watch.started
        self.batches += 1
        self.rows += written if written != UNKNOWN_ROWS else sum(source.rows for source in sources)
        self._recent.append(text)
        self._tell("progress", self, progress.progress_event(text))

    def _end(self) -> None:
        self._message = "Stopped" if self.error is None else f"Terminated with exception: {self.error}"
        self.parts.lock.release()
        if self.parts.temporary:
            shutil.rmtree(self.parts.checkpoint.folder, ignore_errors=True)
        code = None if self.error is None else error_class(self.error)
        event = progress.terminated_event(self.who, None if self.error is None else str(self.error), code)
        try:
            self._tell("terminated", self, event)
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()


def _empty(source: Source) -> relations_pb2.Relation:
    return leaves.empty_relation(source.schema().json())


def _count(source: Source, start: Any, end: Any, otherwise: int) -> int:
    """Rows read: what the source knows, else what the sink wrote, else 0."""
    if end is None or end == start:
        return 0
    known = source.input_rows(start, end) if isinstance(source, CountsRows) else None
    return max(otherwise, 0) if known is None else known
