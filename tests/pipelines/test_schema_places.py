"""Auto Loader in a pipeline: nobody says where its schemas are kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.conftest import Project

TABLE = """
@dlt.table
def t():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").load("{folder}")
"""
VIEW = """
@dlt.view
@dlt.expect_or_drop("given", "a is not null")
def v():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").load("{folder}")

@dlt.table
def t():
    return spark.readStream.table("v")
"""
CDC = """
@dlt.view
def v():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").load("{folder}")

dlt.create_streaming_table("t")
dlt.create_auto_cdc_flow("t", "v", keys=["a"], sequence_by="a", stored_as_scd_type=1)
"""


def land(project: Project, name: str, text: str, at: int = 0) -> str:
    """A file in the source's folder; the folder."""
    folder: Path = project.world.lake.root / "raw" / project.schema
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    os.utime(folder / name, (1_700_000_000 + at, 1_700_000_000 + at))
    return folder.as_posix()


def schemas(project: Project) -> dict[str, list[str]]:
    """Dataset and flow -> the versions of their schema."""
    home = project.state / "p" / "schemas"
    found: dict[str, list[str]] = {}
    for version in sorted(home.glob("*/*/*/_schemas/*")):
        dataset, flow = version.relative_to(home).parts[:2]
        found.setdefault(f"{dataset.rsplit('.', 1)[-1]}/{flow}", []).append(version.name)
    return found


@pytest.mark.parametrize(("source", "owner"), [(TABLE, "t/t"), (VIEW, "v/v"), (CDC, "v/v")])
def test_a_new_column_arrives_within_one_update(project: Project, source: str, owner: str) -> None:
    """The flow stops at it, starts again in the same update with the schema that it has just kept, and the table widens."""
    folder = land(project, "1.csv", "a,b\n1,x\n")
    project.write("src/a.py", source.format(folder=folder))
    project.run()
    assert (project.rows("t"), schemas(project)) == ([("1", "x", None)], {owner: ["0"]})
    land(project, "2.csv", "a,b,c\n2,y,new\n", at=1)
    run = project.run()
    assert run.status == "Succeeded"
    table = project.spark.read.table(f"{project.schema}.t")
    found = sorted((tuple(row) for row in table.select("a", "b", "c").collect()), key=str)
    assert found == [("1", "x", None), ("2", "y", "new")]
    assert schemas(project) == {owner: ["0", "1"]}
    before = project.versions()
    project.run()
    assert project.versions() == before


def test_a_full_refresh_finds_the_schema_anew(project: Project) -> None:
    """What was kept goes with the checkpoint."""
    folder = land(project, "1.csv", "a,b\n1,x\n")
    project.write("src/a.py", TABLE.format(folder=folder))
    project.run()
    land(project, "2.csv", "a,b,c\n2,y,new\n", at=1)
    project.run()
    project.run(full_refresh=True)
    assert schemas(project) == {"t/t": ["0"]}
    assert len(project.rows("t")) == 2


def test_two_reads_of_one_flow_have_schemas_of_their_own(project: Project) -> None:
    """Of a format each; a place that the user names, or a given schema, is left alone."""
    csv, own = land(project, "1.csv", "a\n1\n"), (project.state / "own").as_posix()
    (project.world.lake.root / "json" / project.schema).mkdir(parents=True)
    json = project.world.lake.root / "json" / project.schema
    (json / "1.json").write_text('{"a": "2"}\n', encoding="utf-8")
    project.write("src/a.py", f"""
        @dlt.table
        def t():
            def read(kind, path):
                return spark.readStream.format("cloudFiles").option("cloudFiles.format", kind).load(path).select("a")
            return read("csv", "{csv}").union(read("json", "{json.as_posix()}"))

        @dlt.table
        def mine():
            reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv")
            return reader.option("CLOUDFILES.schemalocation", "{own}").load("{csv}")

        @dlt.table
        def given():
            return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").schema("a int").load("{csv}")
    """)  # fmt: skip
    project.run()
    assert project.rows("t") == [("1",), ("2",)]
    assert schemas(project) == {"t/t": ["0", "0"]}
    assert (project.state / "own" / "_schemas" / "0").is_file()
