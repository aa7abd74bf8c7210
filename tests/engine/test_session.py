from __future__ import annotations

import gc
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.errors import PySparkAttributeError

from houseboat.engine import Engine, embedded
from houseboat.engine.embedded import EmbeddedServer
from houseboat.errors import EngineError

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_sessions_have_their_own_settings_and_views(home: Home) -> None:
    """What one session sets, another does not see."""
    one, two = home.session(), home.session()
    one.conf.set("spark.my.own", "1")
    assert two.conf.get("spark.my.own", "none") == "none"
    assert one.session_id != two.session_id


def test_a_session_outlives_the_name_of_its_engine() -> None:
    """The embedded engine runs as long as a session of it is held."""
    spark = Engine().session()
    gc.collect()
    assert spark.range(3).count() == 3


def test_an_engine_that_is_not_there_is_named_at_once() -> None:
    """No minutes of retries: the error says where nobody answers and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(EngineError, match=f"sc://127.0.0.1:{port}") as caught:
        Engine(f"sc://127.0.0.1:{port}").session()
    assert caught.value.code == "ENGINE_UNREACHABLE"
    assert "set remote" in str(caught.value)
    assert time.monotonic() - began < 30


def test_a_remote_engine_is_used_by_its_address() -> None:
    """sc:// sessions work as embedded ones do (here: another Sail)."""
    server = EmbeddedServer()
    try:
        assert rows(Engine(server.url).session().range(1)) == [(0,)]
    finally:
        server.stop()


def test_an_unsupported_engine_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names both versions and the command that installs the right one."""
    monkeypatch.setattr(embedded, "version", lambda _: "9.9.9")
    with pytest.raises(EngineError, match=r"pysail 9\.9\.9 is installed") as caught:
        Engine().session()
    assert caught.value.code == "UNSUPPORTED_ENGINE_VERSION"
    assert caught.value.hint == f"pip install pysail=={embedded.SUPPORTED_SAIL}"


def test_a_missing_engine_says_where_it_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without pysail the way to Apache Spark is named."""

    def missing(name: str) -> str:
        raise embedded.PackageNotFoundError(name)

    monkeypatch.setattr(embedded, "version", missing)
    with pytest.raises(EngineError, match="not installed") as caught:
        Engine().session()
    assert "sc://" in str(caught.value)


def test_a_port_in_use_is_an_engine_error() -> None:
    """The error names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=str(port)) as caught:
            EmbeddedServer(port=port)
    assert "another port" in str(caught.value)


@pytest.mark.parametrize("attribute", ["_jsparkSession", "sparkContext", "_jvm"])
def test_the_jvm_is_refused_by_name(spark: Any, attribute: str) -> None:
    """PySpark's own error names the attribute; the notebook runtime adds the Connect equivalent."""
    with pytest.raises(PySparkAttributeError, match="JVM_ATTRIBUTE_NOT_SUPPORTED"):
        getattr(spark, attribute)


def test_the_jvm_hint_names_the_equivalent(spark: Any) -> None:
    """spark.catalog.tableExists is the way that also runs on Databricks."""
    from houseboat.databricks.failure_hints import hint_for

    with pytest.raises(PySparkAttributeError) as caught:
        spark._jsparkSession.catalog().tableExists("t")
    assert "spark.catalog.tableExists" in (hint_for(caught.value) or "")
