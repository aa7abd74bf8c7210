"""Delta tables by name and by path: made, written, merged, read back in time, described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home

HISTORY = [
    "version", "timestamp", "userId", "userName", "operation", "operationParameters", "job", "notebook", "clusterId",
    "readVersion", "isolationLevel", "isBlindAppend", "operationMetrics", "userMetadata", "engineInfo",
]  # fmt: skip
"""The columns of Delta Lake's DESCRIBE HISTORY."""

NO_CLUSTER = ("job", "notebook", "clusterId")
"""Columns that Databricks fills and Houseboat leaves out: nothing at home runs on a cluster."""


def own_answer(home: Home, spark: Any, statement: str) -> Any:
    """What the engine itself answers to a statement, past Houseboat's handlers: an Arrow table."""
    import pyarrow as pa

    for response in home.engine.context(spark).sql_on_engine(statement):
        if response.sql_command_result.relation.HasField("local_relation"):
            with pa.ipc.open_stream(response.sql_command_result.relation.local_relation.data) as reader:
                return reader.read_all()
    raise AssertionError(f"no rows: {statement}")


@pytest.fixture
def table(spark: Any, schema: str) -> str:
    """Three versions of a table: made empty, one row, two more."""
    name = f"{schema}.t"
    spark.sql(f"create table {name} (id bigint, v string)")
    spark.sql(f"insert into {name} values (1, 'a')")
    spark.sql("select 2L as id, 'b' as v union all select 3L, 'c'").write.mode("append").saveAsTable(name)
    return name


def test_a_three_level_name_serves_every_statement(home: Home, spark: Any, table: str) -> None:
    """Made, inserted, updated, deleted, merged, read and dropped by its full name; another session sees all of it."""
    spark.sql(f"update {table} set v = 'z' where id = 1")
    spark.sql(f"delete from {table} where id = 2")
    spark.sql(f"merge into {table} t using (select 9L as id, 'n' as v) s on t.id = s.id when not matched then insert *")
    assert rows(spark.table(table)) == rows(home.engine.session().table(table)) == [(1, "z"), (3, "c"), (9, "n")]
    assert spark.sql(f"select t.v from {table} as t where t.id = 9").collect()[0][0] == "n"
    assert [row["col_name"] for row in spark.sql(f"describe table {table}").collect()][:2] == ["id", "v"]
    spark.sql(f"drop table {table}")
    assert not spark.catalog.tableExists(table)
    assert not home.engine.session().catalog.tableExists(table)


def test_lake_addresses_are_places_in_the_lake(home: Home, spark: Any) -> None:
    """Written by one scheme, read by path and by ``delta.`address` ``."""
    address = "abfss://silver@st.dfs.core.windows.net/places/t"
    spark.range(3).write.format("delta").mode("overwrite").save(address)
    assert (home.lake.local(address) / "_delta_log").is_dir()
    assert spark.read.format("delta").load(address).count() == 3
    assert spark.sql(f"select count(*) from delta.`{address}`").collect()[0][0] == 3


def test_merge_with_all_clauses(spark: Any, schema: str) -> None:
    """Conditions are tried in order; BY SOURCE speaks of rows that the source lacks."""
    name = f"{schema}.m"
    spark.sql(
        f"create table {name} as select * from values (1, 'keep'), (2, 'old'), (3, 'gone'), (4, 'stale') as t(k, v)"
    )
    spark.sql(f"""
        merge into {name} t using (select * from values (1, 'x'), (2, 'new'), (3, 'D'), (5, 'add'), (6, 'no') as s(k, v)) s
        on t.k = s.k
        when matched and s.v = 'D' then delete
        when matched and t.v = 'keep' then update set v = concat(t.v, '!')
        when matched then update set *
        when not matched and s.v <> 'no' then insert *
        when not matched by source and t.v = 'stale' then update set v = 'seen'
        when not matched by source then delete""")
    assert rows(spark.table(name)) == [(1, "keep!"), (2, "new"), (4, "seen"), (5, "add")]


def test_a_merge_that_matches_a_row_twice_is_refused(spark: Any, table: str) -> None:
    """Delta cannot tell which of the two is meant."""
    with pytest.raises(Exception, match=r"(?i)multiple|ambiguous|cardinality"):
        spark.sql(
            f"merge into {table} t using (select * from values (1L, 'x'), (1L, 'y') as s(id, v)) s on t.id = s.id "
            "when matched then update set v = s.v"
        ).collect()
    assert rows(spark.table(table)) == [(1, "a"), (2, "b"), (3, "c")]


def test_time_travel(spark: Any, table: str) -> None:
    """VERSION AS OF, ``@v`` and the reader's option, by name."""
    assert spark.sql(f"select count(*) from {table} version as of 0").collect()[0][0] == 0
    assert spark.sql(f"select count(*) from {table}@v1").collect()[0][0] == 1
    assert spark.read.option("versionAsOf", 1).table(table).count() == 1
    assert spark.table(table).count() == 3


def test_create_table_as_select(spark: Any, schema: str) -> None:
    """IF NOT EXISTS leaves a table alone; CREATE OR REPLACE changes its columns and keeps its history."""
    name = f"{schema}.c"
    spark.sql(f"create table {name} as select 1 as a")
    spark.sql(f"create table if not exists {name} as select 2 as a")
    assert rows(spark.table(name)) == [(1,)]
    with pytest.raises(Exception, match=r"(?i)already exists"):
        spark.sql(f"create table {name} as select 3 as a")
    spark.sql(f"create or replace table {name} as select 'x' as b")
    assert (rows(spark.table(name)), spark.table(name).columns) == ([("x",)], ["b"])
    assert [row["version"] for row in spark.sql(f"describe history {name}").collect()] == [1, 0]


def test_save_as_table_modes(spark: Any, schema: str) -> None:
    """Error is the default; append, overwrite and ignore do as they say."""
    name = f"{schema}.s"
    spark.range(2).write.saveAsTable(name)
    with pytest.raises(Exception, match=r"(?i)already exists"):
        spark.range(2).write.saveAsTable(name)
    spark.range(5, 6).write.mode("append").saveAsTable(name)
    spark.range(9).write.mode("ignore").saveAsTable(name)
    assert rows(spark.table(name)) == [(0,), (1,), (5,)]
    spark.range(7, 8).write.mode("overwrite").saveAsTable(name)
    assert rows(spark.table(name)) == [(7,)]


def test_merge_schema_adds_columns_only_when_asked(spark: Any, table: str) -> None:
    """A write with a new column is refused; with mergeSchema older rows have NULL there."""
    wider = spark.sql("select 4L as id, 'd' as v, 1.5 as w")
    with pytest.raises(Exception, match=r"(?i)schema mismatch"):
        wider.write.mode("append").saveAsTable(table)
    wider.select("id", "v", wider["w"].cast("double")).write.mode("append").option("mergeSchema", "true").saveAsTable(
        table
    )
    assert rows(spark.table(table))[0] == (1, "a", None)
    assert rows(spark.table(table))[3] == (4, "d", 1.5)


def test_overwrite_schema_replaces_columns(spark: Any, table: str) -> None:
    """The old version keeps its own columns."""
    spark.sql("select true as flag").write.mode("overwrite").option("overwriteSchema", "true").saveAsTable(table)
    assert spark.table(table).columns == ["flag"]
    assert spark.read.option("versionAsOf", 2).table(table).columns == ["id", "v"]


def test_replace_where_replaces_a_slice(spark: Any, table: str) -> None:
    """Rows outside stay; a new row that lies outside is refused."""
    spark.sql("select 2L as id, 'B' as v").write.mode("overwrite").option("replaceWhere", "id >= 2").saveAsTable(table)
    assert rows(spark.table(table)) == [(1, "a"), (2, "B")]


def test_replace_where_refuses_rows_outside(spark: Any, table: str, differs: Any) -> None:
    """Delta checks ``spark.databricks.delta.replaceWhere.constraintCheck.enabled``, on by default."""
    differs("embedded", "Sail 0.7.2 writes rows that lie outside of replaceWhere")
    outside = spark.sql("select 1L as id, 'B' as v").write.mode("overwrite").option("replaceWhere", "id >= 2")
    with pytest.raises(Exception, match=r"(?i)replaceWhere|constraint"):
        outside.saveAsTable(table)


def test_a_check_constraint_refuses_rows(spark: Any, table: str) -> None:
    """The one that is added must hold for the rows there are, and for new ones."""
    with pytest.raises(Exception, match=r"(?i)constraint|violate|check"):
        spark.sql(f"alter table {table} add constraint big check (id > 2)").collect()
    spark.sql(f"alter table {table} add constraint positive check (id > 0)")
    with pytest.raises(Exception, match=r"(?i)constraint|violate|check"):
        spark.sql(f"insert into {table} values (-1, 'x')").collect()
    spark.sql(f"insert into {table} values (8, 'x')")
    assert spark.table(table).count() == 4


def test_not_null_refuses_null(spark: Any, schema: str) -> None:
    """A promise of CREATE TABLE."""
    spark.sql(f"create table {schema}.n (id bigint not null, v string)")
    with pytest.raises(Exception, match=r"(?i)null"):
        spark.sql(f"insert into {schema}.n values (null, 'x')").collect()
    assert rows(spark.table(f"{schema}.n")) == []


def test_history_has_delta_lakes_columns(home: Home, spark: Any, table: str) -> None:
    """Newest first; names, order and types are those that Apache Spark itself answers."""
    mine = spark.sql(f"describe history {table}")
    assert [row["version"] for row in mine.collect()] == [2, 1, 0]
    assert mine.columns == [name for name in HISTORY if name not in NO_CLUSTER]
    if home.name == "spark":
        place = spark.sql(f"describe detail {table}").collect()[0]["location"]
        theirs = own_answer(home, spark, f"describe history delta.`{home.lake.local(place)}`")
        assert theirs.column_names == HISTORY
        kept = theirs.drop_columns(list(NO_CLUSTER))
        assert [str(field.type) for field in kept.schema] == [str(field.type) for field in mine.toArrow().schema]
        assert kept.column("operation").to_pylist() == [row["operation"] for row in mine.collect()]


def test_detail_has_delta_lakes_columns(home: Home, spark: Any, table: str) -> None:
    """Every column of Apache Spark's answer is there, in its order, with its figures."""
    mine = spark.sql(f"describe detail {table}")
    row = mine.collect()[0]
    assert (row["format"], row["partitionColumns"]) == ("delta", [])
    if home.name == "spark":
        theirs = own_answer(home, spark, f"describe detail delta.`{home.lake.local(row['location'])}`")
        assert [name for name in theirs.column_names if name not in mine.columns] == []
        same = ["format", "id", "numFiles", "sizeInBytes", "minReaderVersion", "minWriterVersion", "partitionColumns"]
        assert [theirs.column(name)[0].as_py() for name in same] == [row[name] for name in same]
