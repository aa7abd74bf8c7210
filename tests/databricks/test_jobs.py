"""Jobs run as graphs, as they do on Databricks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.databricks.bundle import Bundle
from houseboat.databricks.errors import JobError, JobFailed, NotebookNotFound, ReferenceUnresolved
from houseboat.databricks.jobs import Jobs
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

    from houseboat.lake import Lake
    from houseboat.runs import Run, Runs

    from .conftest import Files

SUNDAY = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class Bench:
    """Writes a bundle of one YAML text and notebooks, and runs its job ``j``."""

    def __init__(
        self, write: Files, runs: Runs, lake: Lake, state: Path, new_session: Callable[[], SparkSession]
    ) -> None:
        self.write, self.runs, self.lake, self.state, self.new_session = write, runs, lake, state, new_session

    def jobs(self, tasks: str, notebooks: Mapping[str, str] | None = None, job: str = "", more: str = "") -> Jobs:
        """The jobs of a bundle that holds one job ``j``, with these lines of YAML."""
        lines = ["bundle:", "  name: b", "resources:", "  jobs:", "    j:"]
        lines += ["      " + line for line in job.strip().splitlines()]
        lines += [
            "      tasks:",
            *("        " + line for line in _dedent(tasks)),
            *("    " + line for line in _dedent(more)),
        ]
        files = {"databricks.yml": "\n".join(lines) + "\n"}
        files |= {
            f"nb/{name}.py": "# Databricks notebook source\n" + "\n".join(_dedent(text)) + "\n"
            for name, text in (notebooks or {}).items()
        }
        root = self.write(files)
        return Jobs(
            Bundle.load(root, environment={}), self.runs, self.new_session, self.lake, self.state, now=lambda: SUNDAY
        )

    def states(self, output: Mapping[str, Any]) -> dict[str, str]:
        """Task key -> result state."""
        return {key: task["result_state"] for key, task in output["tasks"].items()}


def _dedent(text: str) -> list[str]:
    import textwrap

    return textwrap.dedent(text).strip("\n").splitlines()


@pytest.fixture
def bench(write: Files, runs: Runs, lake: Lake, state: Path, new_session: Callable[[], SparkSession]) -> Bench:
    """Jobs whose notebooks run on the embedded engine."""
    return Bench(write, runs, lake, state, new_session)


@pytest.fixture
def dry(write: Files, runs: Runs, lake: Lake, state: Path, no_session: Callable[[], SparkSession]) -> Bench:
    """Jobs of which no notebook may run."""
    return Bench(write, runs, lake, state, no_session)


def test_task_values_feed_a_for_each_over_one_parameterised_notebook(bench: Bench) -> None:
    """A list set by one task is the input of the next; each iteration sees its element's fields."""
    jobs = bench.jobs(
        """
        - task_key: lookup
          notebook_task: {notebook_path: nb/lookup.py}
        - task_key: silver
          depends_on: [{task_key: lookup}]
          for_each_task:
            inputs: "{{tasks.lookup.values.tables}}"
            concurrency: 2
            task:
              task_key: silver_table
              notebook_task:
                notebook_path: nb/silver.py
                base_parameters: {source: "{{input.source}}", whole: "{{input}}", depth: "{{tasks.lookup.values.n}}"}
        """,
        {
            "lookup": """
            dbutils.jobs.taskValues.set("tables", [{"source": "cast", "n": 1}, {"source": "category", "n": 2}])
            dbutils.jobs.taskValues.set("n", 7)
            """,
            "silver": """
            import json
            source = dbutils.widgets.get("source")
            assert json.loads(dbutils.widgets.get("whole"))["source"] == source
            spark.range(3).write.mode("overwrite").parquet(dbutils.widgets.get("folder") + source)
            dbutils.notebook.exit(source + dbutils.widgets.get("depth"))
            """,
        },
        job="parameters: [{name: folder, default: x}]",
    )
    folder = (bench.state / "out").as_posix() + "/"
    output = jobs.run("j", {"folder": folder})
    assert bench.states(output) == {"lookup": "SUCCESS", "silver": "SUCCESS"}
    assert {path.name for path in Path(folder).iterdir()} == {"cast", "category"}
    (job,) = bench.runs.recent()
    silver = bench.runs.children(job.id)[1]
    iterations = bench.runs.children(silver.id)
    assert sorted((run.kind, run.name, run.status) for run in iterations) == [
        ("task", "silver_table[0]", "Succeeded"),
        ("task", "silver_table[1]", "Succeeded"),
    ]
    notebooks = [bench.runs.children(run.id)[0] for run in iterations]
    assert sorted(run.output["exit"] for run in notebooks) == ["cast7", "category7"]
    assert all(Path(run.output["notebook"]).is_file() for run in notebooks)


def test_a_condition_takes_one_branch_and_excludes_the_other(dry: Bench) -> None:
    """On a Sunday the weekday branch is excluded, with all that hangs on it alone; a join runs."""
    launched: list[str] = []
    dry.runs.register("pipeline", lambda name, *_: launched.append(name))
    jobs = dry.jobs(
        """
        - task_key: weekday
          condition_task: {op: EQUAL_TO, left: "{{job.start_time.iso_weekday}}", right: "7"}
        - task_key: maintain
          depends_on: [{task_key: weekday, outcome: "true"}]
          pipeline_task: {pipeline_id: maintain}
        - task_key: note
          depends_on: [{task_key: weekday, outcome: "false"}]
          pipeline_task: {pipeline_id: note}
        - task_key: after_note
          depends_on: [{task_key: note}]
          pipeline_task: {pipeline_id: after_note}
        - task_key: join
          depends_on: [{task_key: maintain}, {task_key: after_note}]
          pipeline_task: {pipeline_id: join}
        """
    )
    output = jobs.run("j")
    assert dry.states(output) == {
        "weekday": "SUCCESS",
        "maintain": "SUCCESS",
        "note": "EXCLUDED",
        "after_note": "EXCLUDED",
        "join": "SUCCESS",
    }
    assert launched == ["maintain", "join"]
    assert output["result_state"] == "SUCCESS"


def failing(name: str, parameters: Mapping[str, Any], run: Run) -> None:
    """A pipeline that fails when its name says so."""
    if name.startswith("bad"):
        raise ValueError(f"{name} is bad")


def test_leaves_decide_and_failures_elsewhere_are_named(dry: Bench) -> None:
    """A failed task that a later ALL_DONE task cleans up after leaves SUCCESS_WITH_FAILURES."""
    dry.runs.register("pipeline", failing)
    jobs = dry.jobs(
        """
        - task_key: a
          pipeline_task: {pipeline_id: bad}
        - task_key: b
          depends_on: [{task_key: a}]
          run_if: ALL_DONE
          pipeline_task: {pipeline_id: ok}
        """
    )
    output = jobs.run("j")
    assert output["result_state"] == "SUCCESS_WITH_FAILURES"
    assert dry.states(output) == {"a": "FAILED", "b": "SUCCESS"}


def test_a_failed_leaf_fails_the_job_and_skips_what_follows(dry: Bench) -> None:
    """Downstream tasks are UPSTREAM_FAILED; the error names the task and its cause."""
    dry.runs.register("pipeline", failing)
    jobs = dry.jobs(
        """
        - task_key: a
          pipeline_task: {pipeline_id: bad}
        - task_key: b
          depends_on: [{task_key: a}]
          pipeline_task: {pipeline_id: ok}
        - task_key: c
          disabled: true
          pipeline_task: {pipeline_id: ok}
        """
    )
    with pytest.raises(JobFailed, match="task a failed: ValueError: bad is bad") as caught:
        jobs.run("j")
    assert caught.value.result_state == "FAILED"
    (job,) = dry.runs.recent()
    assert dry.states(job.output) == {"a": "FAILED", "b": "UPSTREAM_FAILED", "c": "DISABLED"}
    assert {run.name: run.status for run in dry.runs.children(job.id)} == {
        "a": "Failed",
        "b": "Skipped",
        "c": "Skipped",
    }


def test_retries_run_again_until_success_or_the_limit(dry: Bench) -> None:
    """max_retries 2 means three attempts, each with a record of its own."""
    calls: list[str] = []

    def flaky(name: str, parameters: Mapping[str, Any], run: Run) -> None:
        calls.append(name)
        if len(calls) < 3:
            raise ValueError("not yet")

    dry.runs.register("pipeline", flaky)
    jobs = dry.jobs("- task_key: a\n  max_retries: 2\n  pipeline_task: {pipeline_id: p}")
    assert jobs.run("j")["tasks"]["a"]["attempts"] == 3
    (job,) = dry.runs.recent()
    assert [run.status for run in dry.runs.children(job.id)] == ["Failed", "Failed", "Succeeded"]
    calls.clear()
    with pytest.raises(JobFailed, match="not yet"):
        dry.jobs("- task_key: a\n  max_retries: 1\n  pipeline_task: {pipeline_id: p}").run("j")


def test_a_task_over_its_time_is_timedout(bench: Bench) -> None:
    """timeout_seconds stops the notebook; the job fails."""
    jobs = bench.jobs(
        """
        - task_key: slow
          timeout_seconds: 1
          notebook_task: {notebook_path: nb/slow.py}
        """,
        {"slow": "import time\nfor _ in range(2000): time.sleep(0.02)"},
    )
    with pytest.raises(JobFailed):
        jobs.run("j")
    (job,) = bench.runs.recent()
    assert bench.states(job.output) == {"slow": "TIMEDOUT"}
    assert not [thread for thread in threading.enumerate() if thread.name == "notebook slow"]


def test_a_job_over_its_time_stops_its_tasks(bench: Bench) -> None:
    """The running task is stopped, the waiting one never starts."""
    jobs = bench.jobs(
        """
        - task_key: slow
          notebook_task: {notebook_path: nb/slow.py}
        - task_key: next
          depends_on: [{task_key: slow}]
          notebook_task: {notebook_path: nb/slow.py}
        """,
        {"slow": "import time\nfor _ in range(2000): time.sleep(0.02)"},
        job="timeout_seconds: 1",
    )
    with pytest.raises(JobFailed) as caught:
        jobs.run("j")
    assert caught.value.result_state == "TIMEDOUT"
    (job,) = bench.runs.recent()
    assert bench.states(job.output) == {"slow": "TIMEDOUT", "next": "UPSTREAM_CANCELED"}


def test_parameters_come_in_the_documented_order(bench: Bench) -> None:
    """Given at the run beats the job's default beats the task's beats the widget's."""
    jobs = bench.jobs(
        """
        - task_key: a
          notebook_task:
            notebook_path: nb/a.py
            base_parameters: {run: task, job: task, task: "{{job.parameters.run}} {{task.name}}"}
        """,
        {
            "a": """
            for name in ("run", "job", "task", "widget"):
                dbutils.widgets.text(name, "widget")
            import json
            dbutils.notebook.exit(json.dumps(dbutils.widgets.getAll()))
            """
        },
        job="parameters: [{name: run, default: job}, {name: job, default: job}]",
    )
    result = jobs.run("j", {"run": "given"})["tasks"]["a"]["exit"]
    assert json.loads(result) == {"run": "given", "job": "job", "task": "given a", "widget": "widget"}


def test_a_cycle_is_refused_before_anything_runs(dry: Bench) -> None:
    """The circle is spelled out, with the line of a depends_on."""
    jobs = dry.jobs(
        """
        - task_key: a
          depends_on: [{task_key: c}]
          pipeline_task: {pipeline_id: p}
        - task_key: b
          depends_on: [{task_key: a}]
          pipeline_task: {pipeline_id: p}
        - task_key: c
          depends_on: [{task_key: b}]
          pipeline_task: {pipeline_id: p}
        """
    )
    with pytest.raises(JobError, match="a -> c -> b -> a") as caught:
        jobs.run("j")
    assert caught.value.place is not None
    assert caught.value.place.line is not None


@pytest.mark.parametrize(
    ("task", "error", "text"),
    [
        ("notebook_task: {notebook_path: nb/none.py}", NotebookNotFound, "task 'a': no notebook"),
        ("notebook_task: {notebook_path: 'x{{job.parameters.nope}}'}", ReferenceUnresolved, "job parameters: none"),
        ("pipeline_task: {pipeline_id: '{{tasks.nope.values.x}}'}", ReferenceUnresolved, "tasks: a"),
        ("pipeline_task: {pipeline_id: '{{input}}'}", ReferenceUnresolved, "for_each_task only"),
        ("dbt_task: {commands: [dbt run]}", Unsupported, "dbt_task does not run here"),
        ("description: nothing", JobError, "has no type"),
        ("condition_task: {op: EQUALS, left: a, right: b}", JobError, "op 'EQUALS' is none of"),
        ("run_job_task: {job_id: 12}", JobError, "there is no job '12'"),
        ("run_job_task: {job_id: j}", JobError, "jobs start each other: j -> j"),
        ("depends_on: [{task_key: zzz}]\n  pipeline_task: {pipeline_id: p}", JobError, "which is no task of the job"),
    ],
)
def test_what_can_be_seen_to_be_wrong_is_refused_before_anything_runs(
    dry: Bench, task: str, error: type[Exception], text: str
) -> None:
    """Each with its place and a text that names what there is."""
    jobs = dry.jobs(f"- task_key: a\n  {task}")
    with pytest.raises(error) as caught:
        jobs.run("j")
    assert text in str(caught.value)
    assert "databricks.yml" in str(caught.value)


def test_malformed_references_stay_as_they_are(bench: Bench) -> None:
    """Text that is no reference, or of an unknown namespace, is not touched."""
    jobs = bench.jobs(
        """
        - task_key: a
          notebook_task:
            notebook_path: nb/a.py
            base_parameters: {x: "{{ not a reference }} {{foo.bar}} {{job.start_time.iso_date}}"}
        """,
        {"a": "dbutils.notebook.exit(dbutils.widgets.get('x'))"},
    )
    assert jobs.run("j")["tasks"]["a"]["exit"] == "{{ not a reference }} {{foo.bar}} 2026-11-22"


def test_for_each_fails_after_all_iterations_have_ended(dry: Bench) -> None:
    """One bad element does not stop the others; an empty array is a success."""
    seen: list[str] = []

    def start(name: str, parameters: Mapping[str, Any], run: Run) -> None:
        seen.append(name)
        failing(name, parameters, run)

    dry.runs.register("pipeline", start)
    tasks = """
        - task_key: all
          for_each_task:
            inputs: '%s'
            task: {task_key: one, pipeline_task: {pipeline_id: "{{input}}"}}
        """
    with pytest.raises(JobFailed, match="1 of 3 iterations failed; the first is number 1"):
        dry.jobs(tasks % '["a", "bad", "c"]').run("j")
    assert seen == ["a", "bad", "c"]
    assert dry.jobs(tasks % "[]").run("j")["result_state"] == "SUCCESS"


def test_a_non_number_fails_a_comparison_of_numbers(dry: Bench) -> None:
    """GREATER_THAN compares numbers; EQUAL_TO compares text."""
    jobs = dry.jobs("- task_key: a\n  condition_task: {op: GREATER_THAN, left: '{{job.name}}', right: 3}")
    with pytest.raises(JobFailed, match="left is 'j', which is not a number"):
        jobs.run("j")
    jobs = dry.jobs("- task_key: a\n  condition_task: {op: EQUAL_TO, left: '12.0', right: '12'}")
    (_, job) = (jobs.run("j"), dry.runs.recent()[0])
    assert dry.runs.children(job.id)[0].output["outcome"] == "false"


def test_run_job_pushes_parameters_down(bench: Bench) -> None:
    """The parent's job parameters reach the child, overridden by the task's."""
    jobs = bench.jobs(
        """
        - task_key: call
          run_job_task: {job_id: "${resources.jobs.child.id}", job_parameters: {b: from task}}
        """,
        {"child": "dbutils.notebook.exit(dbutils.widgets.get('a') + ', ' + dbutils.widgets.get('b'))"},
        job="parameters: [{name: a, default: from parent}, {name: b, default: from parent}]",
        more="""
        child:
          parameters: [{name: a, default: own}, {name: b, default: own}]
          tasks:
            - task_key: t
              notebook_task: {notebook_path: nb/child.py}
        """,
    )
    jobs.run("j")
    job = next(run for run in bench.runs.recent(kind="job") if run.name == "child")
    assert job.output["tasks"]["t"]["exit"] == "from parent, from task"


def test_sql_and_python_files_are_tasks(bench: Bench) -> None:
    """A SQL file's rows are referenced by a Python file's arguments."""
    bench.write(
        {
            "q.sql": "create or replace temp view v as select 1 as a; select a + 41 as n, :who as who from v",
            "s.py": """
            import sys
            from pyspark.sql import SparkSession
            spark = SparkSession.builder.getOrCreate()
            print(sys.argv[1:], spark.range(2).count(), __name__)
            sys.exit(0)
            """,
        }
    )
    jobs = bench.jobs(
        """
        - task_key: q
          sql_task: {warehouse_id: x, file: {path: q.sql}}
        - task_key: s
          depends_on: [{task_key: q}]
          spark_python_task:
            python_file: s.py
            parameters: ["--n", "{{tasks.q.output.first_row.n}}", "{{tasks.q.output.first_row.who}}"]
        """,
        job="parameters: [{name: who, default: me}]",
    )
    jobs.run("j")
    (job,) = bench.runs.recent()
    script = bench.runs.children(job.id)[1]
    assert "['--n', '42', 'me'] 2 __main__" in Path(script.output["notebook"]).read_text(encoding="utf-8")


def test_jobs_and_notebooks_are_launched_through_the_switchboard(bench: Bench) -> None:
    """runs.launch runs a job by name, and a notebook by an absolute path of another workspace."""
    jobs = bench.jobs(
        "- task_key: a\n  notebook_task: {notebook_path: nb/1.first.py}",
        {"1.first": "dbutils.widgets.text('x', '')\ndbutils.notebook.exit('done ' + dbutils.widgets.get('x'))"},
        job="name: My Job",
    )
    jobs.register()
    assert bench.runs.launch("job", "My Job").output["tasks"]["a"]["exit"] == "done "
    assert bench.runs.launch("notebook", "/Formula1/trans/1.first", {"x": 5}).output["exit"] == "done 5"


def test_a_failing_notebook_is_named_through_the_job(bench: Bench) -> None:
    """The job's error carries notebook, cell and line, and the place in the user's file."""
    jobs = bench.jobs(
        "- task_key: a\n  notebook_task: {notebook_path: nb/a.py}",
        {"a": "x = 1\n# COMMAND ----------\nraise ValueError('boom')"},
    )
    with pytest.raises(JobFailed, match=r"task a failed: notebook /nb/a, cell 2, line 4: ValueError: boom") as caught:
        jobs.run("j")
    assert caught.value.place is not None
    assert caught.value.place.line == 4
