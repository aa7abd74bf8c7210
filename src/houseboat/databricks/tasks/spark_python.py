"""``spark_python_task``: a Python file with arguments, run as ``__main__`` with ``sys.argv``.

Job parameters are not pushed down to arguments; they are referenced. Source: Databricks' page on Python script tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.references import spell
from houseboat.databricks.tasks.contract import Services, TaskContext, file_of
from houseboat.databricks.tasks.notebook import in_job
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.runs import Json


def run(context: TaskContext) -> dict[str, Json]:
    """Run the file; what it printed is kept like a notebook's output."""
    file = file_of(str(context.fill("python_file")), context.services)
    arguments = [spell(value) for value in context.fill("parameters") or ()]
    return context.services.notebooks.run(file, {}, context.run, job=in_job(context), arguments=arguments)


def check(key: str, settings: Map, services: Services) -> None:
    """The file must be there, unless its path holds a reference."""
    path = str(settings.get("python_file") or "")
    if "{{" not in path and not file_of(path, services).is_file():
        raise JobError(f"task {key!r}: there is no file {path!r}", place=place_of(settings, "python_file"))
