"""What is wrong with a pipeline is found before anything is written, at the user's line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.errors import HouseboatError, Unsupported
from houseboat.pipelines.errors import DefinitionError, GraphError

if TYPE_CHECKING:
    from tests.pipelines.conftest import Project

WRONG = {
    "cycle": (
        """
        @dlt.table
        def a():
            return spark.read.table("b")

        @dlt.table
        def b():
            return spark.sql("select * from LIVE.a")
        """,
        GraphError, r"circle: .*a -> .*b -> .*a", 2,
    ),
    "unknown name": (
        """
        @dlt.table
        def customers():
            return spark.range(1)

        @dlt.table
        def b():
            return spark.read.table("custommers").select("id")
        """,
        GraphError, r"cannot be analysed(.|\n)*did you mean .*customers", 6,
    ),
    "duplicate": (
        """
        @dlt.table
        def a():
            return spark.range(1)

        @dlt.table(name="a")
        def again():
            return spark.range(2)
        """,
        GraphError, r"defined twice", 6,
    ),
    "table without flow": ("dlt.create_streaming_table('lonely')", GraphError, r"PIPELINE_DATASET_WITHOUT_FLOW", 1),
    "empty": ("x = 1", GraphError, r"RUN_EMPTY_PIPELINE", None),
    "rule on a missing column": (
        """
        @dlt.table
        @dlt.expect_or_drop("has price", "prize > 0")
        def a():
            return spark.sql("select 1 as price")
        """,
        GraphError, r"'has price'(.|\n)*its columns: price", 2,
    ),
    "two rules of one name": (
        """
        @dlt.expect("r", "id > 0")
        @dlt.table
        @dlt.expect("r", "id > 1")
        def a():
            return spark.range(1)
        """,
        DefinitionError, r"two rules named 'r'", 3,
    ),
    "not a DataFrame": (
        """
        @dlt.table
        def a():
            spark.range(1)
        """,
        GraphError, r"returns NoneType, not a DataFrame", 2,
    ),
    "a name that does not exist": (
        """
        @dlt.table
        def a():
            return spark.range(undefined_name)
        """,
        GraphError, r"NameError: name 'undefined_name'", 4,
    ),
    "stream of a materialized view": (
        """
        @dlt.table
        def a():
            return spark.range(1)

        @dlt.table
        def b():
            return spark.readStream.table("a")
        """,
        GraphError, r"as a stream", None,
    ),
    "flow into nothing": (
        """
        @dlt.append_flow(target="nowhere")
        def f():
            return spark.range(1)
        """,
        GraphError, r"'nowhere', which is not defined", 2,
    ),
    "batch into a streaming table": (
        """
        dlt.create_streaming_table("st")
        @dlt.append_flow(target="st")
        def f():
            return spark.range(1)
        """,
        GraphError, r"returns a batch", 3,
    ),
    "rules without a table": (
        """
        @dlt.expect("r", "id > 0")
        def a():
            return spark.range(1)
        """,
        DefinitionError, r"belong to no table", 2,
    ),
    "sink": ("dlt.create_sink('s', 'kafka', {})", Unsupported, r"create_sink", 1),
    "unknown argument": ("dlt.create_streaming_table('s', colour='red')", DefinitionError, r"'colour'", 1),
    "error in the file": ("x = 1\ny = x / 0", DefinitionError, r"ZeroDivisionError", 2),
    "key that is no column": (
        """
        dlt.create_streaming_table("t")
        dlt.create_auto_cdc_flow(target="t", source="s", keys=["nr"], sequence_by="id")

        @dlt.view
        def s():
            return spark.readStream.table("landing")
        """,
        HouseboatError, r"the key 'nr'", 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_place_and_nothing_is_written(project: Project, case: str) -> None:
    """The error names the fault and the line; no table, no event log but the failed update's."""
    text, kind, message, line = WRONG[case]
    project.spark.sql(f"create table {project.schema}.landing (id int) using delta").collect()
    file = project.write("src/wrong.py", text)
    with pytest.raises(kind, match=message) as error:
        project.run()
    if line is not None:
        assert error.value.place is not None
        assert (error.value.place.file, error.value.place.line) == (file, line)
    tables = project.spark.sql(f"show tables in {project.schema}").collect()
    assert [row.tableName for row in tables] == ["landing"]


def test_a_dry_run_checks_and_writes_nothing(project: Project) -> None:
    """``validate_only``: the graph is checked, no table appears."""
    project.write("src/a.py", "@dlt.table\ndef a():\n    return spark.range(1)\n")
    before = project.versions()
    assert project.run(validate_only=True).output["state"] == "COMPLETED"
    assert project.versions() == before


def test_an_unknown_selection_is_refused(project: Project) -> None:
    """A name that the pipeline does not define, with a near one."""
    project.write("src/a.py", "@dlt.table\ndef orders():\n    return spark.range(1)\n")
    with pytest.raises(GraphError, match=r"did you mean .*orders"):
        project.run(refresh_selection=["order"])
