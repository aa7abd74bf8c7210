from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine.handlers.lake_paths import LakePaths
from houseboat.errors import LakePathError
from houseboat.lake import Lake

from .conftest import rows

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Home

RAW = "abfss://raw@st.dfs.core.windows.net"


@pytest.fixture
def handler(tmp_path: Path) -> LakePaths:
    """The handler alone."""
    return LakePaths(Lake(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "create table t using csv location '{}'",
        "create table t using csv options (path '{}')",
        "create table t using csv options ('path' = '{}', header 'true')",
        'create table t using csv options (path = "{}")',
        "select * from delta.`{}`",
        "select * from `delta`.`{}`",
        "select * from CSV.`{}` where a = 'x'",
        "select * from read_files('{}')",
        "/* LOCATION 'abfss://c@a.b/x' */ select * from parquet.`{}` -- delta.`abfss://c@a.b/x`",
    ],
)
def test_addresses_behind_words_for_places_are_mapped(handler: LakePaths, tmp_path: Path, text: str) -> None:
    """LOCATION, PATH, format.`path` and read_files name places; comments do not."""
    assert handler.text(text.format(RAW + "/x")) == text.format(f"{tmp_path.as_posix()}/st/raw/x")


@pytest.mark.parametrize(
    "text",
    [
        f"select '{RAW}/x' as source",
        f"select * from t where location = '{RAW}/x'",
        f"insert into t values ('{RAW}/x', 'LOCATION')",
        f"select concat('path ', '{RAW}/x')",
        f"select `{RAW}/x` from t",
        f"select 'it''s delta.`{RAW}/x`'",
        "select * from delta.`/home/somebody/x`",
        "create table t using csv location 's3://bucket/x'",
    ],
)
def test_other_text_is_left_as_it_is(handler: LakePaths, text: str) -> None:
    """An address in a string literal is a value; paths that are not the lake's pass untouched."""
    assert handler.text(text) == text


def test_reads_and_writes_by_address(home: Home, spark: Any) -> None:
    """Writers and readers of all formats, path options in any case, and SQL by path meet in one folder."""
    address = f"{RAW}/formats"
    for name in ("csv", "json", "parquet", "delta"):
        spark.range(2).write.format(name).save(f"{address}/{name}")
        assert (home.lake.root / f"st/raw/formats/{name}").is_dir()
        assert spark.read.format(name).load(f"{address}/{name}").count() == 2
        assert spark.sql(f"select * from {name}.`{address}/{name}`").count() == 2
    spark.range(3).write.format("delta").option("Path", f"{address}/option").save()
    assert spark.read.format("delta").option("PATH", f"{address}/option").load().count() == 3
    assert spark.read.parquet(f"{address}/parquet", f"{address}/parquet").count() == 4
    assert spark.read.format("delta").option("versionAsOf", 0).load(f"{address}/delta").schema.names == ["id"]


def test_joins_unions_and_schemas_are_mapped(spark: Any) -> None:
    """Every read in a plan is mapped, however deep, also when only the schema is asked for."""
    address = f"{RAW}/deep"
    spark.range(3).write.format("delta").save(address)
    frame = spark.read.format("delta").load(address)
    both = frame.union(spark.sql(f"select * from delta.`{address}`")).join(frame, "id")
    assert both.columns == ["id"]
    assert both.count() == 6


def test_written_literals_stay(spark: Any) -> None:
    """A value that looks like an address is stored as it is."""
    assert rows(spark.sql(f"select '{RAW}/x' as a")) == [(f"{RAW}/x",)]


def test_input_files_are_shown_as_addresses(home: Home) -> None:
    """What users see of a place is its address (the embedded engine has no answer, so one is given here)."""
    from pyspark.sql.connect.proto import base_pb2 as pb2

    local = home.lake.local(f"{RAW}/seen/a.parquet").as_uri()
    answer = pb2.AnalyzePlanResponse()
    answer.input_files.files.append(local)
    session = home.engine.context(home.session())
    shown = LakePaths(home.lake).analyze(pb2.AnalyzePlanRequest(), session, lambda _: answer)
    assert list(shown.input_files.files) == [f"{RAW}/seen/a.parquet"]


@pytest.mark.parametrize("tail", ["/../x", "/%2e%2e/x", "/a/%252e%252e/x", "/{..,a}/x"])
def test_no_plan_reads_or_writes_outside_the_lake(spark: Any, tail: str) -> None:
    """Escapes are refused in reads, writes, path options, SQL and maintenance."""
    address = RAW + tail
    tries = (
        lambda: spark.read.csv(address).count(),
        lambda: spark.range(1).write.csv(address),
        lambda: spark.range(1).write.format("delta").option("path", address).saveAsTable("netflix.default.escape"),
        lambda: spark.sql(f"select * from delta.`{address}`").count(),
        lambda: spark.sql(f"create table netflix.default.escape (a int) using delta location '{address}'"),
        lambda: spark.sql(f"create schema netflix.out_{abs(hash(tail))} managed location '{address}'"),
        lambda: spark.sql(f"vacuum delta.`{address}`"),
    )
    for attempt in tries:
        with pytest.raises(LakePathError):
            attempt()


def test_a_link_in_a_folder_is_not_followed(home: Home, spark: Any, tmp_path: Path) -> None:
    """Reading a folder of files refuses a link to a file outside; the file's text never shows."""
    (tmp_path / "secret.csv").write_text("secret\n")
    folder = home.lake.local(f"{RAW}/linked")
    folder.mkdir(parents=True)
    (folder / "a.csv").symlink_to(tmp_path / "secret.csv")
    for address in (f"{RAW}/linked", f"{RAW}/linked/*.csv", f"{RAW}/linked/a.csv"):
        with pytest.raises(LakePathError, match="link"):
            spark.read.csv(address).count()
