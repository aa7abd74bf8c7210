from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine.catalog import CatalogError

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_current_names_are_asked_and_set(spark: Any, schema: str) -> None:
    """Both ways to move agree, also in a catalog that was made later."""
    assert (spark.catalog.currentCatalog(), spark.catalog.currentDatabase()) == ("netflix", "default")
    spark.catalog.setCurrentDatabase(schema.split(".")[1])
    spark.sql("create table here as select 1 as a")
    assert rows(spark.table(f"{schema}.here")) == [(1,)]
    spark.sql("create catalog if not exists made_later")
    spark.catalog.setCurrentCatalog("made_later")
    assert spark.catalog.currentCatalog() == "made_later"
    spark.sql("create table t as select 2 as a")
    assert rows(spark.table("made_later.default.t")) == [(2,)]
    with pytest.raises(CatalogError, match="does not exist"):
        spark.catalog.setCurrentDatabase("nope")


def test_lists(home: Home, schema: str) -> None:
    """Catalogs, schemas, tables with their kinds, columns: what one session makes another lists."""
    one, two = home.session(), home.session()
    one.sql(f"create table {schema}.t (a int, b string)")
    one.range(1).write.option("path", f"abfss://gold@st.dfs.core.windows.net/{schema}/q").saveAsTable(f"{schema}.e")
    one.sql(f"create view {schema}.v as select 1 as a")
    assert "netflix" in [found.name for found in two.catalog.listCatalogs()]
    assert schema.split(".")[1] in [found.name for found in two.catalog.listDatabases()]
    assert two.catalog.getDatabase(schema).name == schema.split(".")[1]
    kinds = {found.name: found.tableType for found in two.catalog.listTables(schema)}
    assert kinds == {"t": "MANAGED", "e": "EXTERNAL", "v": "VIEW"}
    assert [found.name for found in two.catalog.listTables(schema, "t*")] == ["t"]
    assert [found.name for found in two.catalog.listColumns(f"{schema}.t")] == ["a", "b"]
    assert two.catalog.getTable(f"{schema}.t").namespace == [schema.split(".")[1]]


def test_existence(home: Home, spark: Any, schema: str) -> None:
    """TableExists and databaseExists by all forms of a name; a dropped table is gone everywhere."""
    other = home.session()
    spark.sql(f"create table {schema}.t (a int)")
    assert other.catalog.tableExists(f"{schema}.t")
    assert other.catalog.tableExists(f"`{schema.replace('.', '`.`')}`.`t`")
    assert other.catalog.tableExists("t", schema.split(".")[1])
    other.table(f"{schema}.t").count()
    spark.sql(f"drop table {schema}.t")
    assert not other.catalog.tableExists(f"{schema}.t")
    assert other.catalog.databaseExists(schema)
    assert not other.catalog.databaseExists("netflix.nope")
    spark.range(1).createOrReplaceTempView("tv")
    assert spark.catalog.tableExists("tv")
    assert not other.catalog.tableExists("tv")


def test_temporary_views_are_dropped(spark: Any) -> None:
    """DropTempView says whether there was one."""
    spark.range(1).createOrReplaceTempView("tv")
    assert "tv" in [found.name for found in spark.catalog.listTables()]
    assert spark.catalog.dropTempView("tv")
    assert not spark.catalog.dropTempView("tv")
    assert "tv" not in [found.name for found in spark.catalog.listTables()]


def test_tables_are_made_through_the_catalog(spark: Any, schema: str) -> None:
    """CreateTable with a schema is a Delta table; with a path and a source, an external one."""
    spark.catalog.createTable(f"{schema}.t", schema=spark.range(1).schema)
    spark.range(3).write.mode("append").saveAsTable(f"{schema}.t")
    assert spark.table(f"{schema}.t").count() == 3
    address = f"abfss://raw@st.dfs.core.windows.net/{schema}"
    spark.range(2).write.parquet(address)
    spark.catalog.createTable(f"{schema}.p", path=address, source="parquet", schema=spark.range(1).schema)
    assert spark.table(f"{schema}.p").count() == 2


def test_statements_of_newer_clients(spark: Any, schema: str) -> None:
    """createDatabase, dropTable, dropView, truncateTable and dropDatabase do what the SQL statements do."""
    if not hasattr(spark.catalog, "dropTable"):
        pytest.skip("this client has no such methods")
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.catalog.truncateTable(f"{schema}.t")
    assert spark.table(f"{schema}.t").count() == 0
    spark.catalog.dropTable(f"{schema}.t")
    assert not spark.catalog.tableExists(f"{schema}.t")
    spark.sql(f"create view {schema}.v as select 1 as a")
    spark.catalog.dropView(f"{schema}.v")
    spark.catalog.createDatabase("netflix.by_client")
    assert spark.catalog.databaseExists("netflix.by_client")
    spark.catalog.dropDatabase("netflix.by_client")
    assert not spark.catalog.databaseExists("netflix.by_client")


def test_caching_means_nothing(spark: Any, schema: str) -> None:
    """cacheTable, refreshTable and friends are accepted; df.cache works."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.catalog.cacheTable(f"{schema}.t")
    assert spark.catalog.isCached(f"{schema}.t") is False
    spark.catalog.uncacheTable(f"{schema}.t")
    spark.catalog.refreshTable(f"{schema}.t")
    spark.catalog.clearCache()
