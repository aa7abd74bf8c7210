"""Answers the commands behind ``StreamingQuery`` and ``spark.streams``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.errors import Unsupported
from houseboat.streaming import leaves
from houseboat.streaming.errors import StreamingError
from houseboat.streaming.failure import error_class

if TYPE_CHECKING:
    from houseboat.streaming.manager import Queries
    from houseboat.streaming.query import Query

_EXCEPTION = "org.apache.spark.sql.streaming.StreamingQueryException"

UNSUPPORTED = {
    "add_listener": "PySpark's own spark.streams.addListener is supported",
    "remove_listener": "PySpark's own spark.streams.removeListener is supported",
    "list_listeners": "PySpark's own spark.streams.addListener is supported",
}
"""Commands of other clients that Houseboat does not answer -> what is."""


def answer(command: commands_pb2.Command, queries: Queries) -> Iterator[pb2.ExecutePlanResponse] | None:
    """The answer to a command about queries; None for any other command."""
    kind = command.WhichOneof("command_type")
    if kind == "streaming_query_command":
        return query_command(command.streaming_query_command, queries)
    if kind == "streaming_query_manager_command":
        return manager_command(command.streaming_query_manager_command, queries)
    if kind == "streaming_query_listener_bus_command":
        return listener_command(command.streaming_query_listener_bus_command, queries)
    return None


def query_command(command: commands_pb2.StreamingQueryCommand, queries: Queries) -> Iterator[pb2.ExecutePlanResponse]:
    """``StreamingQuery``: status, progress, stop, awaitTermination, ..."""
    query = queries.run(command.query_id.run_id)
    if query is None:
        raise StreamingError(
            f"no streaming query has the run id {command.query_id.run_id} in this session",
            hint="ask the session that started it",
            code="STREAMING_QUERY_NOT_FOUND",
        )
    response = pb2.ExecutePlanResponse()
    result = response.streaming_query_command_result
    result.query_id.CopyFrom(command.query_id)
    _QUERY[command.WhichOneof("command") or "status"](command, query, result)
    yield response


def manager_command(
    command: commands_pb2.StreamingQueryManagerCommand, queries: Queries
) -> Iterator[pb2.ExecutePlanResponse]:
    """``spark.streams``: active, get, awaitAnyTermination, resetTerminated."""
    response = pb2.ExecutePlanResponse()
    result = response.streaming_query_manager_command_result
    result.SetInParent()
    kind = command.WhichOneof("command") or ""
    if kind == "active":
        result.active.SetInParent()
        for query in queries.active:
            _describe(query, result.active.active_queries.add())
    elif kind == "get_query":
        found = queries.by_id(command.get_query)
        if found is not None:
            _describe(found, result.query)
    elif kind == "await_any_termination":
        asked = command.await_any_termination
        timeout = asked.timeout_ms / 1000 if asked.HasField("timeout_ms") else None
        result.await_any_termination.terminated = queries.wait_any(timeout)
    elif kind == "reset_terminated":
        queries.reset()
        result.reset_terminated = True
    else:
        raise Unsupported(f"the command {kind} of spark.streams is not supported", hint=UNSUPPORTED.get(kind))
    yield response


def listener_command(
    command: commands_pb2.StreamingQueryListenerBusCommand, queries: Queries
) -> Iterator[pb2.ExecutePlanResponse]:
    """``spark.streams.addListener``: the events, one answer each, until the listener is removed."""
    if command.WhichOneof("command") == "remove_listener_bus_listener":
        queries.unlisten()
        return
    events = queries.listen()
    added = pb2.ExecutePlanResponse()
    added.streaming_query_listener_events_result.listener_bus_listener_added = True
    yield added
    for event in events:
        response = pb2.ExecutePlanResponse()
        response.streaming_query_listener_events_result.events.append(event)
        yield response


def _status(
    _command: commands_pb2.StreamingQueryCommand, query: Query, result: commands_pb2.StreamingQueryCommandResult
) -> None:
    message, available, busy = query.status
    result.status.status_message = message
    result.status.is_data_available = available
    result.status.is_trigger_active = busy
    result.status.is_active = query.active


def _progress(
    command: commands_pb2.StreamingQueryCommand, query: Query, result: commands_pb2.StreamingQueryCommandResult
) -> None:
    recent = query.recent
    result.recent_progress.recent_progress_json.extend(recent[-1:] if command.last_progress else recent)


def _stop(
    _command: commands_pb2.StreamingQueryCommand, query: Query, _result: commands_pb2.StreamingQueryCommandResult
) -> None:
    query.stop()


def _process_all(
    _command: commands_pb2.StreamingQueryCommand, query: Query, _result: commands_pb2.StreamingQueryCommandResult
) -> None:
    query.process_all_available()


def _explain(
    command: commands_pb2.StreamingQueryCommand, query: Query, result: commands_pb2.StreamingQueryCommandResult
) -> None:
    """The plan of a batch, by the engine; the sources stand in it as empty tables of their columns."""
    parts = query.parts
    empty = [leaves.empty_relation(source.schema().json()) for source in parts.sources]
    frame = parts.session.dataframe(leaves.replaced(parts.plan, empty))
    text = frame._explain_string(extended=command.explain.extended)  # noqa: SLF001 - what DataFrame.explain prints
    sources = "\n".join(source.description for source in parts.sources)
    result.explain.result = f"== Streaming sources ==\n{sources}\n\n{text}"


def _exception(
    _command: commands_pb2.StreamingQueryCommand, query: Query, result: commands_pb2.StreamingQueryCommandResult
) -> None:
    result.exception.SetInParent()
    if query.error is not None:
        result.exception.exception_message = f"{_EXCEPTION}: {query.error}"
        result.exception.error_class = error_class(query.error)


def _await(
    command: commands_pb2.StreamingQueryCommand, query: Query, result: commands_pb2.StreamingQueryCommandResult
) -> None:
    asked = command.await_termination
    result.await_termination.terminated = query.wait(asked.timeout_ms / 1000 if asked.HasField("timeout_ms") else None)


_Answer = Callable[[commands_pb2.StreamingQueryCommand, "Query", commands_pb2.StreamingQueryCommandResult], None]

_QUERY: Mapping[str, _Answer] = {
    "status": _status,
    "last_progress": _progress,
    "recent_progress": _progress,
    "stop": _stop,
    "process_all_available": _process_all,
    "explain": _explain,
    "exception": _exception,
    "await_termination": _await,
}


def _describe(query: Query, instance: commands_pb2.StreamingQueryManagerCommandResult.StreamingQueryInstance) -> None:
    instance.id.id = query.who.id
    instance.id.run_id = query.who.run_id
    if query.who.name:
        instance.name = query.who.name
