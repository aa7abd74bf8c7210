"""What the handler answers: file streams, views, listeners, rules."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql.streaming.listener import StreamingQueryListener

from houseboat.errors import Unsupported

from .conftest import all_of, numbers

At = Callable[[str], str]


def land(folder: str, name: str, text: str) -> None:
    """A file arrives."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / name).write_text(text, encoding="utf-8")


def loader(spark: Any, at: At) -> Any:
    """Auto Loader on the CSV files of ``raw``."""
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv")
    return reader.option("cloudFiles.schemaLocation", at("schema")).load(at("raw"))


def run(stream: Any, at: At, **options: str) -> Any:
    """Into ``out``, all that is there."""
    writer = stream.writeStream.option("checkpointLocation", at("cp")).options(**options).trigger(availableNow=True)
    query = writer.start(at("out"))
    query.awaitTermination()
    return query


def test_auto_loader_to_delta_and_again(spark: Any, at: At) -> None:
    """New files only, rescued column last, progress as Databricks shows it."""
    land(at("raw"), "a.csv", "id,name\n1,x\n2,y\n")
    stream = loader(spark, at)
    assert stream.columns == ["id", "name", "_rescued_data"]
    query = run(stream, at)
    assert query.lastProgress.sources[0].description.startswith("CloudFilesSource[")
    assert query.lastProgress.sink.numOutputRows == 2
    land(at("raw"), "b.csv", "id,name\n3,z\n")
    run(loader(spark, at), at)
    rows = spark.read.format("delta").load(at("out")).orderBy("id").collect()
    assert [(row.id, row.name) for row in rows] == [("1", "x"), ("2", "y"), ("3", "z")]


def test_a_new_column_stops_the_stream_once(spark: Any, at: At) -> None:
    """UNKNOWN_FIELD_EXCEPTION, then the restart reads on with the new column."""
    from pyspark.errors import StreamingQueryException

    land(at("raw"), "a.csv", "id,name\n1,x\n")
    run(loader(spark, at), at, mergeSchema="true")
    land(at("raw"), "b.csv", "id,name,extra\n2,y,e\n")
    with pytest.raises(StreamingQueryException, match="UNKNOWN_FIELD_EXCEPTION"):
        run(loader(spark, at), at, mergeSchema="true")
    run(loader(spark, at), at, mergeSchema="true")
    rows = spark.read.format("delta").load(at("out")).orderBy("id").collect()
    assert [(row.id, row.extra) for row in rows] == [("1", None), ("2", "e")]


def test_metadata_shows_only_when_it_is_named(spark: Any, at: At) -> None:
    """Selected fields are there, ``*`` never brings the column itself, ``"*", "_metadata"`` does."""
    from pyspark.sql import functions as F  # noqa: N812

    land(at("raw"), "a.csv", "id\n1\n")
    stream = loader(spark, at)
    assert stream.select("*", "_metadata.file_name").columns == ["id", "_rescued_data", "file_name"]
    assert stream.select("*", "_metadata").columns == ["id", "_rescued_data", "_metadata"]
    with_file = stream.withColumn("at", F.current_timestamp()).withColumn("file", F.col("_metadata.file_path"))
    assert with_file.columns == ["id", "_rescued_data", "at", "file"]
    assert stream.filter("_metadata.file_name = 'a.csv'").columns == ["id", "_rescued_data"]
    run(with_file.filter(F.col("_metadata.file_name") == "a.csv"), at)
    row = spark.read.format("delta").load(at("out")).collect()[0]
    assert row.asDict().keys() == {"id", "_rescued_data", "at", "file"}
    assert row.file.endswith("/raw/a.csv")


def test_a_file_stream_reads_by_the_users_schema(spark: Any, at: At) -> None:
    """Spark's own source."""
    land(at("raw"), "a.csv", "1,x\n")
    run(spark.readStream.schema("n long, part string").csv(at("raw")), at)
    land(at("raw"), "b.csv", "2,y\n")
    run(spark.readStream.schema("n long, part string").csv(at("raw")), at)
    assert all_of(spark, at("out")) == [1, 2]


def test_a_stream_joins_a_table(spark: Any, at: At) -> None:
    """Stream with static: each batch sees the table as it is then."""
    numbers(spark, 1, 2).write.format("delta").save(at("in"))
    names = spark.createDataFrame([(1, "one")], "n long, name string")
    stream = spark.readStream.format("delta").load(at("in"))
    run(stream.join(names, "n", "left").select("n", "name"), at)
    rows = spark.read.format("delta").load(at("out")).orderBy("n").collect()
    assert [(row.n, row.name) for row in rows] == [(1, "one"), (2, None)]


def test_two_streams_unite(spark: Any, at: At) -> None:
    """Each has its own offsets; one without news adds nothing."""
    for name in ("in", "in2"):
        numbers(spark, 1).write.format("delta").save(at(name))

    def both() -> Any:
        return spark.readStream.format("delta").load(at("in")).union(spark.readStream.format("delta").load(at("in2")))

    run(both(), at)
    numbers(spark, 2).write.format("delta").mode("append").save(at("in2"))
    query = run(both(), at)
    assert [source.numInputRows for source in query.lastProgress.sources] == [0, 1]
    assert all_of(spark, at("out")) == [1, 1, 2]


def test_sql_over_a_streaming_view_streams(spark: Any, at: At) -> None:
    """createOrReplaceTempView, spark.table and spark.sql keep the stream a stream."""
    numbers(spark, 1, 2, 3).write.format("delta").save(at("in"))
    spark.readStream.format("delta").load(at("in")).createOrReplaceTempView("flow")
    assert spark.table("flow").isStreaming
    stream = spark.sql("select n, n * 10 as tens from flow where n > 1")
    assert stream.isStreaming
    assert stream.columns == ["n", "tens"]
    run(stream, at)
    assert all_of(spark, at("out")) == [2, 3]
    given = spark.sql("select n from {source} where n = 1", source=spark.readStream.format("delta").load(at("in")))
    assert given.isStreaming
    spark.catalog.dropTempView("flow")
    with pytest.raises(AnalysisException):
        _ = spark.table("flow").columns


class Listener(StreamingQueryListener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802
        """A query began."""
        self.told.put(("started", event))

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802
        """A batch is in the sink."""
        self.told.put(("progress", event))

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802
        """Nothing new."""
        self.told.put(("idle", event))

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802
        """A query ended."""
        self.told.put(("terminated", event))


def test_listeners_hear_of_a_query(spark: Any, at: At) -> None:
    """Started, progress with figures, terminated; after removal nothing more."""
    numbers(spark, 1, 2).write.format("delta").save(at("in"))
    listener = Listener()
    spark.streams.addListener(listener)
    query = run(spark.readStream.format("delta").load(at("in")), at)
    heard = [listener.told.get(timeout=20) for _ in range(3)]
    spark.streams.removeListener(listener)
    assert [what for what, _ in heard] == ["started", "progress", "terminated"]
    assert str(heard[0][1].id) == query.id
    assert heard[1][1].progress.numInputRows == 2
    assert heard[2][1].exception is None


def test_what_needs_state_is_a_declared_gap(spark: Any, at: At) -> None:
    """Each refused by name before anything runs, with what to do instead."""
    numbers(spark, 1).write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))
    for plan, name in (
        (stream.groupBy("part").count(), "aggregation"),
        (stream.dropDuplicates(["n"]), "dropDuplicates"),
        (stream.join(spark.readStream.format("delta").load(at("in")), "n"), "join of two streams"),
        (stream.limit(1), "limit"),
    ):
        with pytest.raises(Unsupported, match=name) as caught:
            run(plan, at)
        assert caught.value.hint
    with pytest.raises(Unsupported, match="continuous"):
        stream.writeStream.option("checkpointLocation", at("cp")).trigger(continuous="1 second").start(at("out"))


def test_what_spark_refuses_is_refused_in_its_words(spark: Any, at: At) -> None:
    """Sorting, window functions, complete mode without aggregation."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    numbers(spark, 1).write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))
    ranked = stream.withColumn("rank", F.row_number().over(Window.orderBy("n")))
    for plan, words in (
        (stream.orderBy("n"), "Sorting is not supported"),
        (ranked, "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING"),
    ):
        with pytest.raises(AnalysisException, match=words):
            run(plan, at)
    with pytest.raises(AnalysisException, match="Complete output mode not supported"):
        stream.writeStream.outputMode("complete").option("checkpointLocation", at("cp")).start(at("out"))


def test_a_watermark_alone_changes_nothing(spark: Any, at: At) -> None:
    """WithWatermark without a stateful operator is accepted."""
    spark.sql("select 1L as n, timestamp'2024-01-01' as t").write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in")).withWatermark("t", "1 hour")
    assert stream.columns == ["n", "t"]
    run(stream, at)
    assert all_of(spark, at("out")) == [1]


def test_unknown_formats_are_named(spark: Any, at: At) -> None:
    """Gaps with advice, nonsense with the list of what there is."""
    with pytest.raises(Unsupported, match="kafka"):
        _ = spark.readStream.format("kafka").load().columns
    with pytest.raises(AnalysisException, match="DATA_SOURCE_NOT_FOUND"):
        _ = spark.readStream.format("nonsense").load("x").columns


def test_the_rate_source_makes_rows_from_the_clock(spark: Any, at: At) -> None:
    """Whole seconds of so many rows, values without gaps."""
    stream = spark.readStream.format("rate").option("rowsPerSecond", 5).load()
    query = stream.writeStream.option("checkpointLocation", at("cp")).start(at("out"))
    while not query.recentProgress:
        query.processAllAvailable()
    query.stop()
    values = sorted(row.value for row in spark.read.format("delta").load(at("out")).collect())
    assert values == list(range(len(values)))
    assert len(values) % 5 == 0
    assert values
