"""The same test on two engines: the embedded one and, where it can be had, Apache Spark with Delta Lake.

Apache Spark is used when Java is there and ``HOUSEBOAT_PARITY=1`` (or ``HOUSEBOAT_REQUIRE_ALL=1``, as in CI) says so: the
first time, it is downloaded. One server serves all workers of a test run.
"""

# ruff: noqa: TID252 - tests are imported by their place, not by an installed name

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.workspace import _lock

from ..conftest import REPOSITORY, optional
from . import spark_server

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.engine import Engine
    from houseboat.engine.catalog import Catalog
    from houseboat.lake import Lake
    from houseboat.streaming.handler import Streams

for folder in ("notebooks", "pipelines/gold"):
    sys.path.append(str(REPOSITORY / "netflix" / "databricks" / folder))

EMBEDDED = pytest.param("embedded", id="embedded")
_INSTALLED = (spark_server.cache() / "ready.json").exists()
SPARK = pytest.param("spark", id="spark", marks=[pytest.mark.spark, pytest.mark.timeout(300 if _INSTALLED else 1500)])


@dataclass(frozen=True)
class Home:
    """What a project's workspace puts together, on one of the engines. ``name``: ``embedded`` or ``spark``."""

    name: str
    root: Path
    lake: Lake
    catalog: Catalog
    engine: Engine
    streams: Streams


@pytest.fixture(scope="session")
def remote(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of Apache Spark with Delta Lake."""
    if "1" not in (os.environ.get("HOUSEBOAT_PARITY"), os.environ.get("HOUSEBOAT_REQUIRE_ALL")):
        pytest.skip("Apache Spark is not asked for: HOUSEBOAT_PARITY=1 (needs Java; downloads 430 MB once)")
    optional(spark_server.java() is not None, "no Java on this machine, which Apache Spark needs")
    base = tmp_path_factory.getbasetemp()
    work = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "spark"
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\nparity: {text}\n")

    yield from _shared_server(work, tell)


def _shared_server(work: Path, tell: Any) -> Iterator[str]:
    """The server of this test run. Whoever comes first starts it, and stops it when the others have left."""
    work.mkdir(parents=True, exist_ok=True)
    address, mine = work / "address", work / f"user-{os.getpid()}"
    server = None
    with ExitStack() as held:
        handle = held.enter_context(mine.open("a+"))
        _lock(handle)
        with (work / "starting").open("a+") as starting:
            _wait_for(starting, spark_server.INSTALLING + spark_server.STARTING)
            if not address.exists():
                cache = spark_server.cache()
                cache.mkdir(parents=True, exist_ok=True)
                with (cache / "installing").open("a+") as installing:
                    _wait_for(installing, spark_server.INSTALLING)
                    home = spark_server.install(cache, tell)
                    server = spark_server.start(home, cache, work, tell)
                address.write_text(server.url, encoding="utf-8")
        yield address.read_text(encoding="utf-8")
    if server is not None:
        for other in work.glob("user-*"):
            if other != mine:
                with other.open("a+") as left:
                    _wait_for(left, 600)
        server.stop()
        address.unlink()


def _wait_for(handle: Any, seconds: float) -> None:
    """Lock a file that another process may have locked."""
    end = time.monotonic() + seconds
    while True:
        try:
            return _lock(handle)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module", params=[EMBEDDED, SPARK])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home on each engine, for the tests of a module."""
    address = request.getfixturevalue("remote") if request.param == "spark" else "sail"
    opened = open_home(request.param, tmp_path_factory.mktemp(request.param), address)
    yield opened
    opened.streams.stop_all()
    opened.engine.stop()
    opened.catalog.close()


def open_home(name: str, root: Path, remote: str) -> Home:
    """A lake, a catalogue and an engine with all handlers, put together as a workspace does it."""
    from houseboat.engine import Engine
    from houseboat.engine.catalog import HIVE_METASTORE, Catalog
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.engine.handlers.standard import standard_handlers
    from houseboat.lake import Lake
    from houseboat.pipelines.names import DatasetNames
    from houseboat.streaming import streaming_handlers
    from houseboat.streaming.handler import Streams

    lake = Lake(root / "lake", allowed=[root])
    own = f"c{uuid.uuid4().hex[:8]}"  # the server is shared: a catalog of one's own
    catalog = Catalog(root / "catalog.db", warehouse=lake.local("dbfs:/user/hive/warehouse"), default=own)
    names = CatalogNames(catalog, lake, native=None if remote == "sail" else frozenset({HIVE_METASTORE}))
    services = streaming_handlers(lake, names)
    engine = Engine(
        remote,
        handlers=[DatasetNames(), *standard_handlers(names, lake, services)],
        catalogs=catalog.catalogs(),
        default_catalog=own,
        settings={"spark.sql.ansi.enabled": "true"},
    )
    streams = next(handler for handler in services if isinstance(handler, Streams))
    return Home(name, root, lake, catalog, engine, streams)


@pytest.fixture
def spark(home: Home) -> SparkSession:
    """A new session."""
    return home.engine.session()


@pytest.fixture
def schema(home: Home, request: pytest.FixtureRequest) -> str:
    """A schema of the test's own, by its full name."""
    name = re.sub(r"\W+", "_", request.node.name)[:30].lower() + uuid.uuid4().hex[:4]
    home.catalog.create_schema(home.catalog.default, name, exist_ok=True)
    return f"{home.catalog.default}.{name}"


@pytest.fixture
def differs(home: Home, request: pytest.FixtureRequest) -> Any:
    """Marks the rest of a test as a known difference of one engine: ``differs("embedded", "why")``."""

    def mark(engine: str, reason: str) -> None:
        if home.name == engine:
            request.applymarker(pytest.mark.xfail(strict=True, reason=reason))

    return mark


def rows(frame: Any) -> list[tuple[Any, ...]]:
    """A frame's rows as plain tuples, sorted."""
    return sorted((tuple(row) for row in frame.collect()), key=repr)
