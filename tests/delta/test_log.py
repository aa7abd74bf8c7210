from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from houseboat.delta import log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table with versions 0, 1 and 2."""
    place = tmp_path / "t"
    for number in range(3):
        write_deltalake(str(place), pa.table({"a": [number]}), mode="append")
    return place


def test_the_newest_version_is_read_from_names(table: Path, tmp_path: Path) -> None:
    """Also when only a checkpoint is left; None where there is no table; odd files do not count."""
    (table / "_delta_log/00000000000000000099.json.tmp").touch()
    assert log.latest_version(table) == 2
    assert log.exists(table)
    DeltaTable(str(table)).create_checkpoint()
    for file in (table / "_delta_log").glob("*.json"):
        file.unlink()
    assert log.latest_version(table) == 2
    assert log.latest_version(tmp_path / "none") is None
    assert not log.exists(tmp_path / "none")
    (tmp_path / "empty/_delta_log").mkdir(parents=True)
    assert not log.exists(tmp_path / "empty")


def test_commits_are_read_backwards_as_far_as_they_are_there(table: Path) -> None:
    """A gap ends the walk."""
    assert [version for version, _ in log.commits_backwards(table)] == [2, 1, 0]
    assert [version for version, _ in log.commits_backwards(table, down_to=1)] == [2, 1]
    (table / "_delta_log/00000000000000000001.json").unlink()
    assert [version for version, _ in log.commits_backwards(table)] == [2]
    assert log.commit(table, 1) is None


def test_user_metadata_is_found_in_the_commit_info() -> None:
    """None where nobody left any."""
    actions = [json.loads(text) for text in ('{"add": {}}', '{"commitInfo": {"userMetadata": "mark"}}')]
    assert log.user_metadata(actions) == "mark"
    assert log.user_metadata([{"commitInfo": {}}]) is None
    assert log.user_metadata([]) is None


def test_a_stamp_changes_with_every_write(table: Path) -> None:
    """Also when a table is made anew with the same version."""
    import shutil

    before = log.stamp(table)
    assert log.stamp(table) == before
    shutil.rmtree(table)
    assert log.stamp(table) is None
    for number in range(3):
        write_deltalake(str(table), pa.table({"a": [number], "b": ["longer"]}), mode="append")
    assert log.stamp(table) != before


def test_an_identity_changes_with_columns_not_with_rows(table: Path) -> None:
    """Rows leave it; columns and a new table change it."""
    before, columns = log.identity(table), log.schema_string(table)
    write_deltalake(str(table), pa.table({"a": [9]}), mode="append")
    assert (log.identity(table), log.schema_string(table)) == (before, columns)
    write_deltalake(str(table), pa.table({"a": [9], "b": [1]}), mode="append", schema_mode="merge")
    assert log.identity(table) != before
    assert log.schema_string(table) != columns
