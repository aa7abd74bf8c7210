"""A small home for the engine's tests: a lake, a catalogue and the embedded engine with the standard handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine import Engine
from houseboat.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql.connect.session import SparkSession

    from houseboat.engine.catalog import Catalog


@dataclass
class Home:
    """What a project's workspace would put together."""

    root: Path
    lake: Lake
    catalog: Catalog
    engine: Engine

    def session(self) -> SparkSession:
        """A new session."""
        return self.engine.session()

    def close(self) -> None:
        """Stop the engine."""
        self.engine.stop()
        self.catalog.close()


def open_home(root: Path, **settings: str) -> Home:
    """Open the home in a folder, as a new process would."""
    from houseboat.engine.catalog import Catalog
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.engine.handlers.standard import standard_handlers

    lake = Lake(root / "lake")
    catalog = Catalog(root / "catalog.db", warehouse=lake.local("dbfs:/user/hive/warehouse"), default="netflix")
    names = CatalogNames(catalog, lake)
    engine = Engine(
        handlers=standard_handlers(names, lake),
        catalogs=catalog.catalogs(),
        default_catalog="netflix",
        settings=settings,
    )
    return Home(root, lake, catalog, engine)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home for a module's tests; each makes schemas and tables of its own."""
    opened = open_home(tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


@pytest.fixture
def spark(home: Home) -> Any:
    """A new session of the module's home."""
    return home.session()


@pytest.fixture
def schema(home: Home, request: pytest.FixtureRequest) -> str:
    """A schema of the test's own, by its full name."""
    name = f"s{abs(hash(request.node.name)) % 10**8}"
    home.catalog.create_schema("netflix", name, exist_ok=True)
    return f"netflix.{name}"


def rows(frame: Any) -> list[tuple[Any, ...]]:
    """A frame's rows as plain tuples, sorted."""
    return sorted((tuple(row) for row in frame.collect()), key=repr)
