"""Stable numeric ids: Databricks numbers jobs and runs; at home names and run records are what exists."""

from __future__ import annotations

import hashlib

_DIGITS = 10**15
"""Databricks' job and run ids have up to 15 digits."""


def resource_number(kind: str, key: str) -> int:
    """The id of a bundle's resource: the same on every machine, as long as its key does not change."""
    return int(hashlib.sha256(f"{kind}/{key}".encode()).hexdigest(), 16) % _DIGITS


def resource_uuid(kind: str, key: str) -> str:
    """As ``resource_number`` for kinds whose ids are UUIDs (pipelines)."""
    digest = hashlib.sha256(f"{kind}/{key}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def run_number(run_id: str) -> int:
    """The numeric id of a recorded run."""
    return int(run_id, 16) % _DIGITS
