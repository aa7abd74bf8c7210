"""Queries: triggers, exactly once, failures, several at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import World, all_of, log_of, numbers

At = Callable[[str], str]


def append(spark: Any, table: str, *values: int) -> None:
    """One more commit."""
    numbers(spark, *values).write.format("delta").mode("append").save(table)


def copy(spark: Any, at: At, **trigger: Any) -> Any:
    """The stream ``in`` -> ``out``."""
    return (
        spark.readStream.format("delta")
        .load(at("in"))
        .writeStream.option("checkpointLocation", at("cp"))
        .trigger(**(trigger or {"availableNow": True}))
        .start(at("out"))
    )


def test_available_now_copies_what_is_there_then_only_what_is_new(spark: Any, at: At) -> None:
    """A query that ends by itself reads the backlog once; a restart reads what came since; with no news it commits nothing."""
    append(spark, at("in"), 1, 2)
    copy(spark, at).awaitTermination()
    assert all_of(spark, at("out")) == [1, 2]
    append(spark, at("in"), 3)
    copy(spark, at).awaitTermination()
    assert all_of(spark, at("out")) == [1, 2, 3]
    commits = log_of(at("out"))
    query = copy(spark, at)
    query.awaitTermination()
    assert log_of(at("out")) == commits
    assert query.recentProgress == []
    assert query.isActive is False


def test_a_backlog_is_split_by_max_files_per_trigger(spark: Any, at: At) -> None:
    """AvailableNow honours the limit: each batch one commit, all rows there once."""
    for value in range(5):
        append(spark, at("in"), value)
    query = (
        spark.readStream.option("maxFilesPerTrigger", 2)
        .format("delta")
        .load(at("in"))
        .writeStream.option("checkpointLocation", at("cp"))
        .trigger(availableNow=True)
        .start(at("out"))
    )
    query.awaitTermination()
    assert [p.numInputRows for p in query.recentProgress] == [2, 2, 1]
    assert [p.batchId for p in query.recentProgress] == [0, 1, 2]
    assert len(log_of(at("out"))) == 4  # the empty table, then a commit for each batch
    assert all_of(spark, at("out")) == [0, 1, 2, 3, 4]


def test_once_takes_everything_in_one_batch(spark: Any, at: At) -> None:
    """Trigger.Once ignores the limits."""
    for value in range(3):
        append(spark, at("in"), value)
    stream = spark.readStream.option("maxFilesPerTrigger", 1).format("delta").load(at("in"))
    query = stream.writeStream.option("checkpointLocation", at("cp")).trigger(once=True).start(at("out"))
    query.awaitTermination()
    assert len(query.recentProgress) == 1
    assert all_of(spark, at("out")) == [0, 1, 2]


def test_process_all_available_and_stop(spark: Any, at: At) -> None:
    """An endless query takes in what comes; processAllAvailable waits for it; stop ends the query."""
    append(spark, at("in"), 1)
    query = copy(spark, at, processingTime="1 hour")
    query.processAllAvailable()
    assert all_of(spark, at("out")) == [1]
    append(spark, at("in"), 2)
    query.processAllAvailable()
    assert all_of(spark, at("out")) == [1, 2]
    assert query.isActive
    assert query.awaitTermination(0.01) is False
    query.stop()
    assert not query.isActive
    assert query.awaitTermination(1) is True


def test_a_streaming_dataframe_tells_its_columns_and_that_it_streams(spark: Any, at: At) -> None:
    """Questions about the plan are answered without starting anything."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    assert stream.isStreaming
    assert stream.columns == ["n", "part"]
    doubled = stream.withColumn("twice", stream["n"] * 2).filter("n > 0")
    assert [field.simpleString() for field in doubled.schema.fields] == ["n:bigint", "part:string", "twice:bigint"]
    assert doubled.isStreaming
    doubled.explain()


def test_a_stream_is_not_computed_as_a_batch(spark: Any, at: At) -> None:
    """Spark's words for collect, count and write on a stream."""
    from pyspark.errors import AnalysisException

    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    with pytest.raises(AnalysisException, match="must be executed with writeStream"):
        stream.count()
    with pytest.raises(AnalysisException, match="'write' can not be called on streaming"):
        stream.write.format("delta").save(at("out"))
    with pytest.raises(AnalysisException, match="'writeStream' can be called only on streaming"):
        spark.range(3).writeStream.option("checkpointLocation", at("cp")).start(at("out"))


def test_two_queries_run_side_by_side(spark: Any, at: At) -> None:
    """spark.streams knows both by id; each has its own sink and checkpoint."""
    append(spark, at("in"), 1, 2)
    stream = spark.readStream.format("delta").load(at("in"))
    queries = [
        stream.filter(f"n = {n}")
        .writeStream.queryName(f"q{n}")
        .option("checkpointLocation", at(f"cp{n}"))
        .start(at(f"out{n}"))
        for n in (1, 2)
    ]
    assert {query.id for query in spark.streams.active} == {query.id for query in queries}
    assert spark.streams.get(queries[0].id).name == "q1"
    for query in queries:
        query.processAllAvailable()
        query.stop()
    assert spark.streams.active == []
    assert spark.streams.get(queries[0].id) is None
    assert (all_of(spark, at("out1")), all_of(spark, at("out2"))) == ([1], [2])
    assert spark.streams.awaitAnyTermination(1) is True
    spark.streams.resetTerminated()
    assert spark.streams.awaitAnyTermination(0.01) is False


def test_a_failing_query_raises_what_failed(spark: Any, at: At) -> None:
    """The exception names the query and the reason, wherever it is asked for."""
    from pyspark.errors import StreamingQueryException

    append(spark, at("in"), 1)

    def broken(df: Any, batch: int) -> None:
        raise ValueError(f"batch {batch} is not to my liking")

    stream = spark.readStream.format("delta").load(at("in"))
    query = stream.writeStream.foreachBatch(broken).option("checkpointLocation", at("cp")).start()
    with pytest.raises(StreamingQueryException, match="batch 0 is not to my liking") as caught:
        query.awaitTermination()
    assert "STREAM_FAILED" in str(caught.value)
    assert query.id in str(caught.value)
    with pytest.raises(StreamingQueryException):
        query.processAllAvailable()
    assert "not to my liking" in str(query.exception())
    assert not query.isActive
    with pytest.raises(StreamingQueryException):
        spark.streams.awaitAnyTermination()


def test_a_restart_in_the_same_process_takes_the_checkpoint_over(spark: Any, at: At) -> None:
    """As on Databricks, the older run of the same query is stopped; the id stays, the run id changes."""
    append(spark, at("in"), 1)
    first = copy(spark, at, processingTime="0 seconds")
    first.processAllAvailable()
    second = copy(spark, at, processingTime="0 seconds")
    assert not first.isActive
    assert (second.id, second.runId != first.runId) == (first.id, True)
    append(spark, at("in"), 2)
    second.processAllAvailable()
    second.stop()
    assert all_of(spark, at("out")) == [1, 2]


def test_a_durable_sink_needs_a_checkpoint(spark: Any, at: At) -> None:
    """Spark's words; the session's root is enough."""
    from pyspark.errors import AnalysisException

    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    with pytest.raises(AnalysisException, match="checkpointLocation must be specified"):
        stream.writeStream.start(at("out"))
    spark.conf.set("spark.sql.streaming.checkpointLocation", at("root"))
    stream.writeStream.queryName("named").trigger(availableNow=True).start(at("out")).awaitTermination()
    assert (Path(at("root")) / "named" / "commits" / "0").exists()


def test_queries_are_recorded_as_runs(spark: Any, world: World, at: At) -> None:
    """A run of kind "query" with the figures of its batches."""
    append(spark, at("in"), 1, 2)
    stream = spark.readStream.format("delta").load(at("in"))
    query = (
        stream.writeStream.queryName("counted")
        .option("checkpointLocation", at("cp"))
        .trigger(availableNow=True)
        .start(at("out"))
    )
    query.awaitTermination()
    run = next(run for run in world.runs.recent(kind="query") if run.name == "counted")
    assert (run.status, run.output) == ("Succeeded", {"batches": 1, "rows": 2})


def test_cluster_by_is_accepted_with_a_note(spark: Any, at: At, world: World) -> None:
    """The rows arrive; the run says that the layout does not change."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.queryName("clustered").clusterBy("n").option("checkpointLocation", at("cp"))
    writer.trigger(availableNow=True).start(at("out")).awaitTermination()
    run = next(run for run in world.runs.recent(kind="query") if run.name == "clustered")
    assert "clusterBy(n) is accepted without effect" in run.output["note"]
    assert all_of(spark, at("out")) == [1]


@pytest.mark.parametrize("kind", ["cloudFiles", "csv"])
def test_rows_of_files_are_counted_where_a_function_takes_them(spark: Any, at: At, kind: str) -> None:
    """``numInputRows`` with foreachBatch is what the files hold, although nobody wrote a table."""
    Path(at("files")).mkdir(parents=True)
    (Path(at("files")) / "1.csv").write_text("1,x\n2,y\n3,z\n", encoding="utf-8")
    reader = spark.readStream.format(kind).schema("n string, part string").option("cloudFiles.format", "csv")
    stream = reader.option("header", "false").load(at("files"))
    query = stream.writeStream.foreachBatch(lambda *_: None).option("checkpointLocation", at("cp"))
    done = query.trigger(availableNow=True).start()
    done.awaitTermination()
    assert [progress.numInputRows for progress in done.recentProgress] == [3]
