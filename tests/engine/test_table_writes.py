from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.delta.maintenance import DeltaError
from houseboat.engine.catalog import CatalogError
from houseboat.errors import Unsupported

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_save_as_table_modes(home: Home, spark: Any, schema: str) -> None:
    """Error is the default, append adds, overwrite replaces, ignore does nothing; all are seen by other sessions."""
    name = f"{schema}.t"
    spark.range(2).write.saveAsTable(name)
    with pytest.raises(CatalogError, match="already exists"):
        spark.range(2).write.saveAsTable(name)
    spark.range(1).write.mode("append").saveAsTable(name)
    assert home.session().table(name).count() == 3
    spark.range(9).write.mode("ignore").saveAsTable(name)
    assert home.session().table(name).count() == 3
    spark.range(1).write.mode("overwrite").saveAsTable(name)
    assert rows(home.session().table(name)) == [(0,)]


def test_overwrite_with_other_columns_needs_to_be_asked_for(spark: Any, schema: str) -> None:
    """OverwriteSchema replaces the columns, mergeSchema adds them, neither is done unasked."""
    name = f"{schema}.t"
    spark.range(1).write.saveAsTable(name)
    wider = spark.sql("select 1L as id, 'x' as b")
    for mode, option in (("append", "mergeSchema"), ("overwrite", "overwriteSchema")):
        with pytest.raises(DeltaError, match="no column b") as caught:
            wider.write.mode(mode).saveAsTable(name)
        assert option in str(caught.value)
    wider.write.mode("append").option("mergeSchema", "true").saveAsTable(name)
    assert spark.table(name).columns == ["id", "b"]
    spark.sql("select 'z' as z").write.mode("overwrite").option("overwriteSchema", "true").saveAsTable(name)
    assert spark.table(name).columns == ["z"]


def test_auto_merge_adds_columns(spark: Any, schema: str) -> None:
    """spark.databricks.delta.schema.autoMerge.enabled is mergeSchema for every append."""
    spark.range(1).write.saveAsTable(f"{schema}.t")
    spark.conf.set("spark.databricks.delta.schema.autoMerge.enabled", "true")
    spark.sql("select 1L as id, 'x' as b").write.mode("append").saveAsTable(f"{schema}.t")
    assert rows(spark.table(f"{schema}.t")) == [(0, None), (1, "x")]


def test_save_as_table_with_a_path_is_external(home: Home, spark: Any, schema: str) -> None:
    """The rows lie at the address, and stay there when the table is dropped."""
    address = f"abfss://gold@st.dfs.core.windows.net/{schema}/ext"
    spark.range(2).write.option("path", address).saveAsTable(f"{schema}.t")
    assert (home.lake.local(address) / "_delta_log").is_dir()
    spark.sql(f"drop table {schema}.t")
    assert spark.read.format("delta").load(address).count() == 2


def test_save_as_table_of_another_format(home: Home, spark: Any, schema: str) -> None:
    """A CSV table is read with its columns by another session."""
    spark.sql("select 5 as a, 'x' as b").write.format("csv").option("header", "true").saveAsTable(f"{schema}.c")
    assert rows(home.session().table(f"{schema}.c")) == [(5, "x")]


def test_partitions_are_kept(spark: Any, schema: str) -> None:
    """PartitionBy is the table's partitioning; replaceWhere replaces one partition."""
    name = f"{schema}.t"
    spark.sql("select id, id % 2 as p from range(4)").write.partitionBy("p").saveAsTable(name)
    assert spark.sql(f"describe detail {name}").collect()[0]["partitionColumns"] == ["p"]
    spark.sql("select 9L as id, 1L as p").write.mode("overwrite").option("replaceWhere", "p = 1").saveAsTable(name)
    assert rows(spark.table(name)) == [(0, 0), (2, 0), (9, 1)]


def test_insert_into_goes_by_position(spark: Any, schema: str) -> None:
    """InsertInto appends or overwrites an existing table, and never makes one."""
    spark.sql(f"create table {schema}.t (a bigint, b string)")
    spark.sql("select 1L as x, 'one' as y").write.insertInto(f"{schema}.t")
    assert rows(spark.table(f"{schema}.t")) == [(1, "one")]
    spark.sql("select 2L as x, 'two' as y").write.insertInto(f"{schema}.t", overwrite=True)
    assert rows(spark.table(f"{schema}.t")) == [(2, "two")]
    with pytest.raises(CatalogError, match="does not exist"):
        spark.range(1).write.insertInto(f"{schema}.none")


def test_write_to(spark: Any, schema: str) -> None:
    """create, append, replace and createOrReplace; the first must be new, append and replace must be there."""
    name = f"{schema}.t"
    for wrong in ("append", "replace"):
        with pytest.raises(CatalogError, match="does not exist"):
            getattr(spark.range(1).writeTo(name), wrong)()
    spark.range(2).writeTo(name).using("delta").tableProperty("owner.team", "films").create()
    assert spark.sql(f"show tblproperties {name} ('owner.team')").collect()[0]["value"] == "films"
    with pytest.raises(CatalogError, match="already exists"):
        spark.range(2).writeTo(name).create()
    spark.range(1).writeTo(name).append()
    assert spark.table(name).count() == 3
    spark.sql("select 'x' as a").writeTo(name).createOrReplace()
    assert rows(spark.table(name)) == [("x",)]
    spark.sql("select 1 as b").writeTo(name).replace()
    assert spark.table(name).columns == ["b"]


def test_overwrite_partitions_is_a_declared_gap(spark: Any, schema: str) -> None:
    """The error says what to write instead."""
    spark.range(2).write.saveAsTable(f"{schema}.t")
    with pytest.raises(Unsupported, match="replaceWhere"):
        spark.range(1).writeTo(f"{schema}.t").overwritePartitions()


def test_writing_needs_a_schema_and_a_table(spark: Any, schema: str) -> None:
    """A missing schema, a view, or too many parts are named."""
    with pytest.raises(CatalogError, match=r"schema netflix\.nope does not exist"):
        spark.range(1).write.saveAsTable("netflix.nope.t")
    spark.sql(f"create view {schema}.v as select 1 as a")
    with pytest.raises(CatalogError, match="is a view"):
        spark.range(1).write.mode("append").saveAsTable(f"{schema}.v")
    with pytest.raises(CatalogError, match="more than three parts"):
        spark.range(1).write.saveAsTable("a.b.c.d")


def test_merge_into_by_frame(spark: Any, schema: str) -> None:
    """df.mergeInto finds the table by its name."""
    from pyspark.sql import functions as f

    spark.sql(f"create table {schema}.t as select 1L as id, 'old' as v")
    source = spark.sql("select 1L as id, 'new' as v union all select 2L, 'more'")
    name = f"{schema}.t"
    merge = source.alias("source").mergeInto(name, f.expr("t.id = source.id"))
    merge.whenMatched().updateAll().whenNotMatched().insertAll().merge()
    assert rows(spark.table(name)) == [(1, "new"), (2, "more")]
