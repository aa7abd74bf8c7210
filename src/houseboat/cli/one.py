"""One pipeline, job, notebook or declarative pipeline of a project: ``houseboat factory|job|notebook|pipeline``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from houseboat.cli.options import json_option, manifest_option, parameters_option, parsed, print_json, project_argument

if TYPE_CHECKING:
    from pathlib import Path


def _run_one(
    kind: str, project: Path, name: str, manifest: Path | None, parameters: dict[str, Any], as_json: bool
) -> int:
    from houseboat.cli.show import console, failed, watched
    from houseboat.workspace import Workspace

    with Workspace.open(project, manifest) as workspace:
        workspace.exclusive()
        summary, failure = watched(workspace, lambda: workspace.run(kind, name, parameters), quiet=as_json)
    if as_json:
        print_json(summary)
        return failure.exit_code if failure else 0
    if failure:
        return failed(failure, project)
    from houseboat.cli.report import report

    report(console(), summary, [f"houseboat status {project}"])
    return 0


@click.command()
@project_argument
@click.argument("name")
@manifest_option
@parameters_option
@json_option
def factory(project: Path, name: str, manifest: Path | None, parameters: tuple[str, ...], as_json: bool) -> int:
    """Run one Data Factory pipeline by NAME.

    Example: houseboat factory netflix master -p validation_timeout=0.00:01:00
    """
    return _run_one("factory", project, name, manifest, parsed(parameters), as_json)


@click.command()
@project_argument
@click.argument("name")
@manifest_option
@parameters_option
@json_option
def job(project: Path, name: str, manifest: Path | None, parameters: tuple[str, ...], as_json: bool) -> int:
    """Run one job of the bundle by NAME (its key, its name or its id).

    Example: houseboat job netflix netflix_lakehouse
    """
    return _run_one("job", project, name, manifest, parsed(parameters), as_json)


@click.command()
@project_argument
@click.argument("path")
@manifest_option
@parameters_option
@json_option
def notebook(project: Path, path: str, manifest: Path | None, parameters: tuple[str, ...], as_json: bool) -> int:
    """Run one notebook by its PATH in the bundle; parameters become widgets.

    Example: houseboat notebook netflix notebooks/bronze_titles
    """
    return _run_one("notebook", project, path, manifest, parsed(parameters), as_json)


@click.command()
@project_argument
@click.argument("name")
@manifest_option
@click.option("--full-refresh", is_flag=True, help="Empty the tables and process all input again.")
@json_option
def pipeline(project: Path, name: str, manifest: Path | None, full_refresh: bool, as_json: bool) -> int:
    """Run one update of a declarative pipeline by NAME (its key, its name or its id).

    Example: houseboat pipeline netflix netflix_gold --full-refresh
    """
    return _run_one("pipeline", project, name, manifest, {"full_refresh": full_refresh}, as_json)
