"""``houseboat run``: the project's main run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from houseboat.cli.options import json_option, manifest_option, parameters_option, parsed, print_json, project_argument


@click.command()
@project_argument
@manifest_option
@click.option("--fresh", is_flag=True, help="Forget everything of earlier runs first (.houseboat is removed).")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Deliver the files of this folder first, as one drop.",
)
@parameters_option
@json_option
def run(
    project: Path,
    manifest: Path | None,
    fresh: bool,
    data: Path | None,
    parameters: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run what the manifest's [main] names, from the sources to the last table. PROJECT is the project's folder.

    On the first run, with nothing delivered yet, the first drop of the project's sample is delivered.

    Example: houseboat run netflix --fresh
    """
    from houseboat.cli.seed import deliver, first_drop
    from houseboat.cli.show import console, failed, watched
    from houseboat.project import load_project
    from houseboat.workspace import Workspace

    values: dict[str, Any] = parsed(parameters)
    found = load_project(project, manifest)
    with Workspace(found) as workspace:
        workspace.exclusive()
        if fresh:
            workspace.close()
            shutil.rmtree(found.state, ignore_errors=True)
    with Workspace(found) as workspace:
        workspace.exclusive()
        seeded = deliver(workspace, data) if data else first_drop(workspace)
        summary, failure = watched(workspace, lambda: workspace.run_main(values), quiet=as_json)
    if as_json:
        print_json({**summary, "delivered": [vars(item) for item in seeded]})
        return failure.exit_code if failure else 0
    if failure:
        return failed(failure, project)
    from houseboat.cli.report import report

    report(console(), summary, _look_next(project, found.catalog))
    return 0


def _look_next(project: Path, catalog: str) -> list[str]:
    return [
        f"houseboat status {project}",
        f'houseboat sql {project} "show schemas in {catalog}"',
        f"executed notebooks: {project / '.houseboat' / 'runs'}",
    ]
