"""What a target's mode and presets do to resources, and where their relative paths point.

``mode: development`` prefixes names with ``[dev <user>] `` (schemas with ``dev_<user>_``), pauses schedules and
triggers, lets four runs of a job go on at once and puts pipelines into development. Source: Databricks' page on
deployment modes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from houseboat.databricks.errors import BundleError
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.runs import Json

_TASK_PATHS = (
    ("notebook_task", "notebook_path"),
    ("spark_python_task", "python_file"),
    ("dbt_task", "project_directory"),
)
_PREFIXED = ("jobs", "pipelines", "experiments", "models", "dashboards", "quality_monitors", "clusters", "apps")


def apply_presets(tree: Map, user: str) -> tuple[str, str]:
    """Apply the tree's ``mode`` and ``presets`` to its resources; returns the prefixes of names and of schemas."""
    mode, presets = tree.get("mode"), Map(tree.get("presets") or {})
    if mode not in (None, "development", "production"):
        raise BundleError(f"mode: {mode!r} is neither development nor production", place=place_of(tree, "mode"))
    if mode == "development":
        short = re.sub(r"\W+", "_", user.split("@", maxsplit=1)[0])
        defaults: dict[str, Json] = {
            "name_prefix": f"[dev {short}] ",
            "trigger_pause_status": "PAUSED",
            "jobs_max_concurrent_runs": 4,
            "pipelines_development": True,
            "tags": {"dev": short},
        }
        presets = Map({**defaults, **{key: value for key, value in presets.items() if value not in (None, "")}}.items())
    resources = tree.get("resources") or Map()
    prefixes = _prefix(resources, str(presets.get("name_prefix") or ""))
    for job in _definitions(resources, "jobs"):
        _job(job, presets)
    for pipeline in _definitions(resources, "pipelines"):
        if presets.get("pipelines_development"):
            pipeline["development"] = True
            if mode == "development":
                pipeline["continuous"] = False
        if mode == "production" and pipeline.get("development") is True:
            raise BundleError(
                f"the pipeline {pipeline.get('name')!r} has development: true in a production target",
                place=place_of(pipeline, "development"),
            )
    return prefixes


def _prefix(resources: Map, prefix: str) -> tuple[str, str]:
    if not prefix:
        return "", ""
    for kind in _PREFIXED:
        for definition in _definitions(resources, kind):
            if definition.get("name"):
                definition["name"] = f"{prefix}{definition['name']}"
    plain = re.sub(r"\W+", "_", prefix.lower()).strip("_") + "_"
    for schema in _definitions(resources, "schemas"):
        if schema.get("name"):
            schema["name"] = f"{plain}{schema['name']}"
    return prefix, plain


def _job(job: Map, presets: Map) -> None:
    if presets.get("jobs_max_concurrent_runs") and job.get("max_concurrent_runs") is None:
        job["max_concurrent_runs"] = presets["jobs_max_concurrent_runs"]
    if presets.get("tags"):
        job["tags"] = Map({**presets["tags"], **(job.get("tags") or {})}.items())
    for trigger in ("schedule", "trigger", "continuous"):
        if presets.get("trigger_pause_status") and isinstance(job.get(trigger), Map):
            job[trigger].setdefault("pause_status", presets["trigger_pause_status"])


def _definitions(resources: Map, kind: str) -> Iterator[Map]:
    entries = resources.get(kind)
    for definition in entries.values() if isinstance(entries, Map) else ():
        if isinstance(definition, Map):
            yield definition


def local_paths(resources: Map, root: Path, warn: Callable[[str], None]) -> None:
    """Make relative paths of tasks and pipelines absolute, from the file that declares them."""
    for job in _definitions(resources, "jobs"):
        if not job.get("git_source"):
            for task in job.get("tasks") or ():
                _task(task, root, warn)
    for pipeline in _definitions(resources, "pipelines"):
        _absolute(pipeline, "root_path", root, warn)
        for library in pipeline.get("libraries") or ():
            for kind, name in (("notebook", "path"), ("file", "path"), ("glob", "include")):
                if isinstance(library, Map) and isinstance(library.get(kind), Map):
                    _absolute(library[kind], name, root, warn)


def _task(task: Json, root: Path, warn: Callable[[str], None]) -> None:
    if not isinstance(task, Map):
        return
    for kind, name in _TASK_PATHS:
        if isinstance(task.get(kind), Map) and task[kind].get("source") != "GIT":
            _absolute(task[kind], name, root, warn)
    sql = task.get("sql_task")
    if isinstance(sql, Map) and isinstance(sql.get("file"), Map):
        _absolute(sql["file"], "path", root, warn)
    if isinstance(task.get("for_each_task"), Map):
        _task(task["for_each_task"].get("task"), root, warn)


def _absolute(owner: Map, name: str, root: Path, warn: Callable[[str], None]) -> None:
    written = owner.get(name)
    if not isinstance(written, str) or PurePosixPath(written).is_absolute() or Path(written).is_absolute():
        return
    if re.match(r"^[A-Za-z][\w+.-]+:/", written):
        return
    place = place_of(owner, name)
    base = place.file.parent if place.file else root
    path = base / written
    if not _is_there(path) and _is_there(root / written) and base != root:
        warn(f"{written!r} at {place} is relative to the bundle's root; Databricks resolves it from the declaring file")
        path = root / written
    owner[name] = Path(_collapse(path)).as_posix()


def _is_there(path: Path) -> bool:
    return path.parent.is_dir() and any(path.parent.glob(path.name + "*")) if "*" not in str(path) else True


def _collapse(path: Path) -> str:
    """Take out ``..`` without following links or asking the disk, so that globs may stand in it."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(Path(*parts))
