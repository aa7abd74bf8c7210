"""Which sink a ``writeStream`` asks for: one readable table of formats, and the gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.engine import plans
from houseboat.errors import Unsupported
from houseboat.streaming.errors import analysis_error
from houseboat.streaming.file_sink import FORMATS as FILE_FORMATS
from houseboat.streaming.file_sink import FileSink
from houseboat.streaming.gaps import GAPS
from houseboat.streaming.memory_sink import MemorySink
from houseboat.streaming.sinks import ConsoleSink, DeltaSink, ForeachBatchSink, NoopSink, Sink, Target

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import commands_pb2

    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.places import Places

TEMPORARY = frozenset({"memory", "console", "noop", "foreachbatch"})
"""Sinks whose queries need no checkpointLocation (``SOURCES_ALLOW_ONE_TIME_QUERY``)."""

UNSUPPORTED = {
    "foreach": "use foreachBatch",
    "kafka": "write to a Delta table, or publish in foreachBatch",
    "eventhubs": "write to a Delta table, or publish in foreachBatch",
    "text": "write csv, json, parquet or delta",
    "orc": "write csv, json, parquet or delta",
    "avro": "write csv, json, parquet or delta",
}
"""Sinks that Houseboat does not have -> what to do instead."""

_OWN = frozenset({"checkpointlocation", "path", "queryname"})


@dataclass(frozen=True)
class Wish:
    """A ``writeStream`` and what is known around it."""

    start: commands_pb2.WriteStreamOperationStart
    query_id: str
    session: SessionContext
    places: Places

    @property
    def path(self) -> str | None:
        """Where to write, by ``start(path)`` or the option."""
        return self.start.path or plans.options(self.start).get("path")

    @property
    def options(self) -> dict[str, str]:
        """The writer's options, without those that are the query's own."""
        return {key: value for key, value in self.start.options.items() if key.lower() not in _OWN}


def format_of(start: commands_pb2.WriteStreamOperationStart) -> str:
    """The sink's name in lower case; Delta when none is given, as on Databricks."""
    if start.HasField("foreach_batch"):
        return "foreachbatch"
    if start.HasField("foreach_writer"):
        return "foreach"
    return (start.format or "delta").lower()


def sink_of(wish: Wish) -> Sink:
    """The sink; raises for what is missing or not supported."""
    name, start = format_of(wish.start), wish.start
    if start.WhichOneof("sink_destination") == "table_name" and name != "delta":
        raise Unsupported(
            f"toTable with format {name} is not supported", hint=GAPS["toTable with a format other than Delta"]
        )
    factory = SINKS.get(name)
    if factory is not None:
        return factory(wish)
    if name in UNSUPPORTED:
        raise Unsupported(f"a stream cannot be written to {name}", hint=UNSUPPORTED[name])
    raise analysis_error(
        f"Failed to find the data source: {name}. Make sure the provider name is correct.",
        code="DATA_SOURCE_NOT_FOUND",
        hint=f"streams are written to {', '.join(sorted(SINKS))}",
    )


def _delta(wish: Wish) -> Sink:
    start, session, places = wish.start, wish.session, wish.places
    if start.output_mode.lower() == "update":
        raise analysis_error(
            "Data source delta does not support Update output mode", hint="use append, or foreachBatch with MERGE"
        )
    table = start.table_name or None
    if table:
        options = wish.options | ({"path": wish.path} if wish.path else {})
        target = Target(
            None, table, lambda: places.table(table, session), options, tuple(start.partitioning_column_names)
        )
    else:
        folder = places.folder(_path(wish))
        target = Target(folder.as_posix(), None, lambda: folder, wish.options, tuple(start.partitioning_column_names))
    return DeltaSink(target, wish.query_id, session)


def _files(wish: Wish) -> Sink:
    start = wish.start
    if start.output_mode.lower() not in ("", "append"):
        raise analysis_error(f"Data source {format_of(start)} does not support {start.output_mode.title()} output mode")
    folder = wish.places.folder(_path(wish))
    return FileSink(format_of(start), folder, wish.options, start.partitioning_column_names, wish.session)


def _memory(wish: Wish) -> Sink:
    if not wish.start.query_name:
        raise analysis_error("queryName must be specified for memory sink", hint=".queryName('name_of_the_view')")
    return MemorySink(wish.start.query_name, wish.places.temporary("memory"), wish.session)


def _console(wish: Wish) -> Sink:
    options = plans.options(wish.start)
    truncate = options.get("truncate", "true").lower() == "true"
    return ConsoleSink(wish.session, rows=int(options.get("numrows", "20")), truncate=truncate)


def _path(wish: Wish) -> str:
    if not wish.path:
        raise analysis_error("'path' is not specified", hint="start(path), or toTable(name)")
    return wish.path


SINKS: Mapping[str, Callable[[Wish], Sink]] = {
    "delta": _delta,
    "foreachbatch": lambda wish: ForeachBatchSink(wish.start.foreach_batch.python_function.command, wish.session),
    "console": _console,
    "memory": _memory,
    "noop": lambda wish: NoopSink(wish.session),
    **dict.fromkeys(FILE_FORMATS, _files),
}
