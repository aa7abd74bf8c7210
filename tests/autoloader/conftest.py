"""An embedded engine, and a lake to put files into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.connect.session import SparkSession

Frame = "Callable[[relations_pb2.Relation], DataFrame]"


@pytest.fixture(scope="session")
def engine() -> Iterator[SparkSession]:
    """A session on an embedded Sail server."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql.connect.session import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()
    server.stop()


@pytest.fixture
def frame(engine: SparkSession) -> Callable[[relations_pb2.Relation], DataFrame]:
    """Makes a DataFrame of a raw relation."""
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import LogicalPlan
    from pyspark.sql.connect.proto import relations_pb2

    class Raw(LogicalPlan):  # type: ignore[misc]  # untyped in pyspark
        def __init__(self, held: relations_pb2.Relation) -> None:
            super().__init__(None)
            self._held = held

        def plan(self, session: object) -> relations_pb2.Relation:
            del session
            copy = relations_pb2.Relation()
            copy.CopyFrom(self._held)
            return copy

    return lambda relation: DataFrame(Raw(relation), engine)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")
