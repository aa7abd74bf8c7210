"""The cloudFiles source: schema, batches, evolution, replay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.autoloader.errors import CloudFilesError, UnknownFieldException
from houseboat.autoloader.source import CloudFilesSource
from tests.autoloader.helpers import schema

if TYPE_CHECKING:
    from houseboat.lake import Lake

RAW = "abfss://raw@acct.dfs.core.windows.net/in"
CHECKPOINT = "abfss://bronze@acct.dfs.core.windows.net/checkpoint"
CSV = {"cloudFiles.format": "csv", "cloudFiles.schemaLocation": CHECKPOINT}


def land(lake: Lake, name: str, content: str | Path, *, at: int = 0) -> Path:
    """Put a file into the source's folder; ``at``: its time in seconds."""
    place = lake.local(f"{RAW}/{name}")
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, place)
    else:
        place.write_text(content, encoding="utf-8", newline="")
    os.utime(place, (1_700_000_000 + at, 1_700_000_000 + at))
    return place


def source(lake: Lake, user_schema: str | None = None, path: str = RAW, **more: Any) -> CloudFilesSource:
    """A source on the folder, with its checkpoint; options named with ``__`` for the dot."""
    extra = {key: more.pop(key) for key in ("with_metadata", "rescued_path") if key in more}
    given = {**CSV, **{f"cloudFiles.{key}" if key[0] != "_" else key[1:]: value for key, value in more.items()}}
    if user_schema is not None:
        given.pop("cloudFiles.schemaLocation")
    state = lake.local(CHECKPOINT) / "sources" / "0"
    return CloudFilesSource(path, given, schema(user_schema) if user_schema else None, state, lake, **extra)


def step(stream: CloudFilesSource, start: Any = None, *, limit: bool = True) -> dict[str, Any]:
    """The end of the next batch, which must be there."""
    end = stream.next_offset(start, limit=limit)
    assert end is not None
    return end


def drain(stream: CloudFilesSource, start: Any = None, *, commit: bool = False) -> tuple[list[Any], Any]:
    """The relations of all batches to the end, and the last offset. What is committed can no longer be read."""
    found = []
    while (end := stream.next_offset(start, limit=True)) is not None:
        found.append(stream.batch(start, end, None))
        if commit:
            stream.commit(end)
        start = end
    return found, start


def test_the_real_titles_come_in_as_on_the_cloud(shared: Path, lake: Lake, frame: Callable[..., Any]) -> None:
    """6,236 rows, nine text columns and the rescued one, all null; the broken lines survive as shifted rows."""
    land(lake, "netflix_titles.csv", shared / "data" / "netflix" / "netflix_titles.csv")
    stream = source(lake)
    (relation,), _ = drain(stream)
    df = frame(relation)
    assert df.schema == stream.schema()
    assert df.columns == [
        "duration_minutes", "duration_seasons", "type", "title", "date_added", "release_year", "rating", "description",
        "show_id", "_rescued_data",
    ]  # fmt: skip
    assert {field.dataType.simpleString() for field in df.schema.fields} == {"string"}
    counts = {row["type"]: row["count"] for row in df.groupBy("type").count().collect()}
    assert counts == {"Movie": 4265, "TV Show": 1969, "1944": 1, None: 1}
    assert df.where("show_id IS NULL").count() == 4
    assert df.where("_rescued_data IS NOT NULL").count() == 0
    assert df.where("title LIKE 'Jandino%' AND description LIKE '%of \"Sex on Fire\" in%'").count() == 1


@pytest.mark.parametrize(
    ("file", "rows_"),
    [("cast", 44311), ("category", 13670), ("countries", 7179), ("directors", 4852)],
)
@pytest.mark.parametrize("drop", ["netflix", "netflix_dmy"])
def test_the_real_lookups_keep_every_row(
    shared: Path, lake: Lake, frame: Callable[..., Any], drop: str, file: str, rows_: int
) -> None:
    """Counts as published."""
    land(lake, f"netflix_{file}.csv", shared / "data" / drop / f"netflix_{file}.csv")
    (relation,), _ = drain(source(lake))
    assert frame(relation).count() == rows_


def test_the_later_listing_is_read_too(shared: Path, lake: Lake, frame: Callable[..., Any]) -> None:
    """8,809 titles with comma lists in quotes; two texts hold a line end, some bytes are no UTF-8."""
    land(lake, "t.csv", shared / "data" / "netflix_2021" / "netflix_titles.csv")
    (relation,), _ = drain(source(lake, _multiLine="true"))
    df = frame(relation)
    assert df.count() == 8809
    assert df.where("_rescued_data IS NULL AND show_id RLIKE '^s[0-9]+$'").count() == 8809


def test_new_columns_stop_the_stream_once_and_a_restart_goes_on(lake: Lake, frame: Callable[..., Any]) -> None:
    """All new columns of the batch in one failure; the schema is stored before it; nothing is lost."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake)
    _, done = drain(stream)
    land(lake, "2.csv", "a,b\n2,x\n")
    land(lake, "3.csv", "a,c\n3,y\n")
    end = step(stream, done)
    with pytest.raises(UnknownFieldException, match=r"automatic retry: true") as failure:
        stream.batch(done, end, None)
    assert (failure.value.fields, failure.value.retryable) == (("b", "c"), True)
    assert failure.value.code == "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE"
    again = source(lake)
    assert again.schema().names == ["a", "b", "c", "_rescued_data"]
    found = frame(again.batch(done, end, None)).collect()
    assert sorted(map(tuple, found), key=str) == [("2", "x", None, None), ("3", None, "y", None)]
    versions = lake.local(CHECKPOINT) / "_schemas"
    assert sorted(place.name for place in versions.iterdir()) == ["0", "1"]


def test_rescue_keeps_the_schema_and_the_values(lake: Lake, frame: Callable[..., Any]) -> None:
    """Mode ``rescue``: a new column goes into the rescued data, with its file's lake address."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake, schemaEvolutionMode="rescue")
    _, done = drain(stream)
    land(lake, "d/2.csv", "a,b\n2,x\n")
    (relation,), _ = drain(stream, done)
    assert [tuple(row) for row in frame(relation).collect()] == [("2", f'{{"b":"x","_file_path":"{RAW}/d/2.csv"}}')]


def test_fail_on_new_columns_fails_until_somebody_acts(lake: Lake) -> None:
    """Nothing is stored, no retry is promised."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake, schemaEvolutionMode="failOnNewColumns")
    _, done = drain(stream)
    land(lake, "2.csv", "a,b\n2,x\n")
    for _ in range(2):
        stream = source(lake, schemaEvolutionMode="failOnNewColumns")
        with pytest.raises(UnknownFieldException, match="automatic retry: false"):
            stream.batch(done, step(stream, done), None)


def test_none_drops_new_columns(lake: Lake, frame: Callable[..., Any]) -> None:
    """Mode ``none``: no rescued column unless asked for."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake, schemaEvolutionMode="none")
    _, done = drain(stream)
    land(lake, "2.csv", "a,b\n2,x\n")
    (relation,), _ = drain(stream, done)
    assert [tuple(row) for row in frame(relation).collect()] == [("2",)]


def test_batches_honour_the_limits(lake: Lake) -> None:
    """``maxFilesPerTrigger`` and ``maxBytesPerTrigger``; without limit everything is one batch."""
    for at in range(5):
        land(lake, f"{at}.csv", "a\n1\n", at=at)
    stream = source(lake, maxFilesPerTrigger="2")
    ends = []
    start = None
    while (start := stream.next_offset(start, limit=True)) is not None:
        ends.append(start["seqNum"])
    assert ends == [2, 4, 5]
    assert step(stream, limit=False)["seqNum"] == 5
    assert step(source(lake, maxBytesPerTrigger="5"))["seqNum"] == 2


def test_a_batch_is_the_same_when_it_is_asked_again(lake: Lake, frame: Callable[..., Any]) -> None:
    """Files that arrive later, another process, lost staging: the offset alone decides."""
    land(lake, "1.csv", "a,b\n1,x\n2\n")
    stream = source(lake)
    end = step(stream, None)
    first = frame(stream.batch(None, end, None)).collect()
    land(lake, "0.csv", "a,b\n9,z\n")
    shutil.rmtree(lake.local(CHECKPOINT) / "sources" / "0" / "staging")
    again = source(lake)
    again.next_offset(None, limit=False)
    assert frame(again.batch(None, end, None)).collect() == first
    again.commit(end)
    assert not any((lake.local(CHECKPOINT) / "sources" / "0" / "staging").iterdir())


def test_a_file_is_read_once_whatever_happens_to_it(lake: Lake) -> None:
    """Unless ``allowOverwrites``."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake)
    _, done = drain(stream)
    land(lake, "1.csv", "a\n2\n", at=60)
    assert stream.next_offset(done, limit=True) is None


def test_a_changed_file_is_read_again_where_overwrites_are_allowed(lake: Lake, frame: Callable[..., Any]) -> None:
    """Its identity is path and time."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake, allowOverwrites="true")
    _, done = drain(stream)
    land(lake, "1.csv", "a\n2\n", at=60)
    (relation,), done = drain(stream, done)
    assert [row[0] for row in frame(relation).collect()] == ["2"]
    assert stream.next_offset(done, limit=True) is None


def test_files_from_before_the_first_start_can_be_left_out(lake: Lake) -> None:
    """``includeExistingFiles`` false counts at the first start only."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake, includeExistingFiles="false")
    assert stream.next_offset(None, limit=True) is None
    land(lake, "2.csv", "a\n2\n")
    assert step(source(lake, includeExistingFiles="false"))["seqNum"] == 2


def test_available_now_leaves_what_arrives_meanwhile(lake: Lake) -> None:
    """``freeze`` settles the backlog."""
    land(lake, "1.csv", "a\n1\n")
    stream = source(lake)
    stream.freeze()
    land(lake, "2.csv", "a\n2\n")
    end = step(stream, None)
    assert end["seqNum"] == 1
    assert stream.next_offset(end, limit=True) is None


def test_metadata_and_partition_columns_come_from_the_path(lake: Lake, frame: Callable[..., Any]) -> None:
    """``_metadata`` holds lake addresses; ``key=value`` folders are columns, typed only where asked."""
    land(lake, "year=2026/day=1/x.csv", "a\n1\n")
    land(lake, "year=2025/day=__HIVE_DEFAULT_PARTITION__/y.csv", "a\n2,3\n")
    stream = source(lake, inferColumnTypes="true", with_metadata=True)
    assert stream.schema().names == ["a", "year", "day", "_rescued_data", "_metadata"]
    (relation,), _ = drain(stream)
    df = frame(relation)
    assert df.schema == stream.schema()
    found = {row["a"]: row for row in df.collect()}
    assert (found[1]["year"], found[1]["day"]) == (2026, 1)
    assert (found[2]["year"], found[2]["day"]) == (2025, None)
    assert found[1]["_metadata"]["file_path"] == f"{RAW}/year=2026/day=1/x.csv"
    assert found[1]["_metadata"]["file_name"] == "x.csv"
    assert found[1]["_metadata"]["file_size"] == 4
    assert int(found[1]["_metadata"]["file_modification_time"].timestamp()) == 1_700_000_000


def test_a_given_schema_is_used_as_it_is(lake: Lake, frame: Callable[..., Any]) -> None:
    """No rescued column, no evolution; the header option is Spark's own default then."""
    land(lake, "1.csv", "b,a,z\nx,1,9\n")
    stream = source(lake, "a INT, b STRING", _header="true")
    assert stream.schema().simpleString() == "struct<a:int,b:string>"
    (relation,), _ = drain(stream)
    assert [tuple(row) for row in frame(relation).collect()] == [(1, "x")]


def test_hints_type_and_add_columns(lake: Lake, frame: Callable[..., Any]) -> None:
    """Also ``_corrupt_record``, which then holds the raw text of a short line."""
    land(lake, "1.csv", "id,b\n1,x\n2\ny,z\n")
    stream = source(lake, schemaHints="id INT, more DATE, _corrupt_record STRING")
    assert stream.schema().simpleString() == (
        "struct<id:int,b:string,more:date,_corrupt_record:string,_rescued_data:string>"
    )
    (relation,), _ = drain(stream)
    found = [tuple(row) for row in frame(relation).orderBy("b").collect()]
    assert [row[:4] for row in found] == [(2, None, None, "2"), (1, "x", None, None), (None, "z", None, None)]
    assert found[2][4] == f'{{"id":"y","_file_path":"{RAW}/1.csv"}}'


def test_json_and_parquet_streams(lake: Lake, frame: Callable[..., Any]) -> None:
    """The same life for the other formats."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    land(lake, "1.json", '{"a":1,"o":{"x":"1"}}\n{broken\n')
    stream = source(lake, format="json")
    (relation,), done = drain(stream)
    assert frame(relation).schema == stream.schema()
    assert frame(relation).select("a", "o.x").collect() == [("1", "1"), (None, None)]
    land(lake, "2.json", '{"a":2,"o":{"y":true}}\n')
    with pytest.raises(UnknownFieldException) as failure:
        stream.batch(done, step(stream, done), None)
    assert failure.value.fields == ("o.y",)
    place = lake.local("abfss://raw@acct.dfs.core.windows.net/pq/1.parquet")
    place.parent.mkdir(parents=True)
    pq.write_table(pa.table({"id": pa.array([1], pa.int32())}), place)
    other = CloudFilesSource(
        "abfss://raw@acct.dfs.core.windows.net/pq",
        {"cloudFiles.format": "PARQUET", "cloudfiles.schemalocation": f"{CHECKPOINT}2"}, None, lake.local(f"{CHECKPOINT}2"), lake,
    )  # fmt: skip
    (relation,), _ = drain(other)
    assert other.schema().simpleString() == "struct<id:int,_rescued_data:string>"
    assert [tuple(row) for row in frame(relation).collect()] == [(1, None)]


def test_globs_choose_files(lake: Lake) -> None:
    """A pattern in the path; ``pathGlobFilter`` on the name; hidden names never."""
    for name in ("a1/x.csv", "a2/x.csv", "b/x.csv", "a1/y.txt", "a1/_tmp.csv", "a1/.z.csv", "_schemas/0"):
        land(lake, name, "a\n1\n")
    assert step(source(lake, path=f"{RAW}/a*", _pathGlobFilter="*.csv"))["seqNum"] == 2


def test_mistakes_are_named(lake: Lake) -> None:
    """Empty folder, no schema location, a checkpoint of another source, a lost list of files."""
    with pytest.raises(CloudFilesError, match="CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE"):
        source(lake)
    land(lake, "1.csv", "a\n1\n")
    with pytest.raises(CloudFilesError, match="schemaLocation"):
        CloudFilesSource(RAW, {"cloudFiles.format": "csv"}, None, None, lake)
    stream = source(lake)
    with pytest.raises(CloudFilesError, match="none of Auto Loader's"):
        stream.batch(None, {"reservoirId": 1}, None)
    with pytest.raises(CloudFilesError, match="list of files is missing"):
        stream.batch(None, {"seqNum": 1}, None)
    state = lake.local(CHECKPOINT) / "sources" / "0"
    state.mkdir(parents=True)
    (state / "files.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(CloudFilesError, match="cannot be read"):
        step(stream, None)


def test_the_schema_is_known_without_a_checkpoint(lake: Lake) -> None:
    """``load()`` comes before ``start()``; the first inference stays."""
    land(lake, "1.csv", "a\n1\n")
    first = CloudFilesSource(RAW, CSV, None, None, lake)
    land(lake, "2.csv", "b\n1\n")
    assert CloudFilesSource(RAW, CSV, None, None, lake).schema() == first.schema()
    with pytest.raises(CloudFilesError, match="checkpoint"):
        first.next_offset(None, limit=True)


def test_files_in_the_sink_are_moved_away_where_asked(lake: Lake) -> None:
    """``cleanSource`` MOVE."""
    place = land(lake, "d/1.csv", "a\n1\n")
    archive = "abfss://raw@acct.dfs.core.windows.net/archive"
    stream = source(
        lake,
        **{"cleanSource": "MOVE", "cleanSource.moveDestination": archive, "cleanSource.retentionDuration": "0 days"},
    )
    drain(stream, commit=True)
    assert not place.exists()
    assert (lake.local(archive) / "d" / "1.csv").read_text() == "a\n1\n"


def test_metrics_tell_the_backlog(lake: Lake) -> None:
    """Text values, after the newest batch."""
    for at in range(3):
        land(lake, f"{at}.csv", "a\n1\n", at=at)
    stream = source(lake, maxFilesPerTrigger="1")
    assert stream.description == f"CloudFilesSource[{RAW}]"
    end = step(stream, None)
    stream.batch(None, end, None)
    stream.commit(end)
    assert stream.metrics() == {
        "numFilesOutstanding": "2", "numBytesOutstanding": "8", "isBacklogComputationComplete": "true"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "content", "count"),
    [
        ("csv", "a,b\n1,2\n3,4\n", 2),
        ("csv", 'a,b\n1,2\n3\n5,"6\n7"\n', 4),
        ("json", '{"a":"1"}\n{"a":"2"}\n', 2),
        ("text", "one\ntwo\nthree\n", 3),
    ],
)
def test_the_rows_of_a_batch_are_known_from_proof_or_footer(
    lake: Lake, frame: Callable[..., Any], kind: str, content: str, count: int
) -> None:
    """Files that the engine reads and files that are staged alike; only for the batch that was asked for last."""
    land(lake, "1", content)
    stream = source(lake, format=kind)
    end = step(stream)
    relation = stream.batch(None, end, None)
    assert frame(relation).count() == count
    stream.commit(end)
    assert stream.input_rows(None, end) == count
    assert stream.input_rows(end, end) is None


def test_parquet_rows_are_known_from_the_footers(lake: Lake, frame: Callable[..., Any]) -> None:
    """Read by the engine or, with a column of another type, staged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    land(lake, "1.parquet", "")
    for name, values in (("1", pa.array([1, 2])), ("2", pa.array(["x"]))):
        pq.write_table(pa.table({"a": values}), lake.local(f"{RAW}/{name}.parquet"))
    stream = source(lake, "a bigint", format="parquet")
    end = step(stream)
    assert frame(stream.batch(None, end, None)).count() == stream.input_rows(None, end) == 3


def test_files_are_forgotten_at_their_age(lake: Lake) -> None:
    """``maxFileAge``: found long ago and in the sink, a file is no longer known, and would be read again."""
    import sqlite3

    land(lake, "1.csv", "a\n1\n")
    land(lake, "2.csv", "a\n2\n", at=1)
    stream = source(lake, maxFileAge="14 days")
    end = step(stream)
    stream.batch(None, end, None)
    with sqlite3.connect(lake.local(CHECKPOINT) / "sources" / "0" / "files.db") as db:
        db.execute("UPDATE file SET discovered = discovered - 15 * 86400000")
    stream.commit(end)
    again = step(stream, end)
    assert again["seqNum"] == end["seqNum"] + 1
