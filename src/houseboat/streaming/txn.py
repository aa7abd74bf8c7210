"""Idempotent Delta writes: which writer's which version a commit holds.

Delta keeps this in a ``txn`` action (appId, version). The embedded engine writes none, but writes ``userMetadata``
on the commit, in the same atomic file: so the pair goes there, as JSON, and recovery looks for it in the log. ``txn``
actions that other engines wrote are honoured too.

    {"txn": {"appId": "<query id>", "version": 7}, "userMetadata": "<the user's own, if any>"}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from houseboat.delta import log

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Stamp:
    """One write of one writer: ``app`` (a query id or ``txnAppId``) and its growing ``version``."""

    app: str
    version: int

    def metadata(self, user: str | None = None) -> str:
        """The text for the commit's ``userMetadata``; ``user`` is what the user asked to have there."""
        value: dict[str, Any] = {"txn": {"appId": self.app, "version": self.version}}
        if user is not None:
            value["userMetadata"] = user
        return json.dumps(value, separators=(",", ":"))


def is_stamp(metadata: str | None) -> bool:
    """Whether a commit's ``userMetadata`` looks like that of a stamp."""
    return metadata is not None and metadata.startswith('{"txn"')


def last_version(table: Path, app: str, *, after: int = -1) -> int | None:
    """The version that ``app`` wrote last, in the commits after table version ``after``; None when it wrote none.

    Looks from the newest commit backwards and stops at the first that is the app's: the cost follows what was
    committed since, not the table's history.
    """
    for _, actions in log.commits_backwards(table, down_to=after + 1):
        found = _written_by(actions, app)
        if found is not None:
            return found
    return None


def _written_by(actions: list[dict[str, Any]], app: str) -> int | None:
    for action in actions:
        txn = action.get("txn")
        if txn and txn.get("appId") == app:
            return int(txn["version"])
    text = log.user_metadata(actions)
    if text is None or not is_stamp(text):
        return None
    try:
        txn = json.loads(text)["txn"]
        return int(txn["version"]) if txn["appId"] == app else None
    except (ValueError, KeyError, TypeError):
        return None
