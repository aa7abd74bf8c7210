"""A project that ran once as it should, for tests that break it."""

from __future__ import annotations

from pathlib import Path

import pytest

from houseboat.cli.main import main
from tests.errors import small_project


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project after a good run of its factory and of its declarative pipeline."""
    root = tmp_path_factory.mktemp("small")
    small_project.write(root, {})
    assert main(["run", str(root)]) == 0
    assert main(["pipeline", str(root), "gold"]) == 0
    return root


@pytest.fixture
def project(ran: Path) -> Path:
    """That project with its files as they should be."""
    small_project.write(ran, {})
    return ran
