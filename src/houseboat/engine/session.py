"""Opens sessions: on the embedded engine by default, on any Spark Connect endpoint when told."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from houseboat.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql.connect.session import SparkSession

    from houseboat.engine.embedded import EmbeddedServer
    from houseboat.engine.handler import Handler, SessionContext


_PATIENCE = 10.0
"""Seconds that a remote engine has to accept a connection."""


class Engine:
    """Where sessions come from. Thread-safe; the embedded server starts with the first session."""

    def __init__(
        self,
        remote: str = "sail",
        *,
        handlers: Sequence[Handler] = (),
        catalogs: Iterable[str] = (),
        default_catalog: str = "spark_catalog",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``remote``: ``sail`` (embedded) or ``sc://host:port``. ``handlers``: first asked first. ``catalogs``: names the
        embedded engine knows from the start; ``default_catalog`` is a new session's current one. ``settings``:
        configuration of every session, such as ``spark.sql.ansi.enabled``.
        """
        self.remote = remote
        self.handlers = list(handlers)
        self._catalogs = list(catalogs)
        self._default_catalog = default_catalog
        self._settings = {"spark.sql.session.timeZone": "UTC", **(settings or {})}
        self._lock = threading.Lock()
        self._server: EmbeddedServer | None = None
        self._sessions: dict[str, SessionContext] = {}

    @property
    def embedded(self) -> bool:
        """Whether the engine is the embedded one."""
        return self.remote == "sail"

    def session(self) -> SparkSession:
        """A new session, its own temporary views and configuration; catalogue and lake are everyone's."""
        import warnings

        import grpc

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            from pyspark.sql.connect.client import DefaultChannelBuilder
            from pyspark.sql.connect.proto import base_pb2_grpc
            from pyspark.sql.connect.session import SparkSession

        from houseboat.engine import older_servers
        from houseboat.engine.channel import HandlerInterceptor
        from houseboat.engine.handler import SessionContext

        interceptor = HandlerInterceptor()
        url = self._url()
        builder = DefaultChannelBuilder(url)
        if not self.embedded:
            _answers(builder.endpoint, self.remote)
        plain = DefaultChannelBuilder(url).toChannel()
        if not self.embedded:
            _speaks(plain, self.remote)
        builder.add_interceptor(interceptor)
        try:
            spark: SparkSession = SparkSession.builder.channelBuilder(builder).create()
            context = SessionContext(spark, base_pb2_grpc.SparkConnectServiceStub(plain), self.handlers, self)
            interceptor.session = context
            if (
                self.embedded
            ):  # in this process no connection is lost; to release every answer costs as much as to get it
                spark.client.disable_reattachable_execute()
            else:
                older_servers.complete(spark)
            for key, value in self._settings.items():
                spark.conf.set(key, value)
        except grpc.RpcError as error:
            raise EngineError(f"no engine answers at {self.remote}: {error}", hint="start it, or set remote") from error
        self._sessions[context.id] = context
        return spark

    def context(self, spark: Any) -> SessionContext:
        """What handlers see of a session that this engine opened."""
        return self._sessions[spark.session_id]

    def stop(self) -> None:
        """Close all sessions and the embedded server."""
        with self._lock:
            for context in self._sessions.values():
                context.spark.client.close()  # else PySpark's exit hook retries against a server that is gone
            self._sessions.clear()
            if self._server is not None:
                self._server.stop()
                self._server = None

    def _url(self) -> str:
        if not self.embedded:
            return self.remote
        with self._lock:
            if self._server is None:
                from houseboat.engine.embedded import EmbeddedServer

                self._server = EmbeddedServer(self._catalogs, self._default_catalog)
            return self._server.url


def _answers(endpoint: str, remote: str) -> None:
    """Raise at once when nobody listens: the client itself would try again for minutes."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
    except (OSError, ValueError) as error:
        raise EngineError(
            f"no engine answers at {remote}: {error}",
            hint='start Spark Connect there, or set remote = "sail" in the manifest\'s [engine]',
            code="ENGINE_UNREACHABLE",
        ) from None


def _speaks(channel: Any, remote: str) -> None:
    """Raise when what listens does not speak the protocol: another program has the port."""
    import grpc

    try:
        grpc.channel_ready_future(channel).result(timeout=_PATIENCE)
    except grpc.FutureTimeoutError:
        raise EngineError(
            f"what listens at {remote} is no Spark Connect server: it gave no answer within {_PATIENCE:g} seconds",
            hint="another program may use the port: set remote in the manifest's [engine] to the engine's own, "
            'or to "sail" for the embedded one',
            code="ENGINE_UNREACHABLE",
        ) from None
