"""Notebook paths are found as jobs, %run and Data Factory write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.databricks.errors import NotebookNotFound
from houseboat.databricks.notebook_paths import NotebookPaths

if TYPE_CHECKING:
    from .conftest import Files

HEAD = "# Databricks notebook source\n"


@pytest.fixture
def root(write: Files) -> Path:
    """A bundle with notebooks, a module and a script."""
    return write(
        {
            "transformation/1.race_results.py": HEAD,
            "includes/config.ipynb": "{}",
            "a/same.py": HEAD,
            "b/same.py": HEAD,
            "lib/race.py": "x = 1\n",
            ".venv/hidden.py": HEAD,
        }
    )


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("transformation/1.race_results.py", "transformation/1.race_results.py"),
        ("transformation/1.race_results", "transformation/1.race_results.py"),
        ("./includes/config", "includes/config.ipynb"),
        ("/Formula1/trans/1.race_results", "transformation/1.race_results.py"),
        ("/Workspace/Users/me@x.com/project/includes/config", "includes/config.ipynb"),
        ("/Repos/me/project/a/same", "a/same.py"),
        ("/mapped/elsewhere", "b/same.py"),
    ],
)
def test_paths_are_found(root: Path, written: str, found: str) -> None:
    """Exact, without extension, below the bundle, by the only base name, by the manifest's mapping."""
    paths = NotebookPaths(root, {"/mapped/elsewhere": "b/same"})
    assert paths.find(written) == (root / found).resolve()


def test_relative_paths_begin_at_the_notebook_that_names_them(root: Path) -> None:
    """../ goes up from the caller; a bare name lies beside it."""
    paths = NotebookPaths(root)
    assert paths.find("../b/same", root / "a/same.py") == (root / "b/same.py").resolve()
    assert paths.find("same", root / "a/same.py") == (root / "a/same.py").resolve()
    assert paths.workspace_path(root / "includes/config.ipynb") == "/includes/config"


def test_what_is_not_there_or_not_unique_is_an_error_that_helps(root: Path) -> None:
    """Near names are offered; several of one name ask for a mapping; modules and hidden folders do not count."""
    paths = NotebookPaths(root)
    with pytest.raises(NotebookNotFound, match=r"did you mean transformation/1.race_results.py"):
        paths.find("./transformation/1.race_result")
    with pytest.raises(NotebookNotFound, match="several notebooks are named so"):
        paths.find("/x/same")
    for name in ("/x/race", "/x/hidden"):
        with pytest.raises(NotebookNotFound):
            paths.find(name)
