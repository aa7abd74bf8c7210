"""The function read_files as a batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.read_files import read_files

if TYPE_CHECKING:
    from houseboat.lake import Lake

RAW = "abfss://raw@acct.dfs.core.windows.net/in"


def test_format_and_types_are_found(lake: Lake, tmp_path: Path, frame: Callable[..., Any]) -> None:
    """From the names and the values; what does not fit is rescued."""
    lake.local(RAW).mkdir(parents=True)
    (lake.local(RAW) / "1.csv").write_text("id,b\n1,x\n2,y\n")
    (lake.local(RAW) / "2.csv").write_text("id,b\n3,z\n")
    df = frame(read_files(RAW, {}, None, lake, tmp_path / "s"))
    assert df.schema.simpleString() == "struct<id:int,b:string,_rescued_data:string>"
    assert sorted(row["id"] for row in df.collect()) == [1, 2, 3]
    plain = frame(
        read_files(f"{RAW}/1*", {"schemaEvolutionMode": "none", "inferColumnTypes": "false"}, None, lake, tmp_path)
    )
    assert sorted(map(tuple, plain.collect())) == [("1", "x"), ("2", "y")]


def test_what_has_no_files_or_no_known_names_is_refused(lake: Lake, tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(CloudFilesError, match="CF_EMPTY_DIR"):
        read_files(RAW, {}, None, lake, tmp_path)
    lake.local(RAW).mkdir(parents=True)
    (lake.local(RAW) / "x.dat").write_text("1")
    with pytest.raises(CloudFilesError, match="cannot be told"):
        read_files(RAW, {}, None, lake, tmp_path)
