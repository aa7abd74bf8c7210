"""The schema of a stream."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from houseboat.autoloader import inference
from houseboat.autoloader.discovery import Folder
from houseboat.autoloader.options import parse
from houseboat.autoloader.schema_store import SchemaStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from houseboat.lake import Lake

RAW = "abfss://raw@acct.dfs.core.windows.net/in"


def test_the_sample_is_the_newest_files(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was found stays, whatever lands later."""
    chosen = parse({"cloudFiles.format": "csv"}, has_schema=False)
    for at in range(4):
        place = lake.local(f"{RAW}/k={at}/{at}.csv")
        place.parent.mkdir(parents=True)
        place.write_text(f"c{at},both\n1,2\n")
        os.utime(place, (1000 + at, 1000 + at))
    monkeypatch.setattr(inference, "SAMPLE_FILES", 2)
    store = SchemaStore(tmp_path)
    folder = Folder(RAW, lake, chosen.discovery)
    found = inference.stream_schema(folder, chosen, store)
    assert (found.data.names, found.partitions.names) == (["c2", "both", "c3"], ["k"])
    monkeypatch.setattr(inference, "SAMPLE_FILES", 9)
    assert inference.stream_schema(folder, chosen, store) == found


def test_hints_lie_over_every_version(lake: Lake, tmp_path: Path) -> None:
    """Also over partition columns; the stored version is what the files say."""
    place = lake.local(f"{RAW}/k=1/x.csv")
    place.parent.mkdir(parents=True)
    place.write_text("a\n1\n")
    chosen = parse({"cloudFiles.format": "csv", "cloudFiles.schemaHints": "k INT, a DATE"}, has_schema=False)
    store = SchemaStore(tmp_path)
    found = inference.stream_schema(Folder(RAW, lake, chosen.discovery), chosen, store)
    assert (found.data.simpleString(), found.partitions.simpleString()) == ("struct<a:date>", "struct<k:int>")
    held = store.latest()
    assert held is not None
    assert held.data.simpleString() == "struct<a:string>"
