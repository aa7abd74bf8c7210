"""``from delta.tables import DeltaTable`` works in notebooks, pipelines and on a project's session."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from houseboat.databricks.delta_tables import DeltaTable, install
from houseboat.databricks.gaps import DELTA_GAPS
from houseboat.engine.column_text import alias_of, sql_text
from houseboat.errors import HouseboatError, Unsupported
from houseboat.workspace import Workspace

RAW = "abfss://raw@account.dfs.core.windows.net"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A project's workspace with nothing in it."""
    root = tmp_path_factory.mktemp("delta")
    (root / "houseboat.toml").write_text('[databricks]\npath = "."\ncatalog = "main"\n', encoding="utf-8")
    (root / "databricks.yml").write_text("bundle: {name: small}\n", encoding="utf-8")
    with Workspace.open(root) as opened:
        yield opened


@pytest.fixture(scope="module")
def spark(workspace: Workspace) -> Any:
    """A session with the workspace's handlers."""
    return workspace.session()


@pytest.fixture
def table(spark: Any) -> str:
    """A table of three people, by its name."""
    name = f"main.default.people_{uuid.uuid4().hex[:8]}"
    frame = spark.createDataFrame([(1, "Ann", 30), (2, "Bo", 40), (3, "Cy", 50)], "id int, name string, age int")
    frame.write.format("delta").saveAsTable(name)
    return name


def rows(spark: Any, name: str) -> list[tuple[Any, ...]]:
    """What the table holds, in order."""
    return sorted(tuple(row) for row in spark.table(name).collect())


def news(spark: Any) -> Any:
    """One changed person and one new one."""
    return spark.createDataFrame([(2, "Bob", 41), (4, "Di", 60)], "id int, name string, age int")


def test_merge_updates_and_inserts_all(spark: Any, table: str) -> None:
    """The upsert that most notebooks hold, with aliases on both sides, is one commit."""
    people = DeltaTable.forName(spark, table)
    (
        people.alias("t")
        .merge(news(spark).alias("s"), "t.id = s.id")
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute()
    )
    assert rows(spark, table) == [(1, "Ann", 30), (2, "Bob", 41), (3, "Cy", 50), (4, "Di", 60)]
    assert people.history(1).collect()[0]["operation"] == "MERGE"
    assert [row["version"] for row in people.history().collect()] == [1, 0]


def test_merge_clauses_keep_their_order_conditions_and_values(spark: Any, table: str) -> None:
    """Conditions and values may be SQL or Columns; the first clause whose condition holds is taken."""
    from pyspark.sql import functions as F  # noqa: N812 - what all of PySpark's users call it

    source = spark.createDataFrame(
        [(1, "x", 0), (2, "Bob", 1), (4, "O'Di", 2), (5, "No", 9)], "id int, n string, k int"
    )
    (
        DeltaTable.forName(spark, table)
        .alias("t")
        .merge(source.alias("s"), (F.col("t.id") == F.col("s.id")) & F.col("t.age").isNotNull())
        .whenMatchedDelete("s.k = 0")
        .whenMatchedUpdate(set={"t.name": F.concat(F.col("s.n"), F.lit("'s")), "age": "t.age + 1"})
        .whenNotMatchedInsert(F.col("s.k") < 5, {"id": "s.id", "name": F.col("s.n")})
        .whenNotMatchedBySourceUpdate("t.age > 45", {"age": F.lit(0)})
        .execute()
    )
    assert rows(spark, table) == [(2, "Bob's", 41), (3, "Cy", 0), (4, "O'Di", None)]


def test_merge_deletes_what_the_source_does_not_hold(spark: Any, table: str) -> None:
    """The clause whenNotMatchedBySourceDelete makes the table a mirror of its source."""
    merge = DeltaTable.forName(spark, table).alias("t").merge(news(spark).alias("s"), "t.id = s.id")
    merge.whenNotMatchedBySourceDelete().execute()
    assert [row[0] for row in rows(spark, table)] == [2]


def test_merge_knows_tables_by_their_own_names(spark: Any, table: str) -> None:
    """Without aliases, a table and the table that is merged into it go by their last names."""
    name = table.rsplit(".", 1)[-1]
    news(spark).write.format("delta").saveAsTable(f"{table}_new")
    merge = DeltaTable.forName(spark, table).merge(spark.table(f"{table}_new"), f"{name}.id = {name}_new.id")
    merge.whenMatchedUpdateAll().execute()
    assert rows(spark, table)[1] == (2, "Bob", 41)


def test_merge_finds_the_alias_behind_filters(spark: Any, table: str) -> None:
    """An alias stays in force when rows are filtered, ordered or made distinct after it."""
    source = news(spark).alias("s").where("s.id = 4").dropDuplicates(["id"])
    merge = DeltaTable.forName(spark, table).alias("t").merge(source, "t.id = s.id")
    merge.whenNotMatchedInsertAll().execute()
    assert [row[0] for row in rows(spark, table)] == [1, 2, 3, 4]
    assert alias_of(spark.range(1)) is None


def test_merge_leaves_no_view_behind(spark: Any, table: str) -> None:
    """The source's temporary view goes, also when the merge fails."""
    merge = DeltaTable.forName(spark, table).alias("t").merge(news(spark).alias("s"), "t.nothing = s.id")
    with pytest.raises(Exception, match="nothing"):
        merge.whenMatchedUpdateAll().execute()
    assert not [one.name for one in spark.catalog.listTables("main.default") if one.name.startswith("merge_source")]


def test_merge_widens_the_table_when_told(spark: Any, table: str) -> None:
    """The clause withSchemaEvolution adds the source's new columns."""
    source = spark.createDataFrame([(9, "Ed", 1, "x")], "id int, name string, age int, town string").alias("s")
    merge = DeltaTable.forName(spark, table).alias("t").merge(source, "t.id = s.id")
    merge.withSchemaEvolution().whenNotMatchedInsertAll().execute()
    assert spark.table(table).where("id = 9").collect()[0]["town"] == "x"


def test_merge_without_a_clause_or_a_dict_is_refused(spark: Any, table: str) -> None:
    """The message says which argument is missing."""
    people = DeltaTable.forName(spark, table)
    with pytest.raises(HouseboatError, match="no clause"):
        people.merge(news(spark), "true").execute()
    with pytest.raises(HouseboatError, match="'set' must be a dict"):
        people.merge(news(spark), "true").whenMatchedUpdate("true")
    with pytest.raises(HouseboatError, match="'values' must be a dict"):
        people.merge(news(spark), "true").whenNotMatchedInsert(values={})


def test_update_and_delete(spark: Any, table: str) -> None:
    """Both take SQL or Columns, an alias, and no condition for every row."""
    from pyspark.sql import functions as F  # noqa: N812 - what all of PySpark's users call it

    people = DeltaTable.forName(spark, table)
    people.update("id = 1", {"name": "upper(name)"})
    people.alias("p").update(F.col("p.id") == 2, {"age": F.col("p.age") * 2})
    assert rows(spark, table) == [(1, "ANN", 30), (2, "Bo", 80), (3, "Cy", 50)]
    people.update(set={"age": F.lit(None).cast("int")})
    people.delete(F.col("id").isin(1, 2))
    assert rows(spark, table) == [(3, "Cy", None)]
    people.delete()
    assert rows(spark, table) == []


def test_paths_in_the_lake(spark: Any) -> None:
    """forPath, isDeltaTable and toDF take Azure's addresses; a place without a table is none."""
    place = f"{RAW}/{uuid.uuid4().hex}"
    assert not DeltaTable.isDeltaTable(spark, place)
    news(spark).write.format("delta").save(place)
    assert DeltaTable.isDeltaTable(spark, place)
    assert DeltaTable.isDeltaTable(spark, f"delta.`{place}`")
    people = DeltaTable.forPath(spark, place)
    people.alias("t").merge(news(spark).alias("s"), "t.id = s.id").whenMatchedDelete("s.id = 4").execute()
    assert [row["id"] for row in DeltaTable.forPath(spark, place).toDF().collect()] == [2]
    assert people.detail().collect()[0]["location"] == place
    with pytest.raises(HouseboatError, match="not a Delta table"):
        DeltaTable.forPath(spark, f"{place}-none")
    with pytest.raises(HouseboatError, match="does not exist"):
        DeltaTable.forName(spark, "main.default.none")


def test_maintenance(spark: Any, table: str) -> None:
    """optimize, vacuum and restore do what their statements do."""
    people = DeltaTable.forName(spark, table)
    news(spark).write.format("delta").mode("append").saveAsTable(table)
    assert people.optimize().executeCompaction().collect()[0]["metrics"]
    assert people.optimize().executeZOrderBy("id", ["age"]).collect()
    people.vacuum(200)
    people.restoreToVersion(0).collect()
    assert [row[0] for row in rows(spark, table)] == [1, 2, 3]
    moment = people.history().where("version = 1").collect()[0]["timestamp"]
    people.restoreToTimestamp(moment.isoformat(sep=" ")).collect()
    assert len(rows(spark, table)) == 5


def test_builders_create_and_replace(spark: Any) -> None:
    """create, createIfNotExists and createOrReplace make what they are told, and return the table."""
    from pyspark.sql.types import IntegerType, StructField, StructType

    name = f"main.default.made_{uuid.uuid4().hex[:8]}"
    made = (
        DeltaTable.createIfNotExists(spark)
        .tableName(name)
        .addColumn("id", "INT", nullable=False)
        .addColumn("a b", IntegerType(), comment="the person's")
        .addColumns(StructType([StructField("part", IntegerType())]))
        .partitionedBy("part")
        .comment("made by a builder")
        .property("owner.team", "x")
        .execute()
    )
    assert made.toDF().columns == ["id", "a b", "part"]
    detail = made.detail().collect()[0]
    assert detail["partitionColumns"] == ["part"]
    assert detail["properties"]["owner.team"] == "x"
    DeltaTable.createIfNotExists(spark).tableName(name).addColumn("other", "INT").execute()
    assert made.toDF().columns == ["id", "a b", "part"]
    with pytest.raises(HouseboatError, match="already exists"):
        DeltaTable.create(spark).tableName(name).addColumn("id", "INT").execute()
    replaced = DeltaTable.createOrReplace(spark).tableName(name).addColumn("id", "INT").clusterBy("id").execute()
    assert replaced.toDF().columns == ["id"]
    with pytest.raises(HouseboatError, match="no name"):
        DeltaTable.create(spark).location(f"{RAW}/x").execute()
    with pytest.raises(Unsupported, match="generated column"):
        DeltaTable.create(spark).addColumn("y", "INT", generatedAlwaysAs="year(d)")


def test_a_column_as_text_means_the_same(spark: Any) -> None:
    """Every kind of Column that has a text gives the same value when it is read back from the text."""
    from pyspark.sql import functions as F  # noqa: N812 - what all of PySpark's users call it

    frame = spark.createDataFrame([(1, "a'b\\c", None)], "id int, `my text` string, n double")
    columns = [
        F.col("my text"), F.lit("it's \\ n"), F.lit(2.5), F.lit(-3) - F.lit(-2), F.lit(2**40), F.lit(True), F.lit(None),
        F.lit(decimal.Decimal("1.50")), F.lit(dt.date(2024, 2, 29)), F.lit(dt.datetime(2024, 1, 2, 3, 4, 5, 6)),  # noqa: DTZ001 - as PySpark gives them

        F.lit(b"\x00\xff"), F.when(F.col("id") > 1, "big").when(F.col("id") == 1, "one").otherwise(F.lit("none")),
        F.col("id").cast("string"), F.col("id").isin(1, 2), ~F.col("n").isNull(), F.col("n").isNotNull(),
        F.col("my text").like("a%"), F.col("my text").contains("'"), F.col("my text").startswith("a"), -F.col("id"),
        F.coalesce(F.col("n"), F.lit(float("inf"))), F.expr("id + 1") * 2, F.col("id").alias("x"),
        F.col("n").eqNullSafe(None), F.array(F.lit(7), F.lit(8))[1], (F.col("id") != 1) | (F.col("id") % 2 == 1),
        F.col("my text").substr(1, 2), F.col("id").between(0, 5), F.col("id").bitwiseAND(3),
        F.struct(F.col("id").alias("key one"), F.lit("v").alias("v")), F.struct("id", F.lit(1).alias("n"))["n"],
        F.date_format(F.lit(dt.date(2024, 2, 29)), "yyyy/MM"), F.to_json(F.struct(F.col("id").alias("k"))),
    ]  # fmt: skip
    for column in columns:
        expected, found = frame.select(column.alias("v"), F.expr(sql_text(column)).alias("v")).collect()[0]
        assert (type(found), found) == (type(expected), expected), sql_text(column)


def test_columns_without_a_text_are_refused(spark: Any) -> None:
    """A column of a DataFrame and a Python function are refused with the way out, and never said wrongly."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812 - what all of PySpark's users call it

    with pytest.raises(Unsupported, match="taken from a DataFrame") as caught:
        sql_text(spark.range(1)["id"])
    assert 'F.col("alias.column")' in str(caught.value)
    with pytest.raises(HouseboatError, match=r"F\.lit\(5\)"):
        sql_text(5)  # type: ignore[arg-type]
    for column in (F.udf(lambda x: x)(F.col("id")), F.row_number().over(Window.orderBy("id"))):
        with pytest.raises(Unsupported, match="no SQL text"):
            sql_text(column)


def test_what_is_not_here_is_named(spark: Any, table: str) -> None:
    """Every gap of the class is refused by name with what to do instead; other names are no attributes."""
    people = DeltaTable.forName(spark, table)
    for name in ("generate", "clone", "upgradeTableProtocol"):
        with pytest.raises(Unsupported, match=name) as caught:
            getattr(people, name)("x")
        assert caught.value.hint == DELTA_GAPS[f"DeltaTable.{name}"]
    with pytest.raises(Unsupported, match="convertToDelta"):
        DeltaTable.convertToDelta(spark, "parquet.`x`")
    with pytest.raises(Unsupported, match="where"):
        people.optimize().where("id = 1")
    assert not hasattr(people, "nothing_of_the_kind")


def test_a_real_package_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package ``delta`` that is installed, or lies in the project, is the one that is imported."""
    (tmp_path / "delta").mkdir()
    (tmp_path / "delta" / "__init__.py").write_text("MINE = True\n", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "delta", raising=False)
    monkeypatch.delitem(sys.modules, "delta.tables", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    install()
    import delta

    assert delta.MINE
    del sys.modules["delta"]


NOTEBOOK = """# Databricks notebook source
from delta.tables import DeltaTable
import delta.tables as dt
from delta import configure_spark_with_delta_pip

assert dt.DeltaTable is DeltaTable and configure_spark_with_delta_pip(1) == 1
spark.range(3).write.format("delta").saveAsTable("main.default.counted")
DeltaTable.forName(spark, "main.default.counted").delete("id = 0")
dbutils.notebook.exit(str(spark.table("main.default.counted").count()))
"""

UPSERT = """# Databricks notebook source
from delta.tables import DeltaTable
from pyspark.sql.functions import col

place = "abfss://raw@account.dfs.core.windows.net/upserts"
spark.sql("create schema if not exists main.silver")
spark.sql("use main.silver")
spark.createDataFrame([(1, "a")], "id long, name string").write.format("delta").saveAsTable("target")
spark.createDataFrame([(1, "A"), (2, "b")], "id long, name string").write.format("delta").save(place)

# COMMAND ----------

target = DeltaTable.forName(spark, "target")


def upsert(batch, batch_id):
    (
        target.alias("t")
        .merge(batch.dropDuplicates(["id"]).alias("s"), col("t.id") == col("s.id"))
        .whenMatchedUpdate(set={"name": col("s.name")})
        .whenNotMatchedInsertAll()
        .execute()
    )


for _ in range(2):
    stream = spark.readStream.format("delta").load(place)
    query = stream.writeStream.foreachBatch(upsert).option("checkpointLocation", place + "_state")
    query.trigger(availableNow=True).start().awaitTermination()

# COMMAND ----------

found = {row.id: row.name for row in target.toDF().orderBy("id").collect()}
dbutils.notebook.exit(f"{found} {target.history().count()}")
"""

PIPELINE = """import dlt
from delta.tables import DeltaTable


@dlt.table
def ids():
    return spark.range(1 if DeltaTable.isDeltaTable(spark, "abfss://raw@account.dfs.core.windows.net/none") else 2)
"""

BUNDLE = """
bundle: {name: small}
resources:
  pipelines:
    gold: {name: gold, catalog: main, schema: default, libraries: [{file: {path: gold.py}}]}
"""


def test_notebooks_and_pipelines_import_it(tmp_path: Path) -> None:
    """Where no delta-spark is installed, ``delta`` and ``delta.tables`` are there, as on Databricks."""
    files = {"databricks.yml": BUNDLE, "count.py": NOTEBOOK, "gold.py": PIPELINE}
    files["houseboat.toml"] = '[databricks]\npath = "."\ncatalog = "main"\n'
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Workspace.open(tmp_path) as opened:
        opened.run("pipeline", "gold")
        assert opened.session().table("main.default.ids").count() == 2
        assert opened.run("notebook", "count").output["exit"] == "2"


def test_a_stream_merges_its_batches(tmp_path: Path) -> None:
    """The upsert in foreachBatch: batches are merged once, into a table named relative to USE."""
    files = {"databricks.yml": "bundle: {name: small}", "upsert.py": UPSERT}
    files["houseboat.toml"] = '[databricks]\npath = "."\ncatalog = "main"\n'
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Workspace.open(tmp_path) as opened:
        assert opened.run("notebook", "upsert").output["exit"] == "{1: 'A', 2: 'b'} 2"
