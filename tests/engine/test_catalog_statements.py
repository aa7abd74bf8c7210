from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine.catalog import CatalogError

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_catalogs_are_made_used_and_dropped(home: Home, spark: Any) -> None:
    """A catalog that the engine was not started with serves three-level names, USE and other sessions."""
    spark.sql("create catalog dyn")
    spark.sql("create schema dyn.s")
    spark.sql("create table dyn.s.t as select 7 as z")
    spark.sql("use catalog dyn")
    spark.sql("use schema s")
    assert rows(spark.sql("select t.z from t")) == [(7,)]
    spark.sql("use catalog netflix")
    assert rows(spark.sql("select z from dyn.s.t")) == [(7,)]
    assert rows(home.session().sql("select t.z, u.z from dyn.s.t, dyn.s.t u")) == [(7, 7)]
    with pytest.raises(CatalogError, match="holds 1 tables"):
        spark.sql("drop catalog dyn")
    spark.sql("drop catalog dyn cascade")
    assert "dyn" not in [row[0] for row in spark.sql("show catalogs").collect()]


def test_merge_in_a_catalog_made_later(spark: Any) -> None:
    """MERGE, UPDATE and DELETE work with short names where the engine knows the table by another name."""
    spark.sql("create catalog if not exists later")
    spark.sql("use catalog later")
    spark.sql("create table t as select 1 as a, 'x' as b")
    spark.sql("merge into t using (select 1 as a, 'm' as b) s on t.a = s.a when matched then update set t.b = s.b")
    spark.sql("update t set a = 5 where t.a = 1")
    assert rows(spark.sql("select t.a, b from t")) == [(5, "m")]


def test_creating_twice_fails_as_on_databricks(spark: Any) -> None:
    """Without IF NOT EXISTS the second CREATE of a catalog, schema or volume is an error with its code."""
    for text, code in (
        ("create catalog twice", "CATALOG_ALREADY_EXISTS"),
        ("create schema twice.s", "SCHEMA_ALREADY_EXISTS"),
        ("create volume twice.s.v", "VOLUME_ALREADY_EXISTS"),
    ):
        spark.sql(text)
        with pytest.raises(CatalogError) as caught:
            spark.sql(text)
        assert caught.value.code == code
    spark.sql("create catalog if not exists twice")
    spark.sql("create schema if not exists twice.s")
    spark.sql("create volume if not exists twice.s.v")


def test_a_schemas_location_is_where_its_tables_live(home: Home, spark: Any) -> None:
    """MANAGED LOCATION of a schema decides the folder of its managed tables."""
    spark.sql("create schema netflix.placed managed location 'abfss://placed@st.dfs.core.windows.net/x'")
    spark.sql("create table netflix.placed.t as select 1 as a")
    assert (home.lake.root / "st/placed/x/t/_delta_log").is_dir()


def test_dropping_a_schema_takes_managed_tables_along(home: Home, spark: Any) -> None:
    """Not empty: refused; CASCADE: entries and managed files are gone."""
    spark.sql("create schema netflix.gone")
    spark.sql("create table netflix.gone.t as select 1 as a")
    with pytest.raises(CatalogError) as caught:
        spark.sql("drop schema netflix.gone")
    assert caught.value.code == "SCHEMA_NOT_EMPTY"
    spark.sql("drop schema netflix.gone cascade")
    assert not home.lake.local("dbfs:/user/hive/warehouse/netflix/gone/t").exists()
    spark.sql("drop schema if exists netflix.gone")


def test_hive_metastore_is_another_name_of_spark_catalog(spark: Any) -> None:
    """Older projects' three-level names work."""
    spark.sql("create table hive_metastore.default.h as select 1 as a")
    assert rows(spark.sql("select * from hive_metastore.default.h")) == [(1,)]
    assert rows(spark.table("spark_catalog.default.h")) == [(1,)]
    spark.sql("use catalog hive_metastore")
    assert rows(spark.sql("select * from h")) == [(1,)]


def test_use_of_what_is_missing(spark: Any) -> None:
    """The error names the schema or catalog and the statement that makes it."""
    with pytest.raises(CatalogError, match=r"schema netflix\.nope"):
        spark.sql("use netflix.nope")
    with pytest.raises(CatalogError, match="catalog 'nope'"):
        spark.sql("use catalog nope")
    with pytest.raises(CatalogError, match="catalog 'nope'"):
        spark.sql("show schemas in nope")


def test_what_needs_unity_catalog_does_nothing(spark: Any) -> None:
    """Grants, external locations and comments are accepted."""
    for text in (
        "grant select on table x to `someone@example.com`",
        "create external location if not exists l url 'abfss://x@y.dfs.core.windows.net/' with (storage credential c)",
        "comment on schema netflix.default is 'films'",
        "analyze table x compute statistics",
        "refresh table x",
    ):
        assert spark.sql(text).collect() == []


def test_show_schemas_and_catalogs_know_patterns(spark: Any) -> None:
    """LIKE with stars and bars."""
    spark.sql("create schema if not exists netflix.pat_one")
    spark.sql("create schema if not exists netflix.pat_two")
    assert rows(spark.sql("show schemas in netflix like 'pat_*'")) == [("pat_one",), ("pat_two",)]
    assert rows(spark.sql("show databases like '*_two|nothing'")) == [("pat_two",)]
    assert ("netflix",) in rows(spark.sql("show catalogs like 'net*'"))


def test_volumes_are_folders_of_the_lake(home: Home, spark: Any) -> None:
    """A volume's path is read and written below /Volumes; DROP VOLUME removes it."""
    spark.sql("create volume if not exists netflix.default.landing")
    spark.range(3).write.csv("/Volumes/netflix/default/landing/a")
    assert spark.read.csv("/Volumes/netflix/default/landing/a").count() == 3
    assert (home.lake.root / "Volumes/netflix/default/landing/a").is_dir()
    spark.sql("drop volume netflix.default.landing")
    assert not (home.lake.root / "Volumes/netflix/default/landing").exists()


def test_names_that_are_no_names_are_refused(spark: Any) -> None:
    """Slashes and dots never reach the file system."""
    for text in ("create schema netflix.`../x`", "create catalog `a/b`", "create table netflix.default.`..` (a int)"):
        with pytest.raises(CatalogError, match="not a valid name"):
            spark.sql(text)
