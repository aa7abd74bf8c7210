"""Spark's own file source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.file_source import FileSource
from houseboat.errors import Unsupported
from tests.autoloader.helpers import schema

if TYPE_CHECKING:
    from houseboat.lake import Lake

RAW = "abfss://raw@acct.dfs.core.windows.net/in"


@pytest.fixture
def landed(lake: Lake) -> Lake:
    """Two CSV files."""
    for name, content in (("1.csv", "x,y\n1,a\n2\n"), ("2.csv", "y,x\n3,b,c\n")):
        place = lake.local(f"{RAW}/{name}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return lake


def test_columns_go_by_position(landed: Lake, tmp_path: Path, frame: Callable[..., Any]) -> None:
    """Whatever the header says; short records are padded, extra cells dropped."""
    stream = FileSource("CSV", RAW, {"header": "true"}, schema("a INT, b STRING"), tmp_path / "state", landed)
    end = stream.next_offset(None, limit=True)
    assert end is not None
    df = frame(stream.batch(None, end, None))
    assert df.schema == stream.schema()
    assert sorted(map(tuple, df.collect()), key=str) == [(1, "a"), (2, None), (3, "b")]
    stream.commit(end)
    assert stream.next_offset(end, limit=True) is None
    assert stream.description == f"FileStreamSource[{RAW}]"


def test_a_schema_is_needed_unless_inference_is_on(landed: Lake) -> None:
    """Text has its own."""
    with pytest.raises(CloudFilesError, match="Schema must be specified"):
        FileSource("json", RAW, {}, None, None, landed)
    inferred = FileSource("csv", RAW, {"pathGlobFilter": "1.csv"}, None, None, landed, infer=True)
    assert inferred.schema().simpleString() == "struct<x:int,y:string>"
    assert FileSource("text", RAW, {}, None, None, landed).schema().simpleString() == "struct<value:string>"


def test_gaps_are_named(landed: Lake) -> None:
    """An option or a format that is not served."""
    with pytest.raises(Unsupported, match="cleansource"):
        FileSource("csv", RAW, {"cleanSource": "archive"}, schema("a INT"), None, landed)
    with pytest.raises(Unsupported, match="orc"):
        FileSource("orc", RAW, {}, schema("a INT"), None, landed)
