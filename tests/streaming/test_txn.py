"""Stamps in a table's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from houseboat.streaming.txn import Stamp, last_version


def commit(table: Path, version: int, *actions: dict[str, Any]) -> None:
    """One commit file."""
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020d}.json").write_text("\n".join(json.dumps(action) for action in actions))


def stamped(app: str, version: int) -> dict[str, Any]:
    """The commitInfo of a write by ``app``."""
    return {"commitInfo": {"userMetadata": Stamp(app, version).metadata("text of a user's own")}}


def test_the_newest_stamp_of_an_app_counts(tmp_path: Path) -> None:
    """Other apps' stamps, free text and no text at all are passed over."""
    commit(tmp_path, 0, stamped("a", 4))
    commit(tmp_path, 1, stamped("a", 5))
    commit(tmp_path, 2, stamped("b", 9))
    commit(tmp_path, 3, {"commitInfo": {"userMetadata": "a 6"}})
    commit(tmp_path, 4, {"commitInfo": {}})
    assert last_version(tmp_path, "a") == 5
    assert last_version(tmp_path, "b") == 9
    assert last_version(tmp_path, "c") is None


def test_txn_actions_of_other_engines_count(tmp_path: Path) -> None:
    """What Databricks or delta-rs wrote is honoured."""
    commit(tmp_path, 0, {"txn": {"appId": "a", "version": 7}}, {"commitInfo": {}})
    assert last_version(tmp_path, "a") == 7


def test_only_commits_after_a_version_are_looked_at(tmp_path: Path) -> None:
    """The cost of a recovery follows what was committed since; older commits are not even read."""
    commit(tmp_path, 0, stamped("a", 1))
    commit(tmp_path, 1, {"commitInfo": {}})
    (tmp_path / "_delta_log" / f"{0:020d}.json").write_text("not JSON")
    assert last_version(tmp_path, "a", after=0) is None
