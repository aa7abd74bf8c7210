"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import houseboat.engine  # noqa: F401 - before PySpark, see there

REPOSITORY = Path(__file__).resolve().parents[1]


def optional(available: bool, reason: str) -> None:
    """Skip a test whose optional part is absent, unless HOUSEBOAT_REQUIRE_ALL says that everything must be there."""
    if available:
        return
    if os.environ.get("HOUSEBOAT_REQUIRE_ALL") == "1":
        pytest.fail(f"required here, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs and cases that lies beside the repository in the project's own CI."""
    folder = REPOSITORY.parent / "shared"
    optional(folder.is_dir(), f"no folder {folder.name} beside the repository")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root."""
    return REPOSITORY
