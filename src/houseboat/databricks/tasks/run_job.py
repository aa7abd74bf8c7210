"""``run_job_task``: another job of the bundle; this job's parameters are pushed down, the task's override them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.references import spell
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import Services, TaskContext
    from houseboat.runs import Json


def run(context: TaskContext) -> dict[str, Json]:
    """Run the other job to its end."""
    key = _key(str(context.fill("job_id")), context.key, context.settings, context.services)
    own = {str(name): spell(value) for name, value in (context.fill("job_parameters") or {}).items()}
    return dict(context.services.run_job(key, {**context.job.parameters, **own}, context.run))


def check(key: str, settings: Map, services: Services) -> None:
    """The job must be there."""
    if "{{" not in str(settings.get("job_id")):
        _key(str(settings.get("job_id")), key, settings, services)


def _key(wanted: str, task: str, settings: Map, services: Services) -> str:
    found = services.bundle.find("jobs", wanted)
    if found is None:
        raise JobError(
            f"task {task!r}: there is no job {wanted!r}",
            place=place_of(settings, "job_id"),
            hint=f"jobs of the bundle: {', '.join(services.bundle.jobs)}; map other ids in the manifest",
        )
    return found
