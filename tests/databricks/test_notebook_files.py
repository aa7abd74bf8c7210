"""Notebook files of every form become cells that know their place."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from houseboat.databricks.errors import NotebookFileError
from houseboat.databricks.notebook_files import Cell, is_notebook, read_notebook
from houseboat.errors import Unsupported


def read(folder: Path, text: str, name: str = "n.py") -> tuple[Cell, ...]:
    """The cells of a file of this text."""
    file = folder / name
    file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return read_notebook(file).cells


def test_source_cells_know_language_title_line_and_position(tmp_path: Path) -> None:
    """Titles are metadata, MAGIC is stripped, lines are those of the file."""
    cells = read(
        tmp_path,
        """
        # Databricks notebook source
        # DBTITLE 1,Read it
        x = 1

        # COMMAND ----------

        # MAGIC %sql
        # MAGIC select 1

        # COMMAND ----------

        # COMMAND ----------
        # MAGIC %run ./other $a="b"
        """,
    )
    assert cells == (
        Cell("python", "x = 1", 3, "Read it", number=1),
        Cell("sql", "select 1", 8, "", magic=True, number=2),
        Cell("run", './other $a="b"', 13, "", magic=True, number=4),
    )


@pytest.mark.parametrize(
    ("text", "language", "body"),
    [
        ("# MAGIC %md# Title", "md", "# Title"),
        ("# MAGIC %md-sandbox\n# MAGIC <b>x</b>", "md", "<b>x</b>"),
        ("# MAGIC %mdGlued", "md", "Glued"),
        ("# MAGIC %PIP install x", "pip", "install x"),
        ("# MAGIC %scala\n# MAGIC val x = 1", "scala", "val x = 1"),
        ("%load_ext autoreload", "python", "%load_ext autoreload"),
        ("x = '%sql'", "python", "x = '%sql'"),
    ],
)
def test_magics_are_recognised(tmp_path: Path, text: str, language: str, body: str) -> None:
    """Also glued to their text; IPython's own stay Python."""
    (cell,) = read(tmp_path, f"# Databricks notebook source\n{text}\n")
    assert (cell.language, cell.text) == (language, body)


def test_sql_notebooks_use_dashes(tmp_path: Path) -> None:
    """The default language is SQL, %python cells are Python."""
    cells = read(
        tmp_path,
        """
        -- Databricks notebook source
        SELECT 1; -- one
        -- COMMAND ----------
        -- MAGIC %python
        -- MAGIC x = 1
        -- COMMAND ----------
        -- DBTITLE 1,A title
        -- a comment
        SELECT 2
        """,
        "n.sql",
    )
    assert [(cell.language, cell.line) for cell in cells] == [("sql", 2), ("python", 5), ("sql", 8)]
    assert cells[2].title == "A title"


def test_a_plain_file_is_one_cell(tmp_path: Path) -> None:
    """A script is no notebook, but can be run as one."""
    (cell,) = read(tmp_path, "import x\n# COMMAND ----------\ny\n")
    assert cell.line == 1
    assert not is_notebook(tmp_path / "n.py")


def test_ipynb_reads_both_source_forms_titles_and_default_language(tmp_path: Path) -> None:
    """Source as list or text; Databricks' metadata; outputs are not read."""
    document = {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {"application/vnd.databricks.v1+notebook": {"language": "sql"}},
        "cells": [
            {
                "cell_type": "code",
                "source": ["select 1,\n", "2"],
                "outputs": [{"data": {"source": ["x"]}}],
                "metadata": {},
            },
            {
                "cell_type": "code",
                "source": "%python\nx = 'ü'",
                "metadata": {"application/vnd.databricks.v1+cell": {"title": "T"}},
            },
            {"cell_type": "markdown", "source": ["# Hi"], "metadata": {}},
            {"cell_type": "code", "source": [], "metadata": {}},
        ],
    }
    cells = read(tmp_path, json.dumps(document, indent=1), "n.ipynb")
    assert [(cell.language, cell.text, cell.title) for cell in cells] == [
        ("sql", "select 1,\n2", ""),
        ("python", "x = 'ü'", "T"),
        ("md", "# Hi", ""),
    ]
    lines = (tmp_path / "n.ipynb").read_text(encoding="utf-8").splitlines()
    assert "select 1," in lines[cells[0].line - 1]


def test_old_jupyter_files_are_upgraded(tmp_path: Path) -> None:
    """Nbformat 3 still lies in repositories."""
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "x"},
        "worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": ["a = 1"], "outputs": []}]}],
    }
    (cell,) = read(tmp_path, json.dumps(old), "n.ipynb")
    assert cell.text == "a = 1"


def test_what_is_no_notebook_is_an_error_with_its_place(tmp_path: Path) -> None:
    """Broken JSON names its line; archives and Scala are declared gaps."""
    with pytest.raises(NotebookFileError) as caught:
        read(tmp_path, '{"cells": [\n oops', "n.ipynb")
    assert caught.value.place is not None
    assert caught.value.place.line == 2
    for name in ("n.dbc", "n.scala"):
        with pytest.raises(Unsupported):
            read(tmp_path, "x", name)
    with pytest.raises(NotebookFileError, match="no such notebook"):
        read_notebook(tmp_path / "none.py")
