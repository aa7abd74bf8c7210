"""Sinks: what arrives, in which shape, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException

from houseboat.errors import HouseboatError, Unsupported

from .conftest import all_of, log_of, numbers

At = Callable[[str], str]


def append(spark: Any, table: str, *values: int) -> None:
    """One more commit."""
    numbers(spark, *values).write.format("delta").mode("append").save(table)


def test_to_table_makes_the_table_before_the_first_row(spark: Any, at: At) -> None:
    """An empty first commit, then the data, as on Databricks; partitionBy holds."""
    spark.createDataFrame([], "n long, part string").write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))

    def start() -> Any:
        writer = (
            stream.writeStream.partitionBy("part").option("checkpointLocation", at("cp")).trigger(availableNow=True)
        )
        return writer.toTable("spark_catalog.default.made")

    start().awaitTermination()
    assert spark.table("spark_catalog.default.made").columns == ["n", "part"]
    assert spark.table("spark_catalog.default.made").count() == 0
    append(spark, at("in"), 1, 2)
    start().awaitTermination()
    assert spark.table("spark_catalog.default.made").count() == 2


def test_a_commit_carries_the_query_and_the_batch(spark: Any, at: At) -> None:
    """So that a replay finds its own; the user's userMetadata is kept beside."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.option("checkpointLocation", at("cp")).option("userMetadata", "mine")
    query = writer.trigger(availableNow=True).start(at("out"))
    query.awaitTermination()
    commit = (Path(at("out")) / "_delta_log" / log_of(at("out"))[-1]).read_text()
    info = next(json.loads(line)["commitInfo"] for line in commit.splitlines() if "commitInfo" in line)
    assert json.loads(info["userMetadata"]) == {"txn": {"appId": query.id, "version": 0}, "userMetadata": "mine"}


def test_merge_schema_widens_the_target(spark: Any, at: At) -> None:
    """Without the option the query fails, with it the column appears."""
    append(spark, at("out"), 1)
    spark.createDataFrame([(2, "a", 0.5)], "n long, part string, x double").write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))

    def run(**options: str) -> None:
        writer = stream.writeStream.option("checkpointLocation", at("cp")).options(**options).trigger(availableNow=True)
        writer.start(at("out")).awaitTermination()

    with pytest.raises(StreamingQueryException):
        run()
    run(mergeSchema="true")
    assert spark.read.format("delta").load(at("out")).columns == ["n", "part", "x"]
    assert all_of(spark, at("out")) == [1, 2]


def test_foreach_batch_gets_a_dataframe_of_the_users_session(spark: Any, at: At) -> None:
    """The function may use the session, SQL, views and MERGE; batch ids count up over restarts."""
    append(spark, at("in"), 1, 2)
    append(spark, at("out"), 2)
    out, seen = at("out"), at("seen")

    def upsert(df: Any, batch: int) -> None:
        df.createOrReplaceTempView("updates")
        session = df.sparkSession
        session.sql(
            f"merge into delta.`{out}` t using updates u on t.n = u.n"
            " when matched then update set part = 'again' when not matched then insert *"
        )
        session.createDataFrame([(batch, df.count())], "batch long, rows long").write.format("delta").mode(
            "append"
        ).save(seen)

    def run() -> None:
        stream = spark.readStream.format("delta").load(at("in"))
        writer = (
            stream.writeStream.foreachBatch(upsert).option("checkpointLocation", at("cp")).trigger(availableNow=True)
        )
        writer.start().awaitTermination()

    run()
    append(spark, at("in"), 3)
    run()
    rows = spark.read.format("delta").load(out).orderBy("n").collect()
    assert [(row.n, row.part) for row in rows] == [(1, "a"), (2, "again"), (3, "a")]
    assert sorted(tuple(row) for row in spark.read.format("delta").load(seen).collect()) == [(0, 2), (1, 1)]


def test_foreach_batch_may_close_over_the_session(spark: Any, at: At) -> None:
    """Tutorials write ``spark.sql(...)`` inside the function: it is the caller's session."""
    from pyspark.sql.connect.session import SparkSession

    SparkSession._active_session.session = spark
    append(spark, at("in"), 1)
    out = at("out")

    def write(df: Any, batch: int) -> None:
        spark.range(3).selectExpr("id as n").write.format("delta").save(out)

    stream = spark.readStream.format("delta").load(at("in"))
    stream.writeStream.foreachBatch(write).option("checkpointLocation", at("cp")).trigger(
        availableNow=True
    ).start().awaitTermination()
    assert all_of(spark, out) == [0, 1, 2]


def test_txn_options_make_a_write_happen_once(spark: Any, at: At) -> None:
    """The same or an older txnVersion of the same txnAppId is skipped; others are written."""

    def write(app: str, version: int) -> None:
        options = {"txnAppId": app, "txnVersion": str(version)}
        numbers(spark, version).write.format("delta").mode("append").options(**options).save(at("out"))

    write("a", 1)
    write("a", 1)
    write("a", 0)
    write("b", 1)
    append(spark, at("out"), 7)
    write("a", 2)
    write("a", 2)
    assert all_of(spark, at("out")) == [1, 1, 2, 7]


def test_txn_options_belong_together(spark: Any, at: At) -> None:
    """One without the other is Delta's error."""
    with pytest.raises(HouseboatError) as caught:
        numbers(spark, 1).write.format("delta").option("txnAppId", "a").save(at("out"))
    assert caught.value.code == "DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS"


def test_txn_settings_of_the_session_stand_in_for_the_options(spark: Any, at: At) -> None:
    """A DataFrame's write happens once, a query's own batches go on; a statement, which cannot be stamped, is refused."""
    append(spark, at("in"), 5)
    for key, value in (("txnAppId", "a"), ("txnVersion", "3")):
        spark.conf.set(f"spark.databricks.delta.write.{key}", value)
    append(spark, at("out"), 1)
    append(spark, at("out"), 2)
    stream = spark.readStream.format("delta").load(at("in")).writeStream.option("checkpointLocation", at("cp"))
    stream.trigger(availableNow=True).start(at("out")).awaitTermination()
    assert all_of(spark, at("out")) == [1, 5]
    for text in ("delete from", "MERGE INTO", "update", "insert into"):
        with pytest.raises(Unsupported, match="txnAppId") as caught:
            spark.sql(f"{text} delta.`{at('out')}` ...")
        assert caught.value.hint


def test_txn_options_work_by_table_name(spark: Any) -> None:
    """SaveAsTable too."""
    for _ in range(2):
        options = {"txnAppId": "a", "txnVersion": "0"}
        numbers(spark, 1).write.mode("append").options(**options).saveAsTable("spark_catalog.default.once_only")
    assert spark.table("spark_catalog.default.once_only").count() == 1


def test_the_memory_sink_is_a_view(spark: Any, at: At) -> None:
    """Named like the query, empty at first, then all batches."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    query = stream.writeStream.format("memory").queryName("seen").start()
    query.processAllAvailable()
    append(spark, at("in"), 2)
    query.processAllAvailable()
    assert sorted(row.n for row in spark.sql("select n from seen").collect()) == [1, 2]
    query.stop()
    with pytest.raises(AnalysisException, match="queryName must be specified"):
        stream.writeStream.format("memory").start()


def test_the_console_sink_prints_batches(spark: Any, at: At, capsys: Any) -> None:
    """Spark's shape."""
    append(spark, at("in"), 41)
    stream = spark.readStream.format("delta").load(at("in"))
    stream.writeStream.format("console").trigger(availableNow=True).start().awaitTermination()
    text = capsys.readouterr().out
    assert "Batch: 0" in text
    assert "| 41|" in text


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_file_sinks_append_files_and_list_them(spark: Any, at: At, kind: str) -> None:
    """Each batch's files once, listed in _spark_metadata; nothing else is left behind."""
    for value in (1, 2):
        append(spark, at("in"), value)
        stream = spark.readStream.format("delta").load(at("in"))
        writer = stream.writeStream.format(kind).option("checkpointLocation", at("cp")).trigger(availableNow=True)
        writer.start(at("out")).awaitTermination()
    assert sorted(p.name for p in (Path(at("out")) / "_spark_metadata").iterdir()) == ["0", "1"]
    files = sorted(p.name for p in Path(at("out")).iterdir() if p.is_file())
    assert [name[:10] for name in files] == ["part-00000", "part-00001"]
    assert (
        spark.read.format(kind).schema("n long, part string").load([f"{at('out')}/{name}" for name in files]).count()
        == 2
    )


def test_sinks_that_are_gaps_say_what_to_do(spark: Any, at: At) -> None:
    """Each gap by name."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    with pytest.raises(Unsupported, match="cannot be written to kafka"):
        stream.writeStream.format("kafka").option("checkpointLocation", at("cp")).start()
    with pytest.raises(AnalysisException, match="does not support Update output mode"):
        stream.writeStream.outputMode("update").option("checkpointLocation", at("cp")).start(at("out"))
