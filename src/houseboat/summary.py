"""What a run did, as plain data: the tree of runs, rows per table, table versions before and after.

Counts come from the runs themselves: a notebook that exits with ``{"table", "rows_in", "kept", "merged",
"quarantined"}`` (or a list of such objects) is counted, and so is every flow of a declarative pipeline.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from houseboat.delta import log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from houseboat.runs import Json, Run, Runs
    from houseboat.workspace import Workspace

_COUNTED = {"table", "rows_in", "kept"}


def versions(workspace: Workspace) -> dict[str, int]:
    """Full table name -> newest Delta version, of every Delta table in the catalogue."""
    found = {}
    for entry in workspace.catalog.everything():
        if entry.kind == "table" and entry.provider == "delta":
            version = log.latest_version(workspace.table_place(entry))
            if version is not None:
                found[entry.name] = version
    return found


def tree(runs: Runs, run: Run) -> dict[str, Json]:
    """A run with everything below it."""
    shown: dict[str, Json] = {
        "id": run.id,
        "kind": run.kind,
        "name": run.name,
        "status": str(run.status),
        "seconds": round(run.seconds, 3),
    }
    if run.error:
        shown["error"] = run.error
    children = [tree(runs, child) for child in runs.children(run.id)]
    if children:
        shown["runs"] = children
    return shown


def summarise(workspace: Workspace, run: Run, before: Mapping[str, int]) -> dict[str, Json]:
    """Everything that `houseboat run` reports. ``before``: ``versions`` from before the run."""
    after = versions(workspace)
    written = {name: [before.get(name), version] for name, version in after.items() if before.get(name) != version}
    everything = list(_all(workspace.runs, run))
    return {
        "project": workspace.project.name,
        "run": run.id,
        "status": str(run.status),
        "seconds": round(run.seconds, 3),
        "nothing_new": not written,
        "tables": [count for item in everything for count in _counts(item)],
        "flows": [_flow(item) for item in everything if item.kind == "flow"],
        "written": {name: {"before": pair[0], "after": pair[1]} for name, pair in sorted(written.items())},
        "error": run.error,
        "runs": tree(workspace.runs, run),
    }


def failed_step(runs: Runs, run: Run) -> Run:
    """The innermost run that failed first: what the user wants to see."""
    for child in runs.children(run.id):
        if child.status in ("Failed", "Interrupted"):
            return failed_step(runs, child)
    return run


def _all(runs: Runs, run: Run) -> Iterator[Run]:
    yield run
    for child in runs.children(run.id):
        yield from _all(runs, child)


def _counts(run: Run) -> Iterator[dict[str, Json]]:
    if run.kind != "notebook" or not isinstance(run.output.get("exit"), str):
        return
    try:
        value: Any = json.loads(run.output["exit"])
    except ValueError:
        return
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and set(item) >= _COUNTED:
            yield {"merged": 0, "quarantined": {}, **item}


def _flow(run: Run) -> dict[str, Json]:
    return {"name": run.name, "status": str(run.status), "seconds": round(run.seconds, 3), **run.output}
