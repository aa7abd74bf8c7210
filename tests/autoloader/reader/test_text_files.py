"""Text and binary files."""

from __future__ import annotations

from pathlib import Path

from tests.autoloader.helpers import inferred, job, options, put, staged


def test_each_line_is_a_row_even_an_empty_one(tmp_path: Path) -> None:
    """As Spark's text source."""
    file = put(tmp_path, "1.txt", 'a "b,\n\n  c\r\nlast')
    assert inferred("text", [file]) == "value string"
    assert staged("text", job([file], "value STRING")) == [('a "b,',), ("",), ("  c",), ("last",)]


def test_a_whole_file_or_another_separator(tmp_path: Path) -> None:
    """``wholeText`` and ``lineSep``."""
    file = put(tmp_path, "1.txt", "a;b\n;c")
    assert staged("text", job([file], "value STRING", options=options(wholeText="true"))) == [("a;b\n;c",)]
    assert staged("text", job([file], "value STRING", options=options(lineSep=";"))) == [("a",), ("b\n",), ("c",)]


def test_binary_files_come_whole(tmp_path: Path) -> None:
    """Path, time, length, bytes."""
    file = put(tmp_path, "x.bin", b"\x00\xff")
    assert inferred("binaryFile", [file]) == "path string, modificationTime timestamp, length bigint, content binary"
    (row,) = staged("binaryFile", job([file], "path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"))
    assert (row[0], row[2], row[3]) == ("lake:/x.bin", 2, b"\x00\xff")
    assert int(row[1].timestamp() * 1000) == file.modified
