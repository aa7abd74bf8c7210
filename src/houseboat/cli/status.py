"""``houseboat status``: a project's tables and its last runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from houseboat.cli.options import json_option, manifest_option, print_json, project_argument

if TYPE_CHECKING:
    from pathlib import Path

    from houseboat.workspace import Workspace


@click.command()
@project_argument
@manifest_option
@click.option("--runs", "count", type=int, default=5, show_default=True, help="How many of the last runs to show.")
@json_option
def status(project: Path, manifest: Path | None, count: int, as_json: bool) -> int:
    """Show the tables with their versions and rows, and the last runs with their failing step. Starts no engine.

    Example: houseboat status netflix
    """
    from houseboat.workspace import Workspace

    with Workspace.open(project, manifest) as workspace:
        found = {"project": workspace.project.name, "tables": _tables(workspace), "runs": _runs(workspace, count)}
    if as_json:
        print_json(found)
    else:
        _print(found)
    return 0


def _tables(workspace: Workspace) -> list[dict[str, Any]]:
    from deltalake import DeltaTable

    from houseboat.summary import versions

    known = versions(workspace)
    rows = []
    for entry in workspace.catalog.everything():
        if entry.name not in known:
            continue
        place = workspace.table_place(entry)
        counts = DeltaTable(str(place)).get_add_actions(flatten=True).column("num_records").to_pylist()
        total = None if any(count is None for count in counts) else sum(counts)
        rows.append({"table": entry.name, "version": known[entry.name], "rows": total, "location": entry.location})
    return rows


def _runs(workspace: Workspace, count: int) -> list[dict[str, Any]]:
    from houseboat.summary import failed_step, tree

    shown = []
    for run in workspace.runs.recent(count):
        item = tree(workspace.runs, run)
        item["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.started))
        if run.status == "Failed":
            step = failed_step(workspace.runs, run)
            item["failed_step"] = {"kind": step.kind, "name": step.name, "error": step.error}
        shown.append(item)
    return shown


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(soft_wrap=True)
    tables = Table(title=found["project"], title_justify="left", box=None, pad_edge=False)
    tables.add_column("table")
    tables.add_column("version", justify="right")
    tables.add_column("rows", justify="right")
    for row in found["tables"]:
        tables.add_row(row["table"], str(row["version"]), "?" if row["rows"] is None else f"{row['rows']:,}")
    console.print(tables if found["tables"] else "no tables yet")
    console.print("\nlast runs" if found["runs"] else "no runs yet")
    for run in found["runs"]:
        console.print(
            f"  {run['started']}  {run['kind']} {escape(run['name'])}  {run['status']}  {run['seconds']:.1f} s",
            highlight=False,
        )
        step = run.get("failed_step")
        if step and step["error"]:
            console.print(
                f"    {step['kind']} {escape(step['name'])}: {escape(step['error']['message'])}", highlight=False
            )
