"""A real session for pipeline tests: the embedded engine, the catalogue and the Delta statements, in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.engine.session import Engine
    from houseboat.lake import Lake
    from houseboat.pipelines import Pipelines
    from houseboat.pipelines.names import DatasetNames
    from houseboat.runs import Run, Runs


@dataclass(frozen=True)
class World:
    """What a pipeline runs in."""

    engine: Engine
    names: DatasetNames
    lake: Lake
    runs: Runs
    folder: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One engine for all tests of this folder; each test takes its own schema."""
    from houseboat.engine.catalog import Catalog
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.engine.handlers.standard import standard_handlers
    from houseboat.engine.session import Engine
    from houseboat.lake import Lake
    from houseboat.pipelines.names import DatasetNames
    from houseboat.runs import Runs
    from houseboat.streaming import streaming_handlers

    folder = tmp_path_factory.mktemp("world")
    lake = Lake(folder / "lake", allowed=[folder])
    catalog = Catalog(folder / "catalog.db", warehouse=folder / "lake" / "warehouse", default="main")
    names = DatasetNames()
    resolver = CatalogNames(catalog, lake)
    runs = Runs(folder / "runs.db")
    handlers = [names, *standard_handlers(resolver, lake, streaming_handlers(lake, resolver, runs))]
    engine = Engine(handlers=handlers, catalogs=["main"], default_catalog="main")
    return World(engine, names, lake, runs, folder)


@pytest.fixture
def spark(world: World) -> SparkSession:
    """A new session."""
    return world.engine.session()


@pytest.fixture
def schema(spark: SparkSession, request: pytest.FixtureRequest) -> str:
    """A schema of the test's own: ``main.<name of the test>``."""
    import re
    import uuid

    name = re.sub(r"\W+", "_", request.node.name)[:40].lower() + uuid.uuid4().hex[:4]
    spark.sql(f"create schema main.{name}").collect()
    return f"main.{name}"


class Project:
    """A pipeline in a folder of the test's own, written file by file and run as a job would run it."""

    def __init__(self, world: World, folder: Path, schema: str, spark: SparkSession) -> None:
        self.world, self.folder, self.schema, self.spark = world, folder, schema, spark
        self.settings: dict[str, object] = {"development": True}
        self.state = world.folder / "pipelines" / schema

    def write(self, name: str, text: str) -> Path:
        """A file of the pipeline."""
        import textwrap

        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def pipelines(self) -> Pipelines:
        """The project as it is now."""
        from houseboat.pipelines import Pipelines, read_spec

        catalog, name = self.schema.split(".")
        entry = {
            "name": "p",
            "catalog": catalog,
            "schema": name,
            "libraries": [{"glob": {"include": "src/**"}}],
            **self.settings,
        }
        spec = read_spec("p", entry, folder=self.folder)
        return Pipelines(
            {"p": spec}, self.world.runs, self.world.engine.session, self.world.lake, self.state, self.world.names
        )

    def run(self, **parameters: object) -> Run:
        """One update."""
        self.world.runs.register("pipeline", self.pipelines().starter)
        return self.world.runs.launch("pipeline", "p", parameters)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """A table's rows, in order."""
        found = [tuple(row) for row in self.spark.read.table(f"{self.schema}.{table}").collect()]
        return sorted(found, key=lambda row: tuple((value is not None, str(value)) for value in row))

    def versions(self) -> dict[str, int]:
        """The version of every Delta table that there is, the event log included."""
        logs = list(self.world.folder.glob(f"lake/warehouse/main/{self.schema.split('.')[1]}/*/_delta_log"))
        logs += list(self.state.glob("**/_delta_log"))
        return {str(log.parent): len(list(log.glob("*.json"))) for log in logs}


@pytest.fixture
def project(world: World, tmp_path: Path, schema: str, spark: SparkSession) -> Project:
    """An empty pipeline project."""
    return Project(world, tmp_path, schema, spark)
