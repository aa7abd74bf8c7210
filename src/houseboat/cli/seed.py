"""``houseboat seed``: files arrive at the project's sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from houseboat.cli.options import json_option, manifest_option, print_json, project_argument
from houseboat.errors import HouseboatError, Place

if TYPE_CHECKING:
    from houseboat.seed import Seeded
    from houseboat.workspace import Workspace

_MARK = "seeded"


@click.command()
@project_argument
@manifest_option
@click.option("--drop", type=int, help="The number of a drop of the project's sample.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of files to deliver as one drop.",
)
@json_option
def seed(project: Path, manifest: Path | None, drop: int | None, data: Path | None, as_json: bool) -> int:
    """Deliver the files of a drop to where the project's sources are: the data lake, the repository.

    Example: houseboat seed netflix --drop 2
    """
    from houseboat.workspace import Workspace

    if (drop is None) == (data is None):
        raise click.UsageError("give either --drop NUMBER or --data FOLDER")
    with Workspace.open(project, manifest) as workspace:
        found = deliver(workspace, data if data is not None else _drop(workspace, drop or 0))
    if as_json:
        print_json([vars(item) for item in found])
    else:
        for item in found:
            click.echo(f"{'new ' if item.new else 'same'} {item.file:<28} {item.size:>12,} bytes -> {item.to}")
    return 0


def deliver(workspace: Workspace, folder: Path) -> list[Seeded]:
    """Put a folder's files in place, and remember that something was delivered."""
    from houseboat.seed import seed as put

    found = put(workspace.project, workspace.lake, workspace.web, folder)
    (workspace.project.state / _MARK).touch()
    return found


def first_drop(workspace: Workspace) -> list[Seeded]:
    """Deliver the sample's first drop where nothing was delivered yet."""
    from houseboat.seed import drops

    known = drops(workspace.project)
    if not known or (workspace.project.state / _MARK).exists():
        return []
    return deliver(workspace, next(iter(known.values())))


def _drop(workspace: Workspace, number: int) -> Path:
    from houseboat.seed import drops

    known = drops(workspace.project)
    folder = known.get(f"drop-{number}")
    if folder is None:
        raise HouseboatError(
            f"the sample has no drop {number}",
            place=Place(workspace.project.manifest, at="sample"),
            hint=f"there are: {', '.join(known) or 'none'}",
        )
    return folder
