from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from houseboat.delta import maintenance
from houseboat.delta.maintenance import DeltaError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of three small files."""
    place = tmp_path / "t"
    for number in range(3):
        write_deltalake(str(place), pa.table({"a": [number], "p": [number % 2]}), mode="append", partition_by=["p"])
    return place


def test_history_has_types_not_texts(table: Path) -> None:
    """Versions are numbers, times are times, parameters are maps."""
    found = maintenance.history(table)
    assert found.column("version").to_pylist() == [2, 1, 0]
    assert pa.types.is_timestamp(found.schema.field("timestamp").type)
    assert dict(found.column("operationParameters")[0].as_py())["mode"] == "Append"
    assert maintenance.history(table, 1).num_rows == 1


def test_detail_adds_up(table: Path) -> None:
    """Number and size of files are those of the current version."""
    (row,) = maintenance.detail(table, name="n", address="abfss://x").to_pylist()
    assert (row["numFiles"], row["partitionColumns"], row["location"]) == (3, ["p"], "abfss://x")
    assert row["sizeInBytes"] == sum(file.stat().st_size for file in table.rglob("*.parquet"))


def test_optimize_keeps_rows_and_partitions(table: Path) -> None:
    """Files of one partition are joined; a second time nothing is written."""
    (row,) = maintenance.optimize(table, address="x").to_pylist()
    assert json.loads(row["metrics"])["numFilesRemoved"] == 2
    version = DeltaTable(str(table)).version()
    maintenance.optimize(table, address="x")
    assert DeltaTable(str(table)).version() == version


def test_properties_that_need_features_are_notes(table: Path) -> None:
    """The protocol stays as it was."""
    before = DeltaTable(str(table)).protocol()
    maintenance.set_properties(table, {"delta.enableChangeDataFeed": "true", "delta.appendOnly": "false", "mine": "1"})
    assert maintenance.properties(table) == {
        "houseboat.delta.enableChangeDataFeed": "true",
        "delta.appendOnly": "false",
        "mine": "1",
    }
    assert DeltaTable(str(table)).protocol() == before


def test_a_place_without_a_table_is_an_error(tmp_path: Path) -> None:
    """With Delta's own error class."""
    with pytest.raises(DeltaError) as caught:
        maintenance.history(tmp_path)
    assert caught.value.code == "DELTA_MISSING_DELTA_TABLE"
