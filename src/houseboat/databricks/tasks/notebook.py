"""``notebook_task``: a notebook with parameters; the job's parameters override equal ones of the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.databricks.errors import NotebookNotFound
from houseboat.databricks.notebook_run import InJob
from houseboat.databricks.references import spell
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import Services, TaskContext
    from houseboat.runs import Json


def run(context: TaskContext) -> dict[str, Json]:
    """Run the notebook as a run of its own below the task's."""
    services = context.services
    file = services.notebooks.paths.find(str(context.fill("notebook_path")))
    own = {str(key): spell(value) for key, value in (context.fill("base_parameters") or {}).items()}
    parameters = {**own, **context.job.parameters}
    job = in_job(context)
    name = services.notebooks.paths.workspace_path(file)
    with services.runs.record("notebook", name, parent=context.run, input=parameters) as record:
        output = services.notebooks.run(file, parameters, record, job=job)
        record.output.update(output)
    return output


def in_job(context: TaskContext) -> InJob:
    """What the task's notebook may know of its job."""
    return InJob(
        values=context.values,
        task_key=context.key,
        job_id=context.job.id,
        job_run_id=context.job.run_id,
        tags={
            "jobName": context.job.name,
            "jobType": "NORMAL",
            "taskKey": context.key,
            "multitaskParentRunId": str(context.job.run_id),
        },
    )


def check(key: str, settings: Map, services: Services) -> None:
    """The notebook must be there, unless its path holds a reference."""
    path = str(settings.get("notebook_path") or "")
    if "{{" in path:
        return
    try:
        services.notebooks.paths.find(path)
    except NotebookNotFound as error:
        raise NotebookNotFound(
            f"task {key!r}: {error.message}", place=place_of(settings, "notebook_path"), hint=error.hint
        ) from error
