from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine.catalog import CatalogError

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_show_tables_lists_tables_views_and_temporary_views(home: Home, schema: str) -> None:
    """Of any session's making, with patterns; temporary views are the session's own."""
    one, two = home.session(), home.session()
    short = schema.split(".")[1]
    one.sql(f"create table {schema}.t (a int)")
    one.sql(f"create view {schema}.v as select 1 as a")
    one.sql("create temp view mine as select 1 as a")
    assert rows(two.sql(f"show tables in {schema}")) == [(short, "t", False), (short, "v", False)]
    assert ("", "mine", True) in rows(one.sql(f"show tables in {schema}"))
    assert rows(two.sql(f"show tables in {schema} like 't*'")) == [(short, "t", False)]
    assert rows(two.sql(f"show views in {schema}")) == [(short, "v", False)]
    two.sql(f"use {schema}")
    assert two.sql("show tables").count() == 2
    with pytest.raises(CatalogError, match="does not exist"):
        two.sql("show tables in netflix.nope")


def test_describe_knows_all_spellings(spark: Any, schema: str) -> None:
    """DESCRIBE with and without TABLE, DESC, EXTENDED."""
    spark.sql(f"create table {schema}.t (a int comment 'number', b string)")
    for text in ("describe", "desc", "describe table", "describe table extended", "desc extended"):
        found = spark.sql(f"{text} {schema}.t").collect()
        assert [(row["col_name"], row["data_type"]) for row in found][:2] == [("a", "int"), ("b", "string")]


def test_columns_partitions_and_properties(spark: Any, schema: str) -> None:
    """SHOW COLUMNS, SHOW PARTITIONS and SHOW TBLPROPERTIES have Spark's columns."""
    spark.sql("select id, id % 2 as p from range(4)").write.partitionBy("p").saveAsTable(f"{schema}.t")
    assert rows(spark.sql(f"show columns in {schema}.t")) == [("id",), ("p",)]
    assert rows(spark.sql(f"show partitions {schema}.t")) == [("p=0",), ("p=1",)]
    spark.sql(f"alter table {schema}.t set tblproperties ('k' = 'v')")
    assert rows(spark.sql(f"show tblproperties {schema}.t")) == [("k", "v")]
    assert "does not have property" in spark.sql(f"show tblproperties {schema}.t ('z')").collect()[0]["value"]
    spark.sql(f"create table {schema}.u (a int)")
    with pytest.raises(CatalogError, match="not partitioned"):
        spark.sql(f"show partitions {schema}.u")


def test_show_create_table_can_be_run_again(spark: Any, schema: str) -> None:
    """The text of SHOW CREATE TABLE makes the same table."""
    spark.sql(
        f"create table {schema}.t (a int, p string) partitioned by (p) comment 'as told' tblproperties ('k' = 'v')"
    )
    text = spark.sql(f"show create table {schema}.t").collect()[0]["createtab_stmt"]
    spark.sql(f"drop table {schema}.t")
    spark.sql(text)
    assert spark.table(f"{schema}.t").columns == ["a", "p"]
    assert spark.sql(f"describe detail {schema}.t").collect()[0]["partitionColumns"] == ["p"]
    spark.sql(f"create view {schema}.v as select a from {schema}.t")
    assert spark.sql(f"show create table {schema}.v").collect()[0][0].startswith("CREATE VIEW")
