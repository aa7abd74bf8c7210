"""Streams that a notebook leaves running are drained, then stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.databricks.errors import NotebookFailed

if TYPE_CHECKING:
    from houseboat.workspace import Workspace

    from .conftest import Files


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    """A whole project: the engine with its streaming handlers."""
    from houseboat.workspace import Workspace

    (project / "databricks.yml").write_text("bundle:\n  name: b\n", encoding="utf-8")
    with Workspace.open(project) as opened:
        yield opened


SOURCE = """
# Databricks notebook source
spark.range(5).write.format("delta").mode("overwrite").save("dbfs:/in")
# COMMAND ----------
(spark.readStream.format("delta").load("dbfs:/in").writeStream
    .option("checkpointLocation", "dbfs:/check").trigger(processingTime="1 hour").start("dbfs:/out"))
# COMMAND ----------
display(spark.readStream.format("delta").load("dbfs:/in"))
"""


def test_a_stream_that_never_ends_is_drained_and_stopped(workspace: Workspace, write: Files) -> None:
    """What was there when the notebook ended is in the sink; a displayed stream shows its rows."""
    write({"s.py": SOURCE})
    run = workspace.run("notebook", "s")
    assert run.output["drained_streams"] == 2
    spark = workspace.session()
    assert spark.read.format("delta").load("dbfs:/out").count() == 5
    assert spark.streams.active == []
    cells = json.loads(Path(run.output["notebook"]).read_text(encoding="utf-8"))["cells"]
    assert "5 rows" in json.dumps(cells[2]["outputs"])


def test_streams_of_a_failed_notebook_are_stopped(workspace: Workspace, write: Files) -> None:
    """Nothing goes on behind a failed run."""
    write({"s.py": SOURCE + "\n# COMMAND ----------\nraise ValueError('no')\n"})
    with pytest.raises(NotebookFailed):
        workspace.run("notebook", "s")
    assert workspace.session().streams.active == []
