"""A small lakehouse for each test: the embedded engine, the catalogue and the layers, in the test's own folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.workspace import Workspace
    from lakehouse.names import Lakehouse

DATABRICKS = Path(__file__).resolve().parents[2] / "netflix" / "databricks"
sys.path.insert(0, str(DATABRICKS / "notebooks"))
sys.path.insert(0, str(Path(__file__).parent))

TITLE = {
    "duration_minutes": "90",
    "duration_seasons": None,
    "type": "Movie",
    "title": "A title",
    "date_added": "9/9/2019",
    "release_year": "2018",
    "rating": "PG",
    "description": "About something.",
    "show_id": "1",
}
"""A landed title that breaks no rule; a test changes what it is about."""


@dataclass
class Home:
    """A lakehouse in a folder."""

    spark: SparkSession
    workspace: Workspace
    lake: Lakehouse

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, sorted."""
        return sorted((tuple(row) for row in self.spark.sql(query).collect()), key=repr)

    def bronze(self, *rows: dict[str, str | None], file: str = "drop-1", modified: int = 1) -> Any:
        """Landed title rows as a DataFrame. ``modified``: the file's time, in minutes of a day in 2026."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        when = datetime(2026, 1, 1, modified // 60, modified % 60, tzinfo=UTC)
        data = [(*[row.get(name) for name in names], None, file, when, when) for row in rows]
        schema = ", ".join(f"`{name}` string" for name in [*names, "_rescued_data", "source_file"])
        return self.spark.createDataFrame(data, f"{schema}, file_modified_at timestamp, ingested_at timestamp")

    def drop(self, *rows: dict[str, str | None], file: str = "drop-1", modified: int = 1) -> None:
        """A drop of titles comes into bronze."""
        frame = self.bronze(*rows, file=file, modified=modified)
        frame.write.format("delta").mode("append").option("mergeSchema", "true").saveAsTable(
            "netflix.bronze.netflix_titles"
        )

    def lookup(self, table: str, text: str) -> None:
        """A lookup file lands."""
        file = self.workspace.lake.local(self.lake.landed_lookup(table))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def versions(self) -> dict[str, int]:
        """How many commits each table has."""
        counts: dict[str, int] = {}
        for log in self.workspace.project.state.rglob("_delta_log/*.json"):
            table = log.parent.parent.name
            counts[table] = counts.get(table, 0) + 1
        return counts


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty lakehouse with the layers that the bundle declares, and a session in it."""
    from houseboat.workspace import Workspace
    from lakehouse.names import Lakehouse

    manifest = f"""[project]
name = "netflix"
[databricks]
path = {DATABRICKS.as_posix()!r}
catalog = "netflix"
runtime = "17.3"
"""
    (tmp_path / "houseboat.toml").write_text(manifest, encoding="utf-8")
    with Workspace.open(tmp_path) as workspace:
        yield Home(workspace.session(), workspace, Lakehouse())
