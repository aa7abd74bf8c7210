"""What a pipeline's files see while they are read."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from houseboat.errors import Unsupported
from houseboat.pipelines.errors import DefinitionError

if TYPE_CHECKING:
    from tests.pipelines.conftest import Project


def test_folders_are_importable_and_modules_are_fresh(project: Project) -> None:
    """The file's folder and the root path; an edit of a helper is seen by the next update; nothing stays imported."""
    project.settings["root_path"] = "."
    project.write(
        "src/a.py",
        """
        from beside import SIZE
        from lib.deep import START

        @dlt.table
        def numbers():
            from beside import SIZE as again
            return spark.range(START, SIZE)
    """,
    )
    project.write("lib/deep.py", "START = 1\n")
    project.settings["libraries"] = [{"file": {"path": "src/a.py"}}]
    for size in (3, 4):
        project.write("src/beside.py", f"SIZE = {size}\n")
        project.run()
        assert project.rows("numbers") == [(n,) for n in range(1, size)]
    assert not {"beside", "lib.deep", "dlt"} & sys.modules.keys()


def test_notebooks_are_read_cell_by_cell(project: Project) -> None:
    """An .ipynb's Python cells share a namespace; text, %md and %pip cells are passed over."""
    cells = [
        {"cell_type": "markdown", "source": ["# title"]},
        {"cell_type": "code", "source": ["%pip install x"]},
        {"cell_type": "code", "source": ["N = 2"]},
        {"cell_type": "code", "source": ["@dlt.table\n", "def numbers():\n", "    return spark.range(N)"]},
    ]
    project.write("src/nb.ipynb", json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    project.run()
    assert project.rows("numbers") == [(0,), (1,)]


def test_an_error_in_a_notebook_names_the_cell_and_its_line(project: Project) -> None:
    """As a user counts them."""
    cells = [{"cell_type": "code", "source": ["x = 1"]}, {"cell_type": "code", "source": ["y = 2\n", "1 / 0"]}]
    file = project.write("src/nb.ipynb", json.dumps({"cells": cells}))
    with pytest.raises(DefinitionError, match="ZeroDivisionError") as error:
        project.run()
    assert error.value.place is not None
    assert (error.value.place.file, error.value.place.line, error.value.place.at) == (file, 2, "cell 2")


def test_source_notebooks_are_python(project: Project) -> None:
    """A .py notebook with %md cells and configuration read by spark.conf."""
    project.settings["configuration"] = {"my.size": 3, "my.flag": True}
    project.write(
        "src/nb.py",
        """\
        # Databricks notebook source
        # MAGIC %md
        # MAGIC # Title
        # COMMAND ----------
        SIZE = int(spark.conf.get("my.size"))
        assert spark.conf.get("my.flag") == "true"
        # COMMAND ----------
        @dlt.table
        def numbers():
            return spark.range(SIZE)
    """,
    )
    project.run()
    assert len(project.rows("numbers")) == 3


@pytest.mark.parametrize(("name", "text"), [
    ("a.sql", "create streaming table t as select 1"),
    ("a.py", "# Databricks notebook source\n# MAGIC %sql\n# MAGIC create live table t\n"),
])  # fmt: skip
def test_sql_is_a_declared_gap(project: Project, name: str, text: str) -> None:
    """It says what to do instead."""
    project.write(f"src/{name}", text)
    with pytest.raises(Unsupported, match="SQL") as error:
        project.run()
    assert "Python" in (error.value.hint or "")


def test_names_of_pyspark_by_another_path_work(project: Project) -> None:
    """``pyspark.pipelines.api`` registers through PySpark's own port."""
    project.write(
        "src/a.py",
        """
        from pyspark.pipelines.api import materialized_view

        @materialized_view
        def numbers():
            return spark.range(2)
    """,
    )
    project.run()
    assert project.rows("numbers") == [(0,), (1,)]
