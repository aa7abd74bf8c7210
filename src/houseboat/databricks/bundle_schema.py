"""Which keys a bundle may hold, and of which type each value is.

A key that is not here is reported as a warning (the CLI does so, too); a value of a wrong type is an error at its
line. ``ANY`` marks what Houseboat does not look into. Source: Databricks' bundle reference and the Jobs and
Pipelines APIs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.databricks.errors import BundleError
from houseboat.databricks.yaml_places import Map, Seq, place_of

if TYPE_CHECKING:
    from houseboat.errors import Place
    from houseboat.runs import Json


@dataclass(frozen=True)
class Fields:
    """A mapping with known keys; ``each`` is the schema of the values where the keys are free names."""

    known: Mapping[str, Schema]
    each: Schema | None = None


@dataclass(frozen=True)
class Items:
    """A list; ``item`` is the schema of each entry."""

    item: Schema


Schema = str | Fields | Items | Callable[[], "Schema"]

ANY, TEXT, INT, BOOL, MAP, LIST = "any", "text", "int", "bool", "map", "list"

_RUN_AS = Fields({"user_name": TEXT, "service_principal_name": TEXT, "group_name": TEXT})
_FILE = Fields({"path": TEXT, "source": TEXT})


def _task() -> Schema:
    return TASK


TASK_TYPES: dict[str, Schema] = {
    "notebook_task": Fields({"notebook_path": TEXT, "base_parameters": MAP, "source": TEXT, "warehouse_id": TEXT}),
    "pipeline_task": Fields(
        {
            "pipeline_id": TEXT,
            "full_refresh": BOOL,
            "refresh_selection": LIST,
            "full_refresh_selection": LIST,
            "reset_checkpoint_selection": LIST,
            "parameters": MAP,
        }
    ),
    "condition_task": Fields({"op": TEXT, "left": ANY, "right": ANY}),
    "for_each_task": Fields({"inputs": ANY, "concurrency": INT, "task": _task}),
    "run_job_task": Fields({"job_id": ANY, "job_parameters": MAP, "pipeline_params": MAP}),
    "spark_python_task": Fields({"python_file": TEXT, "parameters": LIST, "source": TEXT}),
    "sql_task": Fields(
        {
            "file": _FILE,
            "query": Fields({"query_id": TEXT}),
            "alert": ANY,
            "dashboard": ANY,
            "parameters": MAP,
            "warehouse_id": TEXT,
        }
    ),
    "python_wheel_task": Fields(
        {"package_name": TEXT, "entry_point": TEXT, "parameters": LIST, "named_parameters": MAP}
    ),
    "dbt_task": ANY,
    "spark_jar_task": ANY,
    "spark_submit_task": ANY,
    "dashboard_task": ANY,
    "power_bi_task": ANY,
    "clean_rooms_notebook_task": ANY,
    "gen_ai_compute_task": ANY,
    "dbt_cloud_task": ANY,
    "dbt_platform_task": ANY,
}
"""The task types of the Jobs API with their fields."""

TASK: Fields = Fields(
    {
        "task_key": TEXT,
        "description": TEXT,
        "depends_on": Items(Fields({"task_key": TEXT, "outcome": ANY})),
        "run_if": TEXT,
        "disabled": BOOL,
        "max_retries": INT,
        "min_retry_interval_millis": INT,
        "retry_on_timeout": BOOL,
        "timeout_seconds": INT,
        "libraries": LIST,
        "job_cluster_key": TEXT,
        "existing_cluster_id": TEXT,
        "new_cluster": MAP,
        "environment_key": TEXT,
        "compute": ANY,
        "email_notifications": ANY,
        "webhook_notifications": ANY,
        "notification_settings": ANY,
        "health": ANY,
        "disable_auto_optimization": BOOL,
        **TASK_TYPES,
    }
)
JOB = Fields(
    {
        "name": TEXT,
        "description": TEXT,
        "tasks": Items(TASK),
        "parameters": Items(Fields({"name": TEXT, "default": ANY})),
        "timeout_seconds": INT,
        "max_concurrent_runs": INT,
        "queue": Fields({"enabled": BOOL}),
        "job_clusters": LIST,
        "environments": LIST,
        "schedule": MAP,
        "trigger": MAP,
        "continuous": MAP,
        "tags": MAP,
        **dict.fromkeys(
            (
                "email_notifications", "webhook_notifications", "notification_settings", "health", "git_source",
                "run_as", "permissions", "performance_target", "edit_mode", "format", "budget_policy_id",
                "usage_policy_id", "deployment", "lifecycle", "access_control_list",
            ),
            ANY,
        ),
    }
)  # fmt: skip
PIPELINE = Fields(
    {
        "name": TEXT,
        "catalog": TEXT,
        "schema": TEXT,
        "target": TEXT,
        "storage": TEXT,
        "root_path": TEXT,
        "libraries": Items(Fields({"notebook": _FILE, "file": _FILE, "glob": MAP, "jar": TEXT, "maven": ANY, "whl": TEXT})),
        "configuration": MAP,
        "continuous": BOOL,
        "development": BOOL,
        "serverless": BOOL,
        "photon": BOOL,
        "clusters": LIST,
        "event_log": MAP,
        "parameters": ANY,
        **dict.fromkeys(
            (
                "channel", "edition", "notifications", "environment", "permissions", "tags", "id", "filters", "trigger",
                "gateway_definition", "ingestion_definition", "restart_window", "run_as", "budget_policy_id",
                "usage_policy_id", "allow_duplicate_names", "deployment", "lifecycle", "dry_run",
            ),
            ANY,
        ),
    }
)  # fmt: skip
SCHEMA = Fields(
    {
        "name": TEXT,
        "catalog_name": TEXT,
        "comment": TEXT,
        "storage_root": TEXT,
        "properties": MAP,
        "grants": ANY,
        "lifecycle": ANY,
    }
)
VOLUME = Fields(
    {
        "name": TEXT,
        "catalog_name": TEXT,
        "schema_name": TEXT,
        "volume_type": TEXT,
        "storage_location": TEXT,
        "comment": TEXT,
        "grants": ANY,
        "lifecycle": ANY,
    }
)
_OTHER_KINDS = (
    "alerts", "apps", "catalogs", "clusters", "dashboards", "database_catalogs", "database_instances", "experiments",
    "external_locations", "genie_spaces", "model_serving_endpoints", "models", "postgres_branches",
    "postgres_catalogs", "postgres_databases", "postgres_endpoints", "postgres_projects", "postgres_roles",
    "quality_monitors", "registered_models", "repositories", "secret_scopes", "sql_warehouses",
    "synced_database_tables", "vector_search_endpoints", "vector_search_indexes",
)  # fmt: skip
RESOURCES = Fields(
    {
        "jobs": Fields({}, each=JOB),
        "pipelines": Fields({}, each=PIPELINE),
        "schemas": Fields({}, each=SCHEMA),
        "volumes": Fields({}, each=VOLUME),
        **dict.fromkeys(_OTHER_KINDS, MAP),
    }
)
_PRESETS = Fields(
    {
        "name_prefix": TEXT,
        "pipelines_development": BOOL,
        "trigger_pause_status": TEXT,
        "jobs_max_concurrent_runs": INT,
        "tags": MAP,
        "source_linked_deployment": BOOL,
        "artifacts_dynamic_version": BOOL,
    }
)
_COMMON: dict[str, Schema] = {
    "bundle": Fields(
        dict.fromkeys(("name", "target", "uuid", "cluster_id", "compute_id", "databricks_cli_version"), TEXT)
        | dict.fromkeys(("git", "deployment", "engine"), ANY)
    ),
    "variables": MAP,
    "resources": RESOURCES,
    "workspace": MAP,
    "artifacts": MAP,
    "sync": MAP,
    "permissions": LIST,
    "run_as": _RUN_AS,
    "presets": _PRESETS,
}
BUNDLE = Fields(
    {
        **_COMMON,
        "include": Items(TEXT),
        "experimental": ANY,
        "python": ANY,
        "scripts": ANY,
        "environments": MAP,
        "targets": Fields(
            {},
            each=Fields({**_COMMON, "default": BOOL, "mode": TEXT, "git": ANY, "cluster_id": TEXT, "compute_id": TEXT}),
        ),
    }
)

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    TEXT: ((str, int, float, bool), "text"),
    INT: ((int,), "a whole number"),
    BOOL: ((bool,), "true or false"),
    MAP: ((dict,), "a mapping"),
    LIST: ((list,), "a list"),
}


def check(value: Json, schema: Schema, place: Place, path: str, warn: Callable[[str], None]) -> None:
    """Check a value; unknown keys go to ``warn``, a wrong type raises ``BundleError`` with its place."""
    while callable(schema):
        schema = schema()
    if value is None or schema == ANY or (isinstance(value, str) and "${" in value):
        return
    if isinstance(schema, Fields):
        _expect(value, Map, "a mapping", place, path)
        for key, inner in value.items():
            at = place_of(value, key)
            if schema.each is not None:
                check(inner, schema.each, at, f"{path}.{key}", warn)
            elif key in schema.known:
                check(inner, schema.known[key], at, f"{path}.{key}".lstrip("."), warn)
            else:
                warn(f"unknown key {key!r} in {path or 'the bundle'} at {at}")
    elif isinstance(schema, Items):
        _expect(value, Seq, "a list", place, path)
        for number, item in enumerate(value):
            check(item, schema.item, place_of(value, number), f"{path}[{number}]", warn)
    else:
        types, name = _TYPES[str(schema)]
        if schema == INT and isinstance(value, bool):
            types = ()
        if not isinstance(value, types) and not _spelled(value, str(schema)):
            _expect(value, types, name, place, path)


def _spelled(value: Json, schema: str) -> bool:
    """Whether a text spells the number or truth value that is wanted: variables from outside are text."""
    if not isinstance(value, str):
        return False
    return value.lower() in ("true", "false") if schema == BOOL else schema == INT and value.lstrip("-").isdigit()


def _expect(value: Json, types: type | tuple[type, ...], name: str, place: Place, path: str) -> None:
    if types == () or not isinstance(value, types):
        shown = type(value).__name__.replace("Map", "mapping").replace("Seq", "list").replace("str", "text")
        raise BundleError(f"{path}: expected {name}, found {shown} ({str(value)[:60]!r})", place=place)
