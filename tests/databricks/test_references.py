"""{{...}} references of every namespace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from houseboat.databricks.dbutils.task_values import TaskValueStore
from houseboat.databricks.errors import ReferenceUnresolved
from houseboat.databricks.job_states import Result, TaskState
from houseboat.databricks.references import JobFacts, References, TaskFacts

JOB = JobFacts(7, "my job", 9, datetime(2026, 11, 22, 1, 5, tzinfo=timezone(timedelta(hours=2))), {"p.q": "v"})


@pytest.fixture
def references() -> References:
    """References of a task 'now', after 'before' has ended."""
    values = TaskValueStore()
    values.set("before", "n", 3)
    values.set("before", "list", ["a", {"b": None}])
    values.set("before", "text", "plain")
    values.set("before", "yes", True)
    state = TaskState("before", Result.UPSTREAM_FAILED, output={"output": {"rows": [{"x": 1}], "first_row": {"x": 1}}})
    task = TaskFacts("now", 11, execution=2, has_input=True, input={"table": "t", "n": 5, "inner": {"k": "v"}})
    return References(JOB, states={"before": state}, values=values, task=task)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job_{{job.run_id}}", "job_9"),
        ("{{ job.id }}/{{job.name}}", "7/my job"),
        ("{{job.parameters.p.q}}", "v"),
        ("{{job.start_time.iso_date}}", "2026-11-21"),
        ("{{job.start_time.iso_weekday}} {{job.start_time.is_weekday}}", "6 false"),
        ("{{job.start_time.hour}}:{{job.start_time.minute}}", "23:5"),
        ("{{job.trigger.type}} {{job.repair_count}}", "one_time 0"),
        ("{{task.name}} {{task.run_id}} {{task.execution_count}}", "now 11 2"),
        ("{{tasks.before.values.n}} {{tasks.before.values.text}}", "3 plain"),
        ("{{tasks.before.values.list}}", '["a", {"b": null}]'),
        ("{{tasks.before.values.yes}}", "true"),
        ("{{tasks.before.result_state}}", "upstream_failed"),
        ("{{tasks.before.output.first_row.x}} {{tasks.before.output.rows}}", '1 [{"x": 1}]'),
        ("{{input.table}} {{input.n}} {{input.inner.k}}", "t 5 v"),
        ("{{input}}", '{"table": "t", "n": 5, "inner": {"k": "v"}}'),
        (
            "{{task_key}} {{job_id}} {{parent_run_id}} {{run_id}} {{start_date}} {{task_retry_count}}",
            "now 7 9 11 2026-11-21 1",
        ),
        ("{{workspace.id}}", "0"),
        ("{{backfill.iso_date}}", "2026-11-21"),
        ("{{unknown.thing}} {{plain}} {{ a b }} {x}", "{{unknown.thing}} {{plain}} {{ a b }} {x}"),
    ],
)
def test_references_become_text(references: References, text: str, expected: str) -> None:
    """Times are in UTC, values that are no text become JSON, the unknown stays."""
    assert references.fill(text) == expected


def test_structures_are_filled_deeply_and_whole_references_keep_their_type(references: References) -> None:
    """Fill gives text everywhere; value gives the thing itself."""
    assert references.fill({"a": ["{{input.n}}", 1]}) == {"a": ["5", 1]}
    assert references.value("{{tasks.before.values.list}}") == ["a", {"b": None}]
    assert references.value(" {{input.n}} ") == 5


@pytest.mark.parametrize(
    "text",
    [
        "{{job.parameters.none}}",
        "{{job.nothing}}",
        "{{job.start_time.century}}",
        "{{task.nothing}}",
        "{{tasks.later.result_state}}",
        "{{tasks.before.values.none}}",
        "{{tasks.before.output.first_row.y}}",
        "{{input.none}}",
    ],
)
def test_an_unknown_name_in_a_known_namespace_is_an_error(references: References, text: str) -> None:
    """The text of the reference is named."""
    with pytest.raises(ReferenceUnresolved, match=text.replace("{", r"\{").replace("}", r"\}")):
        references.fill(text)


def test_input_outside_of_an_iteration_is_an_error() -> None:
    """{{input}} means something in a for_each_task only."""
    with pytest.raises(ReferenceUnresolved):
        References(JOB, task=TaskFacts("a", 1)).fill("{{input}}")
    assert JOB.start_utc.tzinfo is UTC
