"""Fixtures of the factory's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

from factory_home import WEB, Home, lake_dataset, recorder, web_dataset

from houseboat.lake import Lake, WebSources
from houseboat.runs import Runs


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty home, with datasets for any file of the lake and of the web."""
    runs = Runs(tmp_path / "runs.db")
    (tmp_path / "web").mkdir()
    made = Home(tmp_path, Lake(tmp_path / "lake"), WebSources({WEB: tmp_path / "web"}), runs)
    for kind in ("job", "notebook"):
        runs.register(kind, recorder(kind, made))
    lake_url = {"url": "https://account.dfs.core.windows.net"}
    made.write("linkedService", "ls_lake", {"type": "AzureBlobFS", "typeProperties": lake_url})
    web_url = {"url": f"{WEB}/", "authenticationType": "Anonymous"}
    made.write("linkedService", "ls_web", {"type": "HttpServer", "typeProperties": web_url})
    for format_type in ("Binary", "DelimitedText", "Json", "Parquet"):
        made.write("dataset", f"lake_{format_type}", lake_dataset(format_type))
        made.write("dataset", f"web_{format_type}", web_dataset(format_type))
    yield made
    runs.close()
