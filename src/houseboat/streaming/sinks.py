"""Where a query's batches go: Delta tables, ``foreachBatch``, the console, nowhere.

A sink is told of a replay and of its own position when the batch was planned, so that a batch that reached it before
a crash is recognised. Files and memory: ``file_sink``, ``memory_sink``; which sink a query has: ``sink_choice``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql.connect.proto import base_pb2, commands_pb2, relations_pb2

from houseboat.delta import log
from houseboat.streaming import leaves
from houseboat.streaming.errors import StreamingError
from houseboat.streaming.txn import Stamp, last_version

if TYPE_CHECKING:
    from houseboat.engine.handler import SessionContext

UNKNOWN_ROWS = -1


@dataclass(frozen=True)
class Batch:
    """One micro-batch on its way to the sink. ``replay``: an earlier process may have written it already; then
    ``position`` is what the sink answered before it was planned.
    """

    number: int
    relation: relations_pb2.Relation
    replay: bool = False
    position: str | None = None


class Sink(Protocol):
    """Where batches go. ``description`` as in ``StreamingQueryProgress``."""

    @property
    def description(self) -> str:
        """``DeltaSink[<path>]``, ``ForeachBatchSink``."""

    def prepare(self, plan: relations_pb2.Relation) -> None:
        """Called once before the first batch; ``plan`` has the batches' columns and no rows."""

    def position(self) -> str | None:
        """Where the sink is now, kept with the offsets of the next batch."""

    def add(self, batch: Batch) -> int:
        """Write a batch, once; the number of rows, or -1 when it is unknown."""


class SimpleSink:
    """What sinks without a memory have in common."""

    def prepare(self, plan: relations_pb2.Relation) -> None:
        """Nothing to do."""

    def position(self) -> str | None:
        """It has none."""
        return None


@dataclass(frozen=True)
class Target:
    """A Delta table to write to, by ``path`` (local) or ``table`` (a name). ``place`` finds the folder of its files,
    which for a table that does not exist yet is known only after it was created.
    """

    path: str | None
    table: str | None
    place: Callable[[], Path | None]
    options: Mapping[str, str] = field(default_factory=dict)
    partition_by: Sequence[str] = ()


class DeltaSink:
    """Appends each batch in one commit that carries the query's id and the batch's number."""

    def __init__(self, target: Target, query_id: str, session: SessionContext) -> None:
        self._target = target
        self._query = query_id
        self._session = session

    @property
    def description(self) -> str:
        """``DeltaSink[<path>]``."""
        return f"DeltaSink[{self._target.place() or self._target.table}]"

    def prepare(self, plan: relations_pb2.Relation) -> None:
        """Make the table when it is missing, so that others can read it before the first row.

        All its columns may be null, as on Databricks; the engine's own write would forbid it wherever the first batch
        happens to have none.
        """
        if self._newest() is not None:
            return
        schema = json.loads(self._session.dataframe(plan).schema.json())
        try:
            self._write(leaves.empty_relation(json.dumps(_nullable(schema))), None)
        except Exception:
            if self._newest() is None:  # else another query made it at the same moment
                raise

    def position(self) -> str | None:
        """The table's version; ``-1`` before there is a table."""
        newest = self._newest()
        return str(-1 if newest is None else newest)

    def add(self, batch: Batch) -> int:
        """One commit, unless the log already holds the batch."""
        place, before = self._target.place(), self._newest()
        if batch.replay and place is not None:
            since = int(batch.position) if batch.position is not None else -1
            written = last_version(place, self._query, after=since)
            if written is not None and written >= batch.number:
                return UNKNOWN_ROWS
        stamp = Stamp(self._query, batch.number)
        self._write(batch.relation, stamp)
        return self._rows(stamp, -1 if before is None else before)

    def _newest(self) -> int | None:
        place = self._target.place()
        return None if place is None else log.latest_version(place)

    def _rows(self, stamp: Stamp, before: int) -> int:
        """How many rows the commit says it has; no commit means that the batch was empty."""
        place = self._target.place()
        if place is None:
            return UNKNOWN_ROWS
        for _, actions in log.commits_backwards(place, down_to=before + 1):
            text = log.user_metadata(actions)
            if text is not None and f'"{stamp.app}"' in text:
                info: dict[str, Any] = next(action["commitInfo"] for action in actions if "commitInfo" in action)
                return int(info.get("operationMetrics", {}).get("numOutputRows", UNKNOWN_ROWS))
        return 0

    def _write(self, relation: relations_pb2.Relation, stamp: Stamp | None) -> None:
        plan = base_pb2.Plan()
        write = plan.command.write_operation
        write.input.CopyFrom(relation)
        write.source = "delta"
        write.mode = commands_pb2.WriteOperation.SAVE_MODE_APPEND
        for key, value in self._target.options.items():
            write.options[key] = value
        write.partitioning_columns.extend(self._target.partition_by)
        if self._target.table:
            write.table.table_name = self._target.table
            write.table.save_method = commands_pb2.WriteOperation.SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE
        else:
            write.path = self._target.path or ""
        if stamp is not None:
            user = next((value for key, value in self._target.options.items() if key.lower() == "usermetadata"), None)
            for key in [key for key in write.options if key.lower() == "usermetadata"]:
                del write.options[key]
            write.options["userMetadata"] = stamp.metadata(user)
        self._session.execute(plan)


def _nullable(kind: Any) -> Any:
    """A type in Spark's JSON with null allowed everywhere."""
    if isinstance(kind, list):
        return [_nullable(part) for part in kind]
    if not isinstance(kind, dict):
        return kind
    flags = {"nullable": True, "containsNull": True, "valueContainsNull": True}
    return {key: flags.get(key, value if key == "metadata" else _nullable(value)) for key, value in kind.items()}


class ForeachBatchSink(SimpleSink):
    """Calls the user's function with a DataFrame of the batch; at least once, as on Databricks."""

    def __init__(self, command: bytes, session: SessionContext) -> None:
        self._command = command
        self._function: Callable[[Any, int], None] | None = None
        self._session = session

    @property
    def description(self) -> str:
        """As Spark names it."""
        return "ForeachBatchSink"

    def add(self, batch: Batch) -> int:
        """Call the function in this process; what it raises ends the query."""
        if self._function is None:
            from pyspark.serializers import CloudPickleSerializer

            self._function = CloudPickleSerializer().loads(self._command)
        try:
            self._function(self._session.dataframe(batch.relation), batch.number)
        except Exception as error:
            raise StreamingError(
                "An error occurred in the user provided function in foreach batch sink. Reason: "
                f"{type(error).__name__}: {error}",
                code="FOREACH_BATCH_USER_FUNCTION_ERROR",
            ) from error
        return UNKNOWN_ROWS


class ConsoleSink(SimpleSink):
    """Prints each batch as ``DataFrame.show`` does."""

    def __init__(self, session: SessionContext, *, rows: int = 20, truncate: bool = True) -> None:
        self._session = session
        self._rows = rows
        self._truncate = truncate

    @property
    def description(self) -> str:
        """As Spark names it."""
        return f"ConsoleSink[numRows={self._rows}, truncate={str(self._truncate).lower()}]"

    def add(self, batch: Batch) -> int:
        """A rule, the batch's number, a rule, the rows."""
        relation = relations_pb2.Relation()
        relation.show_string.input.CopyFrom(batch.relation)
        relation.show_string.num_rows = self._rows
        relation.show_string.truncate = 20 if self._truncate else 0
        from houseboat.engine import answers

        text = answers.collect(self._session, relation).column(0)[0].as_py()
        rule = "-" * 43
        sys.stdout.write(f"{rule}\nBatch: {batch.number}\n{rule}\n{text}\n")
        sys.stdout.flush()
        return UNKNOWN_ROWS


class NoopSink(SimpleSink):
    """Computes each batch and throws it away."""

    def __init__(self, session: SessionContext) -> None:
        self._session = session

    @property
    def description(self) -> str:
        """As Spark names it."""
        return "NoopSink"

    def add(self, batch: Batch) -> int:
        """Run the plan."""
        plan = base_pb2.Plan()
        write = plan.command.write_operation
        write.input.CopyFrom(batch.relation)
        write.source = "noop"
        write.mode = commands_pb2.WriteOperation.SAVE_MODE_APPEND
        self._session.execute(plan)
        return UNKNOWN_ROWS
