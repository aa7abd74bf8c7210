"""Whole updates on the real engine: streams, materialized views, AUTO CDC, what is new and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.errors import HouseboatError
from houseboat.pipelines.errors import UpdateFailed
from houseboat.runs import Status

if TYPE_CHECKING:
    from tests.pipelines.conftest import Project

STAR = """
    import dlt
    from pyspark import pipelines as dp
    from pyspark.sql import functions as F

    @dp.expect("has a name", "name is not null")
    @dlt.table(comment="as landed")
    @dp.expect_or_drop("price is positive", "price > 0")
    def bronze():
        return spark.readStream.table("landing")

    @dp.temporary_view
    def cheap():
        return spark.read.table("bronze").where("price < 10")

    @dp.materialized_view
    def total():
        return spark.sql("select count(*) as n, sum(x.price) as price from LIVE.bronze x")

    @dlt.table(name="cheap_names")
    def _():
        return dlt.read("cheap").select(F.upper("name").alias("name")).distinct()
"""


@pytest.fixture
def landed(project: Project) -> Project:
    """A pipeline over a table that is appended to."""
    project.spark.sql(f"create table {project.schema}.landing (id int, name string, price int) using delta").collect()
    project.spark.sql(
        f"insert into {project.schema}.landing values (1,'a',5),(2,'b',50),(3,null,1),(4,'d',-1),(5,'e',null)"
    ).collect()
    project.write("src/star.py", STAR)
    return project


def test_an_update_fills_every_table_in_the_order_of_their_reads(landed: Project) -> None:
    """Streaming tables, views and materialized views, wherever they stand in the files."""
    run = landed.run()
    assert landed.rows("bronze") == [(1, "a", 5), (2, "b", 50), (3, None, 1)]
    assert landed.rows("total") == [(3, 56)]
    assert landed.rows("cheap_names") == [(None,), ("A",)]
    flows = run.output["flows"]
    quality = flows[f"{landed.schema}.bronze"]["data_quality"]
    assert quality["dropped_records"] == 2
    assert {e["name"]: (e["passed_records"], e["failed_records"]) for e in quality["expectations"]} == {
        "has a name": (4, 1), "price is positive": (3, 2),
    }  # fmt: skip
    assert flows[f"{landed.schema}.total"]["kind"] == "materialized_view"


def test_a_second_update_with_nothing_new_writes_no_version_anywhere(landed: Project) -> None:
    """Neither a table nor the event log gets a commit."""
    landed.run()
    before = landed.versions()
    run = landed.run()
    assert landed.versions() == before
    assert run.output["written"] is False


def test_an_update_reads_only_what_is_new(landed: Project) -> None:
    """A streaming table gets the new rows once; what depends on it is recomputed, the rest is left alone."""
    landed.run()
    landed.spark.sql(f"insert into {landed.schema}.landing values (6,'f',100)").collect()
    before = landed.versions()
    run = landed.run()
    assert landed.rows("total") == [(4, 156)]
    flow = run.output["flows"][f"{landed.schema}.bronze"]
    assert (flow["num_output_rows"], flow["data_quality"]["dropped_records"]) == (1, 0)
    assert {
        name: now - before[name]
        for name, now in landed.versions().items()
        if "cheap_names" not in name and now != before[name]
    } == {name: 1 for name in before if name.endswith(("/bronze", "/total", "/event_log"))}


def test_a_changed_query_recomputes_its_view_only(landed: Project) -> None:
    """The plan is part of what decides; a comment in the file is not."""
    landed.run()
    before = landed.versions()
    landed.write("src/star.py", "    # a comment\n" + STAR.replace("F.upper", "F.lower"))
    landed.run()
    assert landed.rows("cheap_names") == [(None,), ("a",)]
    changed = {name.rsplit("/", 1)[-1] for name, now in landed.versions().items() if now != before[name]}
    assert changed == {"cheap_names", "event_log"}


def test_full_refresh_reads_everything_again_once(landed: Project) -> None:
    """The table is emptied and its checkpoint forgotten: no row twice, none missing."""
    landed.run()
    landed.run(full_refresh_selection=["bronze"])
    assert landed.rows("bronze") == [(1, "a", 5), (2, "b", 50), (3, None, 1)]
    landed.run(full_refresh=True)
    assert landed.rows("bronze") == [(1, "a", 5), (2, "b", 50), (3, None, 1)]


def test_a_selection_leaves_the_others_alone(landed: Project) -> None:
    """Only what is named is refreshed; what it reads is not."""
    landed.run()
    landed.spark.sql(f"insert into {landed.schema}.landing values (6,'f',100)").collect()
    run = landed.run(refresh_selection=["total"])
    assert list(run.output["flows"]) == [f"{landed.schema}.total"]
    assert landed.rows("total") == [(3, 56)]


def test_a_failing_rule_writes_nothing_and_skips_what_depends_on_it(landed: Project) -> None:
    """The flow fails, its readers are skipped, the others finish, the update fails with the user's line."""
    file = landed.write(
        "src/star.py",
        STAR.replace("expect_or_drop", "expect_or_fail")
        + """
    @dp.table
    def other():
        return spark.range(3)
    """,
    )
    with pytest.raises(UpdateFailed, match="price is positive") as error:
        landed.run()
    assert error.value.code == "EXPECTATION_VIOLATION"
    assert error.value.place is not None
    assert error.value.place.file == file
    assert landed.rows("bronze") == []
    assert landed.rows("other") == [(0,), (1,), (2,)]
    update = landed.world.runs.recent(1, kind="update")[0]
    states = {
        run.name.rsplit(".", 1)[-1]: run.status for run in landed.world.runs.children(update.id) if run.kind == "flow"
    }
    assert states == {
        "bronze": Status.FAILED, "total": Status.SKIPPED, "cheap_names": Status.SKIPPED, "other": Status.SUCCEEDED,
    }  # fmt: skip


def test_current_date_recomputes_a_view_every_time(project: Project) -> None:
    """A query whose result may differ without new data is run again."""
    project.write(
        "src/a.py",
        """
        @dlt.table
        def today():
            return spark.sql("select current_date() as day")
    """,
    )
    project.run()
    before = project.versions()
    project.run()
    assert project.versions() != before


def test_auto_cdc_keeps_history_over_updates(project: Project) -> None:
    """A view with drop rules before AUTO CDC, type 2: the pattern of the documentation."""
    project.spark.sql(
        f"create table {project.schema}.events (k int, city string, seq int, op string) using delta"
    ).collect()
    project.spark.sql(
        f"insert into {project.schema}.events values (125,'Tijuana',2,'U'),(125,'Guadalajara',6,'U'),(null,'x',1,'U')"
    ).collect()
    project.write(
        "src/history.py",
        """
        @dlt.view
        @dlt.expect_or_drop("has a key", "k is not null")
        def clean():
            return spark.readStream.table("events")

        dlt.create_streaming_table("customers")
        dlt.apply_changes(target="customers", source="clean", keys=["k"], sequence_by="seq",
                          apply_as_deletes="op = 'D'", except_column_list=["op", "seq"], stored_as_scd_type="2")

        @dlt.table
        def current():
            return spark.read.table("customers").where("__END_AT is null").select("k", "city")
    """,
    )
    run = project.run()
    assert run.output["flows"][f"{project.schema}.customers"]["data_quality"]["dropped_records"] == 1
    project.spark.sql(f"insert into {project.schema}.events values (125,'Mexicali',5,'U')").collect()
    project.run()
    assert project.rows("customers") == [(125, "Guadalajara", 6, None), (125, "Mexicali", 5, 6), (125, "Tijuana", 2, 5)]
    assert project.rows("current") == [(125, "Guadalajara")]
    before = project.versions()
    project.run()
    assert project.versions() == before


def test_append_flows_and_a_backfill_run_once(project: Project) -> None:
    """Two streams and one batch feed one table; the batch runs in the first update only."""
    for name in ("a", "b"):
        project.spark.sql(f"create table {project.schema}.{name} (n int) using delta").collect()
        project.spark.sql(f"insert into {project.schema}.{name} values ({ord(name)})").collect()
    project.write(
        "src/flows.py",
        """
        from pyspark import pipelines as dp
        dp.create_streaming_table("everything", expect_all_or_drop={"small": "n < 1000"})
        for name in ("a", "b"):
            @dp.append_flow(target="everything", name=f"from_{name}")
            def _(name=name):
                return spark.readStream.table(name)

        @dp.append_flow(target="everything", once=True)
        def old():
            return spark.sql("select cast(id as int) as n from range(5000) where id in (1, 4000)")
    """,
    )
    project.run()
    assert project.rows("everything") == [(1,), (97,), (98,)]
    project.spark.sql(f"insert into {project.schema}.a values (7)").collect()
    project.run()
    assert project.rows("everything") == [(1,), (7,), (97,), (98,)]


def test_snapshots_become_history(project: Project) -> None:
    """A function that is asked until there is no newer snapshot; the last version is remembered."""
    project.write(
        "src/snap.py",
        """
        import dlt
        SNAPSHOTS = {1: [(1, "a"), (2, "b")], 2: [(1, "A"), (3, "c")]}

        def next_snapshot(latest):
            version = (latest or 0) + 1
            return (spark.createDataFrame(SNAPSHOTS[version], "k int, v string"), version) if version in SNAPSHOTS else None

        dlt.create_streaming_table("snap")
        dlt.apply_changes_from_snapshot(target="snap", source=next_snapshot, keys=["k"], stored_as_scd_type=2)
    """,
    )
    project.run()
    assert project.rows("snap") == [(1, "A", 2, None), (1, "a", 1, 2), (2, "b", 1, 2), (3, "c", 2, None)]
    before = project.versions()
    project.run()
    assert project.versions() == before


def test_the_standard_query_of_the_event_log_works(landed: Project) -> None:
    """The documentation's query over expectations, on the event log as a Delta table."""
    landed.run()
    log = landed.pipelines().event_log("p").as_posix()
    rows = landed.spark.sql(f"""
        select e.name, e.dataset, e.passed_records, e.failed_records from (
          select explode(from_json(get_json_object(details, '$.flow_progress.data_quality.expectations'),
            'array<struct<name:string,dataset:string,passed_records:bigint,failed_records:bigint>>')) as e
          from delta.`{log}` where event_type = 'flow_progress')""").collect()
    assert sorted(map(tuple, rows)) == [("has a name", "bronze", 4, 1), ("price is positive", "bronze", 3, 2)]
    states = landed.spark.sql(
        f"select get_json_object(details, '$.update_progress.state') as s from delta.`{log}` where event_type = 'update_progress'"
    )
    assert "COMPLETED" in {row.s for row in states.collect()}


def test_stream_in_the_text_of_a_query_is_a_streaming_read(project: Project) -> None:
    """Of a table outside, of one inside, of a view, joined with a table as it is; each row arrives once."""
    for name in ("landing", "names"):
        project.spark.sql(f"create table {project.schema}.{name} (n int, name string) using delta").collect()
    project.spark.sql(f"insert into {project.schema}.landing values (1, 'x'), (2, 'y')").collect()
    project.spark.sql(f"insert into {project.schema}.names values (1, 'one'), (2, 'two'), (3, 'three')").collect()
    project.write(
        "src/a.py",
        """
        @dlt.table
        def bronze():
            return spark.sql("select landing.* from STREAM landing")

        @dlt.view
        def odd():
            return spark.sql("select b.* from STREAM(bronze) as b where b.n % 2 = 1")

        @dlt.table
        @dlt.expect_or_drop("named", "word is not null")
        def silver():
            return spark.sql("select odd.n, names.name as word from odd join names on names.n = odd.n")

        @dlt.table
        def counts():
            return spark.sql("select count(*) as n from bronze")
        """,
    )
    project.run()
    assert (project.rows("silver"), project.rows("counts")) == ([(1, "one")], [(2,)])
    project.spark.sql(f"insert into {project.schema}.landing values (3, 'z')").collect()
    run = project.run()
    assert run.output["flows"][f"{project.schema}.bronze"]["num_output_rows"] == 1
    assert run.output["flows"][f"{project.schema}.counts"]["kind"] == "materialized_view"
    assert (project.rows("silver"), project.rows("counts")) == ([(1, "one"), (3, "three")], [(3,)])
    before = project.versions()
    project.run()
    assert project.versions() == before


def test_stream_of_a_function_is_a_declared_gap(project: Project) -> None:
    """The error says what to write instead."""
    project.write(
        "src/a.py",
        """
        @dlt.table
        def bronze():
            return spark.sql("select * from STREAM read_files('/x', format => 'csv')")
        """,
    )
    with pytest.raises(HouseboatError, match="STREAM read_files") as caught:
        project.run()
    assert "cloudFiles" in str(caught.value)
