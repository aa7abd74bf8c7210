"""Rows for the engine: read directly or staged, the same after any accident."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from houseboat.autoloader import rows
from houseboat.autoloader.errors import CloudFilesError
from tests.autoloader.helpers import job, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_engine_reads_files_in_partition_folders(kind: str, tmp_path: Path, frame: Callable[..., Any]) -> None:
    """The path's columns come once, as told, and no other way."""
    name = f"year=2026/d=1/x.{kind}"
    file = put(tmp_path, name, "a,b\n1,2\n")
    if kind == "parquet":
        pq.write_table(pa.table({"a": ["1"], "b": ["2"]}), file.path)
    file = replace(file, partitions={"year": "2026", "d": "1"})
    task = job([file], "a STRING, b STRING", partitions="year STRING, d INT")
    df = frame(rows.read(kind, task, tmp_path / "s"))
    assert not (tmp_path / "s").exists()
    assert df.schema == rows.columns(task)
    assert [tuple(row) for row in df.collect()] == [("1", "2", "2026", 1)]


def test_times_of_parquet_files_keep_their_meaning(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """A local time stays one, a moment stays one; read by the engine and staged alike."""
    table = pa.table({"l": pa.array([0], pa.timestamp("us")), "m": pa.array([0], pa.timestamp("us", "UTC"))})
    pq.write_table(table, tmp_path / "1.parquet")
    file = put(tmp_path, "1.parquet", (tmp_path / "1.parquet").read_bytes())
    direct = frame(rows.read("parquet", job([file], "l TIMESTAMP_NTZ, m TIMESTAMP"), tmp_path / "s"))
    staged = frame(
        rows.read("parquet", job([file], "l TIMESTAMP_NTZ, m TIMESTAMP, x STRING", rescued="r"), tmp_path / "s")
    )
    assert direct.selectExpr("cast(l AS string)", "cast(m AS string)").collect() == [("1970-01-01 00:00:00",) * 2]
    assert staged.selectExpr("cast(l AS string)", "cast(m AS string)").collect() == [("1970-01-01 00:00:00",) * 2]


def test_staged_rows_are_whole_or_absent(
    tmp_path: Path, frame: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stopped process left behind is never read; the next one stages again, and once only."""
    task = job([put(tmp_path, "1.csv", "a\n1\nx\n")], "a INT", rescued="r")
    folder = tmp_path / "s"
    written: list[Path] = []
    real = rows._write

    def stopped(kind: str, held: Any, draft: Path, con: Any) -> None:
        real(kind, held, draft, con)
        written.append(draft)
        if len(written) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(rows, "_write", stopped)
    with pytest.raises(KeyboardInterrupt):
        rows.read("csv", task, folder)
    (folder / ".left.tmp").mkdir(parents=True)
    (folder / ".left.tmp" / "data_0.parquet").write_bytes(b"half")
    first = frame(rows.read("csv", task, folder)).collect()
    assert frame(rows.read("csv", task, folder)).collect() == first
    assert len(written) == 2
    assert [row[0] for row in first] == [1, None]


def test_another_schema_is_another_staging(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """A schema that evolved between two tries is not answered with old rows."""
    file = put(tmp_path, "1.csv", "a,b\n1,2\n3\n")
    assert frame(rows.read("csv", job([file], "a STRING"), tmp_path / "s")).columns == ["a"]
    assert frame(rows.read("csv", job([file], "a STRING, b INT"), tmp_path / "s")).columns == ["a", "b"]


def test_a_file_that_is_gone_or_of_another_format_is_named(tmp_path: Path) -> None:
    """By its lake address."""
    gone = replace(put(tmp_path, "1.csv", "a\nx\n"), path=str(tmp_path / "no"), address="lake:/gone.csv")
    with pytest.raises(CloudFilesError, match=r"lake:/gone\.csv does not exist"):
        rows.read("csv", job([gone], "a INT"), tmp_path)
    with pytest.raises(CloudFilesError, match=r"cannot read lake:/2\.parquet as parquet"):
        rows.read("parquet", job([put(tmp_path, "2.parquet", "a\nx\n")], "a INT"), tmp_path)
