from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine.catalog import CatalogError
from houseboat.errors import Unsupported

from .conftest import Home, open_home, rows

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_and_views_outlive_the_process(tmp_path: Path) -> None:
    """A second engine on the same folder sees what the first one made, rows and all."""
    first = open_home(tmp_path)
    spark = first.session()
    spark.sql("create schema netflix.silver managed location 'abfss://silver@st.dfs.core.windows.net/'")
    spark.sql("create table netflix.silver.t (a int, b string)")
    spark.sql("insert into netflix.silver.t values (1, 'x')")
    spark.sql("create view netflix.silver.v as select a from netflix.silver.t")
    spark.sql("create catalog later")
    spark.sql("create schema later.s")
    spark.sql("create table later.s.t as select 7 as z")
    first.close()
    second = open_home(tmp_path)
    try:
        again = second.session()
        assert rows(again.sql("select * from netflix.silver.t")) == [(1, "x")]
        assert rows(again.table("netflix.silver.v")) == [(1,)]
        assert rows(again.table("later.s.t")) == [(7,)]
        assert (tmp_path / "lake/st/silver/t/_delta_log").is_dir()
    finally:
        second.close()


def test_a_project_can_be_moved(tmp_path: Path) -> None:
    """Managed tables are found again when the project's folder has another name."""
    first = open_home(tmp_path / "one")
    first.session().sql("create table netflix.default.t as select 5 as a")
    first.close()
    (tmp_path / "one").rename(tmp_path / "two")
    second = open_home(tmp_path / "two")
    try:
        assert rows(second.session().table("netflix.default.t")) == [(5,)]
    finally:
        second.close()


def test_other_sessions_see_a_table_at_once(home: Home, schema: str) -> None:
    """A session that was there before sees a table, its later rows, its later columns, and its end."""
    one, two = home.session(), home.session()
    one.sql(f"create table {schema}.t (a int)")
    two.sql(f"insert into {schema}.t values (1)")
    assert rows(one.sql(f"select * from {schema}.t")) == [(1,)]
    one.sql(f"alter table {schema}.t add columns (b string)")
    assert two.sql(f"select * from {schema}.t").columns == ["a", "b"]
    one.sql(f"drop table {schema}.t")
    with pytest.raises(Exception, match=r"TABLE_OR_VIEW_NOT_FOUND|not found"):
        two.sql(f"select * from {schema}.t").collect()


def test_a_merge_keeps_a_column_that_another_session_added(home: Home, schema: str) -> None:
    """MERGE ... INSERT * writes the new column even where the session knew the table without it."""
    one, two = home.session(), home.session()
    one.sql(f"create table {schema}.t (a int)")
    two.sql(f"select * from {schema}.t").collect()
    one.sql(f"alter table {schema}.t add columns (b string)")
    two.sql(
        f"merge into {schema}.t t using (select 1 as a, 'kept' as b) s on t.a = s.a when not matched then insert *"
    ).collect()
    assert rows(one.table(f"{schema}.t")) == [(1, "kept")]


def test_a_table_dropped_and_made_anew_has_its_new_columns(home: Home, schema: str) -> None:
    """The old columns are not remembered, although name, place and version are the same."""
    one, two = home.session(), home.session()
    one.sql(f"create table {schema}.t (a int)")
    assert two.sql(f"select * from {schema}.t").columns == ["a"]
    one.sql(f"drop table {schema}.t")
    one.sql(f"create table {schema}.t (z string, y int)")
    assert two.sql(f"select * from {schema}.t").columns == ["z", "y"]


def test_dropping_a_managed_table_removes_its_files(home: Home, spark: Any, schema: str) -> None:
    """The files of a managed table belong to the catalogue."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    place = home.lake.local(f"dbfs:/user/hive/warehouse/{schema.replace('.', '/')}/t")
    assert place.is_dir()
    spark.sql(f"drop table {schema}.t")
    assert not place.exists()
    assert list(place.parent.iterdir()) == []


def test_dropping_an_external_table_keeps_its_files(home: Home, spark: Any, schema: str) -> None:
    """A table with a LOCATION leaves its rows behind, and can be made again over them."""
    address = f"abfss://gold@st.dfs.core.windows.net/{schema}/t"
    spark.sql(f"create table {schema}.t (a int) using delta location '{address}'")
    spark.sql(f"insert into {schema}.t values (3)")
    spark.sql(f"drop table {schema}.t")
    assert rows(spark.read.format("delta").load(address)) == [(3,)]
    spark.sql(f"create table {schema}.t using delta location '{address}'")
    assert rows(spark.table(f"{schema}.t")) == [(3,)]


def test_create_table_fails_when_the_table_is_there(spark: Any, schema: str) -> None:
    """As on Databricks, a second run without IF NOT EXISTS fails; with it, nothing happens."""
    spark.sql(f"create table {schema}.t (a int)")
    with pytest.raises(CatalogError, match="already exists") as caught:
        spark.sql(f"create table {schema}.t (b int)")
    assert caught.value.code == "TABLE_OR_VIEW_ALREADY_EXISTS"
    assert "IF NOT EXISTS" in str(caught.value)
    spark.sql(f"create table if not exists {schema}.t (b int)")
    assert spark.table(f"{schema}.t").columns == ["a"]


def test_create_table_needs_its_schema(spark: Any) -> None:
    """A missing schema is named, with the statement that makes it."""
    with pytest.raises(CatalogError, match=r"schema netflix\.nowhere does not exist") as caught:
        spark.sql("create table netflix.nowhere.t (a int)")
    assert caught.value.hint == "CREATE SCHEMA netflix.nowhere"


def test_create_table_as_select_takes_parameters_and_frames(spark: Any, schema: str) -> None:
    """Named parameters and DataFrames given to spark.sql reach the query of CREATE TABLE AS."""
    spark.sql(f"create table {schema}.t as select :x as x, id from {{d}}", args={"x": 5}, d=spark.range(2))
    assert rows(spark.table(f"{schema}.t")) == [(5, 0), (5, 1)]


def test_create_table_as_select_keeps_partitions_comment_and_properties(home: Home, spark: Any, schema: str) -> None:
    """The clauses before AS are carried out, also when a column is named like one of them."""
    spark.sql(
        f"create table {schema}.t using delta partitioned by (p) comment 'as told' "
        "tblproperties ('owner.team' = 'films', 'delta.appendOnly' = 'false') as select 1 as location, 2 as p"
    )
    detail = spark.sql(f"describe detail {schema}.t").collect()[0]
    assert detail["partitionColumns"] == ["p"]
    assert detail["properties"]["owner.team"] == "films"
    entry = home.catalog.find((*schema.split("."), "t"))
    assert entry is not None
    assert entry.comment == "as told"


def test_create_table_notes_a_feature_that_the_engine_cannot_write(spark: Any, schema: str) -> None:
    """delta.enableChangeDataFeed is kept as a note of the table, and rows can still be written."""
    spark.sql(f"create table {schema}.t (a int) tblproperties (delta.enableChangeDataFeed = true)")
    spark.sql(f"insert into {schema}.t values (1)")
    assert (
        spark.sql(f"describe detail {schema}.t").collect()[0]["properties"]["houseboat.delta.enableChangeDataFeed"]
        == "true"
    )
    assert rows(spark.table(f"{schema}.t")) == [(1,)]


def test_create_table_leaves_out_keys_and_clustering(spark: Any, schema: str) -> None:
    """PRIMARY KEY, FOREIGN KEY and CLUSTER BY say nothing about rows: the table is made without them."""
    spark.sql(
        f"create table {schema}.t (a int not null comment 'key', b decimal(5, 2), primary key (a), "
        f"constraint f foreign key (b) references {schema}.x (b)) cluster by (a)"
    )
    assert spark.table(f"{schema}.t").columns == ["a", "b"]


def test_create_or_replace_table_keeps_the_history(spark: Any, schema: str) -> None:
    """A replaced table has new columns and rows, and its earlier versions are still there."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.sql(f"create or replace table {schema}.t as select 'x' as b")
    assert rows(spark.table(f"{schema}.t")) == [("x",)]
    assert rows(spark.sql(f"select * from {schema}.t version as of 0")) == [(1,)]
    spark.sql(f"create or replace table {schema}.t (z int)")
    assert spark.table(f"{schema}.t").columns == ["z"]
    assert spark.table(f"{schema}.t").count() == 0


def test_a_failed_create_leaves_the_catalogue_as_it_was(home: Home, spark: Any, schema: str) -> None:
    """The query of CREATE OR REPLACE fails: the old table stays; a new table never appears."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    for name in ("t", "u"):
        with pytest.raises(Exception, match="nothing_here"):
            spark.sql(f"create or replace table {schema}.{name} as select nothing_here from {schema}.t")
    assert rows(spark.table(f"{schema}.t")) == [(1,)]
    assert home.catalog.find((*schema.split("."), "u")) is None


def test_tables_of_other_formats_are_kept_too(home: Home, schema: str) -> None:
    """CSV and Parquet tables, with and without a location, are seen by other sessions with their columns."""
    one, two = home.session(), home.session()
    address = f"abfss://raw@st.dfs.core.windows.net/{schema}/c"
    one.range(2).write.csv(address)
    one.sql(f"create table {schema}.c (a int) using csv location '{address}'")
    one.sql(f"create table {schema}.o (a int) using csv options (path '{address}')")
    one.sql(f"create table {schema}.p using parquet as select 5 as a")
    for name, expected in (("c", [(0,), (1,)]), ("o", [(0,), (1,)]), ("p", [(5,)])):
        assert rows(two.sql(f"select a from {schema}.{name}")) == expected
        assert rows(two.table(f"{schema}.{name}")) == expected
    place = home.lake.local(f"dbfs:/user/hive/warehouse/{schema.replace('.', '/')}/p")
    assert place.is_dir()


def test_views_mention_tables_by_their_full_names(home: Home, schema: str) -> None:
    """A view made with short names works from any other current schema, and in another session."""
    one, two = home.session(), home.session()
    one.sql(f"use {schema}")
    one.sql("create table t as select 1 as a")
    one.sql("create table u as select 2 as a")
    one.sql("create view v as select t.a, u.a as b from t, u")
    one.sql("use netflix.default")
    assert rows(one.sql(f"select * from {schema}.v")) == [(1, 2)]
    assert rows(two.table(f"{schema}.v")) == [(1, 2)]


def test_a_view_may_name_its_own_expressions_like_tables(spark: Any, schema: str) -> None:
    """WITH t AS (...) in a view means that t, although a table t is there."""
    spark.sql(f"use {schema}")
    spark.sql("create table t as select 1 as a")
    spark.sql("create view v as with t as (select 5 as q), u (w) as (select 6) select * from t, u")
    assert rows(spark.sql("select * from v")) == [(5, 6)]


def test_a_view_over_a_place_in_the_lake_is_seen_by_others(home: Home, schema: str) -> None:
    """The address in a view's text is mapped in each session."""
    address = f"abfss://gold@st.dfs.core.windows.net/{schema}/x"
    home.session().range(2).write.format("delta").save(address)
    home.session().sql(f"create view {schema}.v as select * from delta.`{address}`")
    assert home.session().table(f"{schema}.v").count() == 2


def test_a_view_sees_later_changes_of_its_tables(home: Home, schema: str) -> None:
    """A view over a table that was dropped and made anew reads the new one."""
    one, two = home.session(), home.session()
    one.sql(f"create table {schema}.t as select 1 as a")
    one.sql(f"create view {schema}.v as select * from {schema}.t")
    assert rows(two.table(f"{schema}.v")) == [(1,)]
    one.sql(f"create or replace table {schema}.t as select 2 as a")
    assert rows(two.table(f"{schema}.v")) == [(2,)]


def test_a_view_of_itself_is_refused(spark: Any, schema: str) -> None:
    """A view that would read itself is an error, not an endless search."""
    spark.sql(f"create view {schema}.v as select 1 as a")
    with pytest.raises(CatalogError, match="refers to itself"):
        spark.sql(f"create or replace view {schema}.v as select * from {schema}.v")
    assert rows(spark.table(f"{schema}.v")) == [(1,)]


def test_views_and_tables_are_dropped_by_their_own_statement(spark: Any, schema: str) -> None:
    """DROP TABLE of a view, and the other way round, says what the thing is."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.sql(f"create view {schema}.v as select * from {schema}.t")
    with pytest.raises(CatalogError, match="is a view"):
        spark.sql(f"drop table {schema}.v")
    with pytest.raises(CatalogError, match="is a table"):
        spark.sql(f"drop view {schema}.t")
    spark.sql(f"drop view {schema}.v")
    spark.sql(f"create table {schema}.v as select 9 as a")
    assert rows(spark.table(f"{schema}.v")) == [(9,)]


def test_drop_of_what_is_not_there(spark: Any, schema: str) -> None:
    """An error with the next step, or nothing with IF EXISTS."""
    with pytest.raises(CatalogError, match="does not exist") as caught:
        spark.sql(f"drop table {schema}.nothing")
    assert caught.value.code == "TABLE_OR_VIEW_NOT_FOUND"
    spark.sql(f"drop table if exists {schema}.nothing")
    spark.sql(f"drop view if exists {schema}.nothing")


def test_temporary_views_hide_tables_until_dropped(spark: Any, schema: str) -> None:
    """A temporary view comes before a table of its name; DROP VIEW shows the table again."""
    spark.sql(f"use {schema}")
    spark.sql("create table t as select 1 as a")
    spark.sql("create temporary view t as select 2 as a")
    assert rows(spark.sql("select * from t")) == [(2,)]
    assert rows(spark.table("t")) == [(2,)]
    spark.sql("drop view t")
    assert rows(spark.table("t")) == [(1,)]


def test_a_temporary_view_that_failed_hides_nothing(spark: Any, schema: str) -> None:
    """The table of the name is still found."""
    spark.sql(f"use {schema}")
    spark.sql("create table t as select 1 as a")
    with pytest.raises(Exception, match="nothing_here"):
        spark.sql("create temporary view t as select nothing_here")
    assert rows(spark.table("t")) == [(1,)]


def test_temporary_views_are_one_sessions_own(home: Home) -> None:
    """Another session does not see them."""
    home.session().sql("create temp view only_here as select 1 as a")
    with pytest.raises(Exception, match="only_here"):
        home.session().sql("select * from only_here").collect()


def test_global_temporary_views_are_every_sessions(home: Home) -> None:
    """CREATE GLOBAL TEMP VIEW and createOrReplaceGlobalTempView are seen by other sessions until dropped."""
    one, two = home.session(), home.session()
    one.sql("create or replace global temp view by_sql as select 1 as a")
    one.range(2).createOrReplaceGlobalTempView("by_frame")
    assert rows(two.sql("select * from global_temp.by_sql")) == [(1,)]
    assert two.table("global_temp.by_frame").count() == 2
    assert two.catalog.tableExists("global_temp.by_frame")
    two.sql("drop view global_temp.by_sql")
    assert one.catalog.dropGlobalTempView("by_frame")
    with pytest.raises(Exception, match="by_sql"):
        one.sql("select * from global_temp.by_sql").collect()


def test_rename_moves_a_table(home: Home, spark: Any, schema: str) -> None:
    """Rows and history go along, the old name is free, other sessions see it."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.sql(f"alter table {schema}.t rename to {schema}.u")
    assert rows(home.session().table(f"{schema}.u")) == [(1,)]
    assert not spark.catalog.tableExists(f"{schema}.t")
    spark.sql(f"create table {schema}.t as select 2 as a")
    assert rows(spark.sql(f"select * from {schema}.t union all select * from {schema}.u")) == [(1,), (2,)]


def test_truncate_empties_a_table(spark: Any, schema: str) -> None:
    """Columns and history stay."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.sql(f"truncate table {schema}.t")
    assert spark.table(f"{schema}.t").count() == 0
    assert rows(spark.sql(f"select * from {schema}.t@v0")) == [(1,)]


def test_cache_table_does_nothing_but_name_its_query(spark: Any, schema: str) -> None:
    """CACHE TABLE x AS query leaves a temporary view; of a table, nothing."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    spark.sql(f"cache table {schema}.t")
    spark.sql(f"cache table c as select a + 1 as b from {schema}.t")
    assert rows(spark.table("c")) == [(2,)]


def test_clone_is_a_declared_gap(spark: Any, schema: str) -> None:
    """CLONE and LIKE name what to write instead."""
    spark.sql(f"create table {schema}.t as select 1 as a")
    with pytest.raises(Unsupported, match="AS SELECT"):
        spark.sql(f"create table {schema}.u shallow clone {schema}.t")


def test_rows_are_changed_by_sql(spark: Any, schema: str) -> None:
    """INSERT, INSERT OVERWRITE, UPDATE, DELETE and MERGE reach the engine with short and long names."""
    spark.sql(f"use {schema}")
    spark.sql("create table t (a int, b string)")
    spark.sql("insert into t values (1, 'x'), (2, 'y')")
    spark.sql("update t set b = 'z' where a = 2")
    spark.sql(f"delete from {schema}.t where a = 1")
    spark.sql("merge into t using (select 2 as a, 'm' as b) s on t.a = s.a when matched then update set b = s.b")
    assert rows(spark.table("t")) == [(2, "m")]
    spark.sql("insert overwrite t select 9, 'o'")
    assert rows(spark.table("t")) == [(9, "o")]
