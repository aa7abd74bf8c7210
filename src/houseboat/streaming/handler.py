"""The streaming handler: streaming DataFrames, ``writeStream`` and ``spark.streams`` for engines that have none.

A question about a streaming plan is forwarded with empty tables in the place of its leaves; ``writeStream...start``
starts a ``Query``; ``StreamingQuery`` and ``spark.streams`` are answered here. A batch of a query is an ordinary plan
that goes through the session's whole chain.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import relations_pb2

from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, ProceedAnalyze, SessionContext
from houseboat.streaming import commands, leaves, metadata_column, progress, rules
from houseboat.streaming.errors import analysis_error
from houseboat.streaming.idempotent import IdempotentWrites
from houseboat.streaming.manager import Queries
from houseboat.streaming.places import Places
from houseboat.streaming.reporting import Reporter
from houseboat.streaming.sources import SOURCES, SourceFactory, source_of
from houseboat.streaming.starting import Starter
from houseboat.streaming.views import StreamingViews, over_views

if TYPE_CHECKING:
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.lake import Lake
    from houseboat.runs import Runs
    from houseboat.streaming.query import Query

_QUERY_TEXT = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "(")


def streaming_handlers(
    lake: Lake | None = None,
    names: CatalogNames | None = None,
    runs: Runs | None = None,
    sources: Mapping[str, SourceFactory] = SOURCES,
) -> list[Handler]:
    """The handlers of streaming, for the front of the chain (before those of names and paths).

    ``runs``: where queries are recorded, kind ``query``. ``sources``: format in lower case -> factory.
    """
    places = Places(lake, names)
    return [Streams(places, sources, runs), IdempotentWrites(places)]


class Streams(Handler):
    """Answers everything about streams."""

    def __init__(self, places: Places, sources: Mapping[str, SourceFactory], runs: Runs | None = None) -> None:
        self._places = places
        self._sources = sources
        self._reporter = Reporter(runs)
        self._running: dict[Path, Query] = {}
        self._lock = threading.RLock()

    def queries(self, session: SessionContext) -> Queries:
        """The queries of a session."""
        return session.state.setdefault(Queries, Queries())

    def views(self, session: SessionContext) -> StreamingViews:
        """The streaming temporary views of a session."""
        return session.state.setdefault(StreamingViews, StreamingViews())

    def stop_all(self, session: SessionContext | None = None) -> None:
        """Stop the queries of a session, or of all."""
        with self._lock:
            running = list(self._running.values())
        for query in running:
            if session is None or query.parts.session is session:
                query.stop()

    def analyze(
        self, request: pb2.AnalyzePlanRequest, session: SessionContext, proceed: ProceedAnalyze
    ) -> pb2.AnalyzePlanResponse:
        """Schema, explain and the like of a streaming plan, by its columns; ``isStreaming`` by itself."""
        views = self.views(session)
        if not views.any() and not leaves.has_streams(request):
            return proceed(request)
        copy = pb2.AnalyzePlanRequest()
        copy.CopyFrom(request)
        views.expand(copy)
        if not leaves.has_streams(copy):
            return proceed(copy)
        if copy.HasField("is_streaming"):
            answer = pb2.AnalyzePlanResponse(session_id=session.id)
            answer.is_streaming.is_streaming = True
            return answer
        self._empty(copy, session)
        return proceed(copy)

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Start queries, answer their commands; refuse to compute a stream as a batch."""
        queries, views = self.queries(session), self.views(session)
        kind = plan.command.WhichOneof("command_type") if plan.HasField("command") else None
        answer = commands.answer(plan.command, queries)
        if answer is not None:
            return answer
        if views.any():
            if plan.root.HasField("catalog") and plan.root.catalog.HasField("drop_temp_view"):
                views.drop(plan.root.catalog.drop_temp_view.view_name)
            plan = plans.copied(plan)
            views.expand(plan)
        if kind == "write_stream_operation_start":
            return self._start(plan, session)
        if kind == "create_dataframe_view":
            return self._view(plan, session, proceed)
        if kind == "sql_command":
            return self._sql(plan, session, proceed)
        if not leaves.has_streams(plan):
            return proceed(plan)
        raise _not_a_batch(kind)

    def _empty(self, message: pb2.AnalyzePlanRequest | relations_pb2.Relation, session: SessionContext) -> None:
        rules.strip_watermarks(message)
        named = metadata_column.is_named(message)
        if named:
            metadata_column.hide(message)

        def relation(index: int, leaf: leaves.Leaf) -> relations_pb2.Relation:  # noqa: ARG001
            source = source_of(leaf, session, None, self._places, self._sources)
            return leaves.empty_relation(source.schema().json())

        leaves.replace_in(message, relation, with_metadata=named)

    def _start(self, plan: pb2.Plan, session: SessionContext) -> Iterator[pb2.ExecutePlanResponse]:
        queries = self.queries(session)
        starter = Starter(session, self._places, self._sources)
        query = starter.query(plan.command.write_stream_operation_start, queries, self._take_over, self._tell)
        folder = query.parts.checkpoint.folder
        try:
            with self._lock:
                self._running[folder] = query
            queries.add(query)
            self._reporter.started(query, plan.command.write_stream_operation_start.clustering_column_names)
            query.start()
        except BaseException as error:
            query.abandon()
            self._forget(query)
            self._reporter.ended(query, error)
            raise
        response = pb2.ExecutePlanResponse()
        result = response.write_stream_operation_start_result
        result.query_id.id, result.query_id.run_id = query.who.id, query.who.run_id
        result.name = query.who.name or ""
        if queries.listened:
            result.query_started_event_json = progress.started_event(query.who)
        return iter((response,))

    def _take_over(self, folder: Path) -> None:
        """Stop the run of this process that has the checkpoint (``spark.sql.streaming.stopActiveRunOnRestart``)."""
        with self._lock:
            old = self._running.get(folder)
        if old is not None:
            old.stop()

    def _tell(self, what: str, query: Query, event: str) -> None:
        if what == "terminated":
            self._forget(query)
            self._reporter.ended(query, query.error)
        elif what == "progress":
            self._reporter.progress(query)
        self.queries(query.parts.session).tell(what, query, event)

    def _forget(self, query: Query) -> None:
        with self._lock:
            if self._running.get(query.parts.checkpoint.folder) is query:
                del self._running[query.parts.checkpoint.folder]

    def _view(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        view, views = plan.command.create_dataframe_view, self.views(session)
        if not leaves.has_streams(view):
            views.drop(view.name)
            return proceed(plan)
        views.put(view.name, view.input)
        copy = plans.copied(plan)
        self._empty(copy.command.create_dataframe_view.input, session)
        return proceed(copy)

    def _sql(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """A query over streams is itself a streaming DataFrame: nothing is computed."""
        text = plans.sql_text(plan) or ""
        mentioned = self.views(session).mentioned(text)
        command = plan.command.sql_command
        if not mentioned and not leaves.has_streams(command):
            return proceed(plan)
        if not text.lstrip().upper().startswith(_QUERY_TEXT):
            raise analysis_error(
                "a SQL command cannot read a stream as a batch",
                hint="select from the stream with spark.sql and write it with writeStream.toTable(name)",
            )
        response = pb2.ExecutePlanResponse()
        response.sql_command_result.relation.CopyFrom(over_views(command.input, mentioned))
        return iter((response,))


def _not_a_batch(kind: str | None) -> Exception:
    if kind in ("write_operation", "write_operation_v2"):
        return analysis_error(
            "'write' can not be called on streaming Dataset/DataFrame",
            hint="use writeStream",
            code="CALL_ON_STREAMING_DATASET_UNSUPPORTED",
        )
    return analysis_error(
        "Queries with streaming sources must be executed with writeStream.start();",
        hint="write the stream to a table and read that, or look at it with writeStream.format('console') or foreachBatch",
    )
