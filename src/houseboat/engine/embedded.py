"""Starts the embedded engine: Sail, in this process, on a free loopback port.

Sail reads its settings from the environment when the server starts. Its memory catalogs are declared there too,
because ``CREATE CATALOG`` is not a statement it knows; ``engine/catalog.py`` keeps what is in them.
"""

from __future__ import annotations

import json
import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from houseboat.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

SUPPORTED_SAIL = "0.7.2"
DEFAULT_CATALOG = "spark_catalog"


class EmbeddedServer:
    """A running Sail server. One to a process is the rule; ``stop`` ends it."""

    def __init__(self, catalogs: Iterable[str] = (), default: str = DEFAULT_CATALOG, *, port: int = 0) -> None:
        """``catalogs``: the names that three-level table names may begin with, besides ``spark_catalog``;
        ``default``: a new session's current catalog; ``port``: 0 takes a free one.
        """
        try:
            found = version("pysail")
        except PackageNotFoundError:
            raise EngineError(
                "the embedded engine (pysail) is not installed",
                hint="pip install houseboat on Linux x86-64, macOS or Windows; on Linux for Arm no pysail exists: "
                'run Apache Spark Connect and set remote = "sc://host:15002" in the manifest',
            ) from None
        if found != SUPPORTED_SAIL:
            raise EngineError(
                f"pysail {found} is installed; Houseboat is proven with {SUPPORTED_SAIL}",
                hint=f"pip install pysail=={SUPPORTED_SAIL}",
                code="UNSUPPORTED_ENGINE_VERSION",
            )
        names = dict.fromkeys([DEFAULT_CATALOG, default.lower(), *(name.lower() for name in catalogs)])
        listed = ", ".join(f'{{type="memory", name={json.dumps(n)}, initial_database=["default"]}}' for n in names)
        os.environ["SAIL_CATALOG__LIST"] = f"[{listed}]"
        os.environ["SAIL_CATALOG__DEFAULT_CATALOG"] = default.lower()
        os.environ.setdefault("RUST_LOG", "error,sail_delta_lake::transaction=off")
        from pysail.spark import SparkConnectServer

        self.catalogs = frozenset(names)
        self._server: Any = SparkConnectServer("127.0.0.1", port)
        try:
            self._server.start(background=True)
        except Exception as error:
            raise EngineError(
                f"the embedded engine did not start on port {port or '(any)'}: {error}",
                hint="another program listens there: choose another port, or 0 for a free one",
                code="ENGINE_NOT_STARTED",
            ) from error
        host, port = self._server.listening_address
        self.url = f"sc://{host}:{port}"

    def stop(self) -> None:
        """End the server; open sessions end with it."""
        self._server.stop()
