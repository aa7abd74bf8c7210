"""A real embedded engine with the handlers that streaming needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine import Engine
from houseboat.engine.catalog import Catalog
from houseboat.engine.handlers.catalog_names import CatalogNames
from houseboat.engine.handlers.lake_paths import LakePaths
from houseboat.lake import Lake
from houseboat.runs import Runs
from houseboat.streaming import streaming_handlers
from houseboat.streaming.handler import Streams

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession


@dataclass
class World:
    """One project: its lake, its engine, its runs."""

    root: Path
    engine: Engine
    lake: Lake
    runs: Runs
    streams: Streams

    def folder(self, name: str) -> str:
        """A path in the lake's folder."""
        return (self.lake.root / name).as_posix()


def make_world(root: Path) -> World:
    """A project below a folder."""
    lake = Lake(root / "lake")
    names = CatalogNames(Catalog(root / "catalog.db", warehouse=root / "lake" / "warehouse"), lake)
    runs = Runs(root / "runs.db")
    handlers = streaming_handlers(lake, names, runs)
    streams = next(handler for handler in handlers if isinstance(handler, Streams))
    engine = Engine(handlers=[*handlers, names, LakePaths(lake)])
    return World(root, engine, lake, runs, streams)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One engine for a module's tests."""
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.streams.stop_all()
    made.engine.stop()


@pytest.fixture
def spark(world: World) -> SparkSession:
    """A new session."""
    return world.engine.session()


@pytest.fixture
def at(world: World, tmp_path: Path) -> Callable[[str], str]:
    """Paths in the lake of this test's own."""
    return lambda name: world.folder(f"{tmp_path.name}/{name}")


def log_of(table: str) -> list[str]:
    """The commits of a Delta table."""
    return sorted(path.name for path in (Path(table) / "_delta_log").glob("*.json"))


def numbers(spark: Any, *values: int, part: str = "a") -> Any:
    """A DataFrame with a number and a text."""
    return spark.createDataFrame([(value, part) for value in values], "n long, part string")


def all_of(spark: Any, table: str) -> list[int]:
    """The numbers in a Delta table, in order."""
    return sorted(row.n for row in spark.read.format("delta").load(table).select("n").collect())
