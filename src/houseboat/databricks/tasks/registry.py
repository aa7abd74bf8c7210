"""The task types that run here, and those that are declared gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.tasks import condition, for_each, notebook, pipeline, run_job, spark_python, sql
from houseboat.databricks.yaml_places import Map, place_of
from houseboat.errors import Place, Unsupported

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import TaskType

TYPES: dict[str, TaskType] = {
    "notebook_task": notebook,
    "pipeline_task": pipeline,
    "condition_task": condition,
    "for_each_task": for_each,
    "run_job_task": run_job,
    "spark_python_task": spark_python,
    "sql_task": sql,
}
"""Task type -> the module that runs it."""

GAPS: dict[str, str] = {
    "python_wheel_task": "name the entry point's file in a spark_python_task, or call it from a notebook",
    "dbt_task": "run dbt itself; its models do not run here",
    "spark_jar_task": "there is no JVM here; write the step in Python or SQL",
    "spark_submit_task": "there is no JVM here; use spark_python_task",
    "dashboard_task": "dashboards live in a workspace",
    "power_bi_task": "publishing to Power BI needs the service",
    "clean_rooms_notebook_task": "clean rooms live in a workspace",
    "gen_ai_compute_task": "it needs Databricks' own compute",
    "dbt_cloud_task": "it needs dbt Cloud",
    "dbt_platform_task": "it needs dbt's platform",
}
"""Task type that does not run here -> what to do instead."""


def kind_of(task: Map, key: str, place: Place) -> str:
    """The task's type; raises ``JobError`` when it has none or several, ``Unsupported`` for a declared gap."""
    kinds = [field for field in task if field in TYPES or field in GAPS]
    if len(kinds) != 1:
        what = f"several types ({', '.join(kinds)})" if kinds else "no type"
        raise JobError(f"task {key!r} has {what}", place=place, hint=f"one of: {', '.join(TYPES)}")
    if kinds[0] in GAPS:
        raise Unsupported(
            f"task {key!r}: {kinds[0]} does not run here", place=place_of(task, kinds[0]), hint=GAPS[kinds[0]]
        )
    if not isinstance(task[kinds[0]], Map):
        raise JobError(f"task {key!r}: {kinds[0]} is empty", place=place_of(task, kinds[0]))
    return kinds[0]
