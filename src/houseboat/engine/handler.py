"""The chain of handlers between a PySpark session and its engine.

``Handler`` is what a capability implements; ``SessionContext`` is what it is given. See ``docs/architecture.md``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import grpc
from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import relations_pb2

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

    from houseboat.engine.session import Engine

Proceed = Callable[[pb2.Plan], Iterator[pb2.ExecutePlanResponse]]
ProceedAnalyze = Callable[[pb2.AnalyzePlanRequest], pb2.AnalyzePlanResponse]


class Handler:
    """Takes part in what a session asks. Override one or both; the default passes on untouched.

    A handler serves many sessions and threads at once: what it keeps per session goes into ``session.state``. It may
    raise any exception; the user's call raises it.
    """

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:  # noqa: ARG002
        """Answer a plan (a relation to compute or a command), or change it and ``proceed``."""
        return proceed(plan)

    def analyze(
        self,
        request: pb2.AnalyzePlanRequest,
        session: SessionContext,  # noqa: ARG002
        proceed: ProceedAnalyze,
    ) -> pb2.AnalyzePlanResponse:
        """Answer a question about a plan (schema, explain, ...), or change it and ``proceed``."""
        return proceed(request)


class SessionContext:
    """One session, as handlers see it."""

    def __init__(self, spark: SparkSession, stub: Any, handlers: Sequence[Handler], engine: Engine) -> None:
        self.spark = spark
        self.engine = engine
        """Where the session comes from; held, so that an embedded server lives as long as its sessions."""
        self.id: str = spark.session_id
        self.settings: dict[str, str] = {}
        """What was set with ``spark.conf.set`` in this session."""
        self.state: dict[object, Any] = {}
        """What handlers keep for this session, by a key of their own."""
        self._stub = stub
        self._handlers = list(handlers)

    def setting(self, key: str, default: str | None = None) -> str | None:
        """A configuration value of this session, by its case-insensitive key."""
        lowered = key.lower()
        return next((value for name, value in self.settings.items() if name.lower() == lowered), default)

    def run_chain(self, plan: pb2.Plan, last: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Pass a plan through all handlers, ending in ``last``."""
        return self._execute_from(0, plan, last)

    def analyze_chain(self, request: pb2.AnalyzePlanRequest, last: ProceedAnalyze) -> pb2.AnalyzePlanResponse:
        """Pass an analysis request through all handlers, ending in ``last``."""
        return self._analyze_from(0, request, last)

    def execute(self, plan: pb2.Plan) -> list[pb2.ExecutePlanResponse]:
        """Run a plan of a handler's own through the whole chain; raises PySpark's exceptions."""
        return list(self.run_chain(plan, self._engine))

    def execute_relation(self, relation: relations_pb2.Relation) -> list[pb2.ExecutePlanResponse]:
        """Compute a relation through the whole chain."""
        plan = pb2.Plan()
        plan.root.CopyFrom(relation)
        return self.execute(plan)

    def sql_on_engine(self, text: str) -> list[pb2.ExecutePlanResponse]:
        """Run a SQL statement on the engine itself, past all handlers."""
        plan = pb2.Plan()
        plan.command.sql_command.sql = text
        plan.command.sql_command.input.sql.query = text
        return list(self._engine(plan))

    def dataframe(self, relation: relations_pb2.Relation) -> DataFrame:
        """A DataFrame of this session over a raw relation."""
        from pyspark.sql.connect.dataframe import DataFrame

        from houseboat.engine.plans import raw_plan

        return DataFrame(raw_plan(relation), self.spark)

    def _engine(self, plan: pb2.Plan) -> Iterator[pb2.ExecutePlanResponse]:
        request = pb2.ExecutePlanRequest(session_id=self.id, operation_id=str(uuid.uuid4()), plan=plan)
        request.client_type = "houseboat"
        request.user_context.user_id = self.spark.client._user_id or ""  # noqa: SLF001
        try:
            yield from self._stub.ExecutePlan(request)
        except grpc.RpcError as error:
            self.spark.client._handle_error(error)  # noqa: SLF001 - turns the status into PySpark's exceptions

    def _execute_from(self, index: int, plan: pb2.Plan, last: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        if index == len(self._handlers):
            return last(plan)
        return self._handlers[index].execute(plan, self, lambda p: self._execute_from(index + 1, p, last))

    def _analyze_from(
        self, index: int, request: pb2.AnalyzePlanRequest, last: ProceedAnalyze
    ) -> pb2.AnalyzePlanResponse:
        if index == len(self._handlers):
            return last(request)
        return self._handlers[index].analyze(request, self, lambda r: self._analyze_from(index + 1, r, last))
