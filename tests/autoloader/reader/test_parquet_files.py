"""Parquet: the files' types, upcasts, rescue; the engine and DuckDB agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from houseboat.autoloader import rows
from tests.autoloader.helpers import inferred, job, put, staged

if TYPE_CHECKING:
    from houseboat.autoloader.reader import InputFile


def parquet(folder: Path, name: str, **columns: pa.Array) -> InputFile:
    """Write a Parquet file."""
    pq.write_table(pa.table(columns), folder / name)
    return put(folder, name, (folder / name).read_bytes())


@pytest.fixture
def two(tmp_path: Path) -> list[InputFile]:
    """Two files whose types differ."""
    return [
        parquet(tmp_path, "1.parquet", id=pa.array([1], pa.int32()), s=pa.array(["x"])),
        parquet(tmp_path, "2.parquet", id=pa.array([2], pa.int64()), s=pa.array([7]), z=pa.array([1.5])),
    ]


def test_the_wider_type_wins(two: list[InputFile]) -> None:
    """Int and bigint are bigint; what has no common type keeps the first."""
    assert inferred("parquet", two) == "id bigint, s string, z double"


def test_a_mismatch_is_rescued_and_an_upcast_is_not(two: list[InputFile]) -> None:
    """A number under a text column is no text: null, and a JSON number in the rescued data."""
    found = {row[0]: row[1:] for row in staged("parquet", job(two, "id BIGINT, s STRING", rescued="r"))}
    assert found[1] == ("x", None)
    assert found[2][0] is None
    assert json.loads(found[2][1]) == {"s": 7, "z": 1.5, "_file_path": "lake:/2.parquet"}


def test_files_that_fit_are_read_by_the_engine_with_the_same_rows(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """Nothing is staged; columns that the file lacks are null."""
    file = parquet(tmp_path, "1.parquet", id=pa.array([1, 2], pa.int64()), s=pa.array(["x", None]))
    task = job([file], "s STRING, id BIGINT, more DOUBLE", rescued="r", with_metadata=True)
    df = frame(rows.read("parquet", task, tmp_path / "s"))
    assert not (tmp_path / "s").exists()
    assert df.schema == rows.columns(task)
    assert [row[:4] for row in map(tuple, df.collect())] == [row[:4] for row in staged("parquet", task)]
