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
    from houseboat.pipelines.names import DatasetNames


@dataclass(frozen=True)
class World:
    """What a pipeline runs in."""

    engine: Engine
    names: DatasetNames
    lake: Lake
    folder: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One engine for all tests of this folder; each test takes its own schema."""
    from houseboat.engine.catalog import Catalog
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.engine.handlers.catalog_statements import CatalogStatements
    from houseboat.engine.handlers.delta_statements import DeltaStatements
    from houseboat.engine.session import Engine
    from houseboat.lake import Lake
    from houseboat.pipelines.names import DatasetNames

    folder = tmp_path_factory.mktemp("world")
    lake = Lake(folder / "lake", allowed=[folder])
    catalog = Catalog(folder / "catalog.db", warehouse=folder / "lake" / "warehouse", default="main")
    names = DatasetNames()
    resolver = CatalogNames(catalog, lake)
    handlers = [names, CatalogStatements(resolver), DeltaStatements(resolver, lake), resolver]
    engine = Engine(handlers=handlers, catalogs=["main"])
    yield World(engine, names, lake, folder)


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
