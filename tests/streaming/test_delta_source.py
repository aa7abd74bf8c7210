"""A Delta table as a stream: what is read, what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException

from houseboat.errors import Unsupported

from .conftest import all_of, numbers

At = Callable[[str], str]


def append(spark: Any, table: str, *values: int, **options: str) -> None:
    """One more commit."""
    numbers(spark, *values).write.format("delta").mode("append").options(**options).save(table)


def read(spark: Any, at: At, out: str = "out", **options: str) -> Any:
    """``in`` -> ``out``, all that is there; the query, ended."""
    stream = spark.readStream.format("delta").options(**options).load(at("in"))
    query = (
        stream.writeStream.option("checkpointLocation", at(f"cp-{out}"))
        .option("mergeSchema", "true")
        .trigger(availableNow=True)
        .start(at(out))
    )
    query.awaitTermination()
    return query


def test_starting_version_counts_for_a_new_checkpoint_only(spark: Any, at: At) -> None:
    """The version is inclusive; a restart goes on where the checkpoint ends."""
    for value in range(4):
        append(spark, at("in"), value)
    read(spark, at, startingVersion="2")
    assert all_of(spark, at("out")) == [2, 3]
    append(spark, at("in"), 4)
    read(spark, at, startingVersion="0")
    assert all_of(spark, at("out")) == [2, 3, 4]


def test_starting_version_latest_reads_what_comes_later(spark: Any, at: At) -> None:
    """The version "latest" is fixed at the first start, even when that start finds nothing."""
    append(spark, at("in"), 1)
    read(spark, at, startingVersion="latest")
    append(spark, at("in"), 2)
    read(spark, at, startingVersion="latest")
    assert all_of(spark, at("out")) == [2]


def test_starting_timestamp_is_the_first_commit_at_or_after_it(spark: Any, at: At) -> None:
    """A time before the table reads all; one after its newest commit is refused."""
    append(spark, at("in"), 1)
    read(spark, at, startingTimestamp="2020-01-01")
    assert all_of(spark, at("out")) == [1]
    with pytest.raises(StreamingQueryException, match="DELTA_TIMESTAMP_GREATER_THAN_COMMIT"):
        read(spark, at, out="late", startingTimestamp="2999-01-01 00:00:00")


def test_a_limit_in_bytes_takes_at_least_one_file(spark: Any, at: At) -> None:
    """One byte is less than any file: each file is a batch of its own."""
    append(spark, at("in"), 1)
    append(spark, at("in"), 2)
    query = read(spark, at, maxBytesPerTrigger="1b")
    assert len(query.recentProgress) == 2
    assert all_of(spark, at("out")) == [1, 2]


@pytest.mark.parametrize(
    ("change", "code", "option"),
    [
        ("update delta.`{t}` set n = 20 where n = 2", "DELTA_SOURCE_TABLE_IGNORE_CHANGES", "skipChangeCommits"),
        ("delete from delta.`{t}` where n = 2", "DELTA_SOURCE_TABLE_IGNORE_CHANGES", "skipChangeCommits"),
        ("delete from delta.`{t}`", "DELTA_SOURCE_IGNORE_DELETE", "ignoreDeletes"),
    ],
)
def test_a_change_upstream_fails_unless_it_is_to_be_skipped(
    spark: Any, at: At, change: str, code: str, option: str
) -> None:
    """A table that is not only appended to has no stream, as on Databricks; the options let the query go on."""
    append(spark, at("in"), 1, 2)
    read(spark, at)
    spark.sql(change.format(t=at("in")))
    append(spark, at("in"), 3)
    with pytest.raises(StreamingQueryException, match=code):
        read(spark, at)
    read(spark, at, **{option: "true"})
    assert all_of(spark, at("out")) == [1, 2, 3]


def test_an_overwrite_upstream_fails(spark: Any, at: At) -> None:
    """Overwriting removes files: a data update in a stream's eyes."""
    append(spark, at("in"), 1)
    read(spark, at)
    numbers(spark, 5).write.format("delta").mode("overwrite").save(at("in"))
    with pytest.raises(StreamingQueryException, match="Detected a data update"):
        read(spark, at)


def test_optimize_is_no_change(spark: Any, at: At) -> None:
    """A commit that only rearranges files (dataChange false) brings nothing and fails nothing."""
    from deltalake import DeltaTable

    append(spark, at("in"), 1)
    append(spark, at("in"), 2)
    read(spark, at)
    DeltaTable(at("in")).optimize.compact()
    append(spark, at("in"), 3)
    read(spark, at)
    assert all_of(spark, at("out")) == [1, 2, 3]


def test_a_table_made_anew_is_not_the_same_stream(spark: Any, at: At) -> None:
    """The checkpoint knows the table's id."""
    append(spark, at("in"), 1)
    read(spark, at)
    shutil.rmtree(at("in"))
    append(spark, at("in"), 2)
    with pytest.raises(StreamingQueryException, match="DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE"):
        read(spark, at)


def test_a_new_column_fails_the_running_query_and_a_restart_reads_it(spark: Any, at: At) -> None:
    """Files written before the column existed give null."""
    append(spark, at("in"), 1)
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.option("checkpointLocation", at("cp-out")).option("mergeSchema", "true")
    query = writer.start(at("out"))
    query.processAllAvailable()
    wide = spark.createDataFrame([(2, "b", 2.5)], "n long, part string, x double")
    wide.write.format("delta").mode("append").option("mergeSchema", "true").save(at("in"))
    with pytest.raises(StreamingQueryException, match="DELTA_SCHEMA_CHANGED_WITH_VERSION"):
        query.awaitTermination()
    append(spark, at("in"), 3)
    read(spark, at)
    rows = spark.read.format("delta").load(at("out")).orderBy("n").collect()
    assert [(row.n, row.x) for row in rows] == [(1, None), (2, 2.5), (3, None)]


def test_partition_columns_come_back_with_their_types(spark: Any, at: At) -> None:
    """The files do not hold them; odd characters and nulls survive, column order too."""
    frame = spark.sql(
        "select * from values (date'2024-01-31', 1, 'a b/c=d%'), (null, 2, null), (date'2024-02-01', 3, 'ä') as t(d, n, s)"
    )
    frame.write.format("delta").partitionBy("d", "s").save(at("in"))
    read(spark, at, maxFilesPerTrigger="1")
    read(spark, at, out="whole")
    for out in ("out", "whole"):
        result = spark.read.format("delta").load(at(out))
        assert result.columns == spark.read.format("delta").load(at("in")).columns
        wanted = frame.select(*result.columns).orderBy("n").collect()
        assert [tuple(row) for row in result.orderBy("n").collect()] == [tuple(row) for row in wanted]


def test_options_that_are_gaps_or_wrong_are_named(spark: Any, at: At) -> None:
    """ReadChangeFeed is a declared gap; a user schema and a silly limit are refused."""
    append(spark, at("in"), 1)
    with pytest.raises(Unsupported, match="readChangeFeed"):
        read(spark, at, readChangeFeed="true")
    with pytest.raises(Exception, match="must be a positive integer"):
        read(spark, at, maxFilesPerTrigger="0")
    with pytest.raises(AnalysisException, match="does not support specifying the schema"):
        _ = spark.readStream.format("delta").schema("n long").load(at("in")).columns


def test_read_stream_table_finds_the_catalogue(spark: Any, at: At) -> None:
    """By name; a missing table is an AnalysisException."""
    numbers(spark, 1).write.saveAsTable("spark_catalog.default.letters")
    stream = spark.readStream.table("spark_catalog.default.letters")
    assert stream.columns == ["n", "part"]
    query = (
        stream.writeStream.option("checkpointLocation", at("cp"))
        .trigger(availableNow=True)
        .toTable("spark_catalog.default.copied")
    )
    query.awaitTermination()
    assert spark.table("spark_catalog.default.copied").count() == 1
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        _ = spark.readStream.table("spark_catalog.default.nowhere").columns
