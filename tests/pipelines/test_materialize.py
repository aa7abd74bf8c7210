"""Materialized views with rules, on the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.pipelines.errors import UpdateFailed

if TYPE_CHECKING:
    from tests.pipelines.conftest import Project

RULES = """
    from pyspark import pipelines as dp

    @dp.expect("small", "id < 3")
    @dp.expect_or_fail("not negative", "id >= 0")
    @dp.expect("even", "id % 2 = 0")
    @dp.materialized_view
    def numbers():
        return spark.read.table("landing")
"""


@pytest.fixture
def landed(project: Project) -> Project:
    """A view with rules over a table of five numbers, one of them null."""
    project.spark.sql(f"create table {project.schema}.landing (id bigint) using delta").collect()
    project.spark.sql(f"insert into {project.schema}.landing values (0), (1), (2), (3), (4)").collect()
    project.write("src/numbers.py", RULES)
    return project


def figures(project: Project, table: str, flows: Any) -> dict[str, tuple[int, int]]:
    """Rule -> rows passed, rows failed."""
    rules = flows[f"{project.schema}.{table}"]["data_quality"]["expectations"]
    return {rule["name"]: (rule["passed_records"], rule["failed_records"]) for rule in rules}


def test_rules_that_fail_and_rules_that_warn_are_all_counted(landed: Project) -> None:
    """In one version; the figures are those of the rows written."""
    run = landed.run()
    flow = run.output["flows"][f"{landed.schema}.numbers"]
    assert flow["num_output_rows"] == 5
    assert flow["data_quality"]["dropped_records"] == 0
    assert figures(landed, "numbers", run.output["flows"]) == {"small": (3, 2), "not negative": (5, 0), "even": (3, 2)}
    assert landed.rows("numbers") == [(0,), (1,), (2,), (3,), (4,)]


@pytest.mark.parametrize("value", ["-1", "null"])
def test_a_row_that_breaks_a_rule_that_fails_leaves_the_table_as_it_was(landed: Project, value: str) -> None:
    """False and NULL alike; the error names the rule, the count and the row."""
    landed.run()
    before = landed.versions()
    landed.spark.sql(f"insert into {landed.schema}.landing values ({value})").collect()
    with pytest.raises(UpdateFailed, match=r"'not negative' \(1 rows\).*'id'") as error:
        landed.run()
    assert error.value.code == "EXPECTATION_VIOLATION"
    changed = {name.rsplit("/", 1)[-1] for name, now in landed.versions().items() if now != before[name]}
    assert changed == {"landing", "event_log"}


def test_a_query_is_computed_once(landed: Project) -> None:
    """The figures of a query that gives other rows at every reading are those of the rows that were written."""
    landed.write(
        "src/numbers.py",
        """
    from pyspark import pipelines as dp
    from pyspark.sql import functions as F

    @dp.expect("low", "r < 0.5")
    @dp.expect_or_fail("in range", "r between 0 and 1")
    @dp.materialized_view
    def numbers():
        return spark.range(1000).select(F.rand().alias("r"))
    """,
    )
    run = landed.run()
    low = sum(1 for (value,) in landed.rows("numbers") if value < 0.5)
    assert figures(landed, "numbers", run.output["flows"]) == {"low": (low, 1000 - low), "in range": (1000, 0)}


def test_a_rule_is_asked_of_the_rows_of_the_result_only(landed: Project) -> None:
    """A row that a join takes away breaks nothing, wherever the engine evaluates the rule."""
    landed.write(
        "src/numbers.py",
        """
    from pyspark import pipelines as dp

    @dp.expect_or_fail("not two", "id <> 2")
    @dp.materialized_view
    def numbers():
        odd = spark.range(10).where("id % 2 = 1")
        return spark.read.table("landing").join(odd, "id")
    """,
    )
    landed.run()
    assert landed.rows("numbers") == [(1,), (3,)]
