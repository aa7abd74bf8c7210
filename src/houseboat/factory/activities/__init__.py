"""The types of activities: one file each, one row here."""

from __future__ import annotations

from houseboat.factory.activities import (
    append_variable,
    copy,
    databricks_job,
    databricks_notebook,
    delete,
    execute_pipeline,
    fail,
    filter,  # noqa: A004 - named after the activity
    for_each,
    get_metadata,
    if_condition,
    lookup,
    set_variable,
    switch,
    until,
    validation,
    wait,
    web,
)
from houseboat.factory.activities.activity import Activity, Call
from houseboat.factory.activities.unsupported import GAPS, Gap

ACTIVITIES: dict[str, Activity] = {
    "AppendVariable": append_variable,
    "Copy": copy,
    "DatabricksJob": databricks_job,
    "DatabricksNotebook": databricks_notebook,
    "Delete": delete,
    "ExecutePipeline": execute_pipeline,
    "Fail": fail,
    "Filter": filter,
    "ForEach": for_each,
    "GetMetadata": get_metadata,
    "IfCondition": if_condition,
    "Lookup": lookup,
    "SetVariable": set_variable,
    "Switch": switch,
    "Until": until,
    "Validation": validation,
    "Wait": wait,
    "WebActivity": web,
    **{name: Gap(name, instead) for name, instead in GAPS.items()},
}
"""Type, as it stands in the pipeline's JSON -> how it runs."""

__all__ = ["ACTIVITIES", "Activity", "Call"]
