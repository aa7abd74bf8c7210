"""Puts the chain of handlers on a Spark Connect client's gRPC channel.

PySpark's own extension points: ``ChannelBuilder.add_interceptor`` and ``SparkSession.builder.channelBuilder``. The
interceptor belongs to one session. ``ExecutePlan`` and ``AnalyzePlan`` pass through the handlers, ``Config`` is
noted and forwarded, the rest is forwarded. An operation that no handler sent on to the engine is released here, because the
engine never heard of it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import grpc
from pyspark.sql.connect.proto import base_pb2 as pb2

from houseboat.engine.help import helpful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from houseboat.engine.handler import SessionContext


class HandlerInterceptor(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """One session's way through the handlers. ``session`` is set once the session exists."""

    def __init__(self) -> None:
        self.session: SessionContext | None = None
        self._sent: set[str] = set()

    def intercept_unary_stream(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        """``ExecutePlan`` goes through the handlers."""
        if self.session is None or not isinstance(request, pb2.ExecutePlanRequest):
            return continuation(details, request)
        return self._execute(self.session, continuation, details, request)

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        """``AnalyzePlan`` goes through the handlers; ``Config`` is noted; releases of what was answered here end here."""
        if self.session is None:
            return continuation(details, request)
        if isinstance(request, pb2.AnalyzePlanRequest):
            last = lambda r: continuation(details, r).result()  # noqa: E731
            try:
                return _Answered(self.session.analyze_chain(request, last))
            except grpc.RpcError as error:
                raise helpful(error) from None
        if isinstance(request, pb2.ConfigRequest):
            self._note(request.operation, self.session.settings)
        if isinstance(request, pb2.ReleaseExecuteRequest) and request.operation_id not in self._sent:
            return _Answered(
                pb2.ReleaseExecuteResponse(session_id=request.session_id, operation_id=request.operation_id)
            )
        if isinstance(request, pb2.ReleaseExecuteRequest) and request.HasField("release_all"):
            self._sent.discard(request.operation_id)
        return continuation(details, request)

    @staticmethod
    def _note(operation: pb2.ConfigRequest.Operation, settings: dict[str, str]) -> None:
        settings.update({pair.key: pair.value for pair in operation.set.pairs})
        for key in operation.unset.keys:
            settings.pop(key, None)

    def _execute(
        self, session: SessionContext, continuation: Callable[..., Any], details: Any, request: pb2.ExecutePlanRequest
    ) -> Iterator[pb2.ExecutePlanResponse]:
        def last(plan: pb2.Plan) -> Iterator[pb2.ExecutePlanResponse]:
            sent = pb2.ExecutePlanRequest()
            sent.CopyFrom(request)
            sent.plan.CopyFrom(plan)
            if sent.operation_id in self._sent:
                sent.operation_id = str(uuid.uuid4())
            self._sent.add(sent.operation_id)
            return iter(continuation(details, sent))

        complete = False
        try:
            for response in session.run_chain(request.plan, last):
                if not response.session_id:
                    response.session_id = request.session_id
                    response.operation_id = request.operation_id
                    response.response_id = str(uuid.uuid4())
                complete = complete or response.HasField("result_complete")
                yield response
        except grpc.RpcError as error:
            raise helpful(error) from None
        if not complete:
            end = pb2.ExecutePlanResponse(
                session_id=request.session_id, operation_id=request.operation_id, response_id=str(uuid.uuid4())
            )
            end.result_complete.SetInParent()
            yield end


class _Answered:
    """A finished call, in the shape that gRPC's unary callers read."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self, timeout: float | None = None) -> Any:  # noqa: ARG002
        return self._value

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.OK

    def details(self) -> str:
        return ""

    def trailing_metadata(self) -> tuple[()]:
        return ()
