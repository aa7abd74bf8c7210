"""``sql_task`` with a file: its statements in order, with ``:name`` and ``{{name}}`` parameters.

The rows of the last statement are what ``{{tasks.<key>.output.rows}}`` and ``first_row`` name: at most 1,000 rows and
48 KB. Source: Databricks' page on SQL tasks.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from houseboat.databricks import sql_text
from houseboat.databricks.dbutils.task_values import MAX_BYTES
from houseboat.databricks.errors import JobError
from houseboat.databricks.references import spell
from houseboat.databricks.tasks.contract import Services, TaskContext, file_of
from houseboat.databricks.yaml_places import Map, place_of
from houseboat.errors import Place, Unsupported

if TYPE_CHECKING:
    from houseboat.runs import Json

MAX_ROWS = 1000
GAPS = {
    "query": "save the query's text as a .sql file and name it by file.path",
    "alert": "alerts live in a workspace",
    "dashboard": "dashboards live in a workspace",
}
"""Forms of a sql_task that do not run here -> what to do instead."""


def run(context: TaskContext) -> dict[str, Json]:
    """Run the file's statements in a session of its own."""
    file = file_of(str(context.references.fill(context.settings["file"]["path"])), context.services)
    own = {str(name): spell(value) for name, value in (context.fill("parameters") or {}).items()}
    parameters = {**own, **context.job.parameters}
    text = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: parameters.get(m[1], m[0]), file.read_text(encoding="utf-8-sig"))
    spark = context.services.new_session()
    try:
        rows: list[Json] = []
        for statement, line in sql_text.split(text):
            context.progress(f"{file.name}:{line + 1}")
            named = sql_text.name_identifiers(statement, parameters.get)
            names = {name: parameters[name] for name in sql_text.markers(named) if name in parameters}
            try:
                frame = spark.sql(named, args=names) if names else spark.sql(named)
                rows = [row.asDict(recursive=True) for row in frame.limit(MAX_ROWS).collect()] if frame.columns else []
            except Exception as error:
                failure = context.fail(f"{type(error).__name__}: {error}")
                failure.place = Place(file, line + 1)
                raise failure from error
        return {"output": _bounded(rows)}
    finally:
        with suppress(Exception):  # the task's own outcome must not be hidden by a failing clean-up
            spark.stop()


def check(key: str, settings: Map, services: Services) -> None:
    """The file must be there; queries, alerts and dashboards are declared gaps."""
    for name, hint in GAPS.items():
        if settings.get(name) is not None:
            raise Unsupported(
                f"task {key!r}: sql_task.{name} does not run here", place=place_of(settings, name), hint=hint
            )
    path = str((settings.get("file") or {}).get("path") or "")
    if "{{" not in path and not file_of(path, services).is_file():
        raise JobError(f"task {key!r}: there is no file {path!r}", place=place_of(settings, "file"))


def _bounded(rows: list[Json]) -> dict[str, Json]:
    plain = json.loads(json.dumps(rows, default=str))
    while plain and len(json.dumps(plain).encode()) > MAX_BYTES:
        plain = plain[: len(plain) // 2]
    return {"rows": plain, "first_row": plain[0] if plain else {}}
