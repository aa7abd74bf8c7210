"""Runs something and shows it while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from houseboat.runs import Run
    from houseboat.workspace import Workspace


_WIDTH = 120
"""Columns for output that goes into a file or a pipe."""


def console() -> Console:
    """The console that people read."""
    from rich.console import Console

    found = Console(soft_wrap=True)
    return found if found.is_terminal else Console(soft_wrap=True, width=_WIDTH)


def watched(
    workspace: Workspace,
    start: Callable[[], Run],
    *,
    quiet: bool,
) -> tuple[dict[str, Any], HouseboatError | None]:
    """Run, show progress, and return the summary and what the run failed with, if it did."""
    from houseboat.cli.progress import Progress
    from houseboat.summary import summarise, versions

    before = versions(workspace)
    top: list[Run] = []
    failure: HouseboatError | None = None
    workspace.runs.listeners.append(
        lambda event: top.append(event.run) if not top and event.what == "started" else None
    )
    with Progress(console(), quiet=quiet) as progress:
        workspace.runs.listeners.append(progress)
        try:
            run = start()
        except HouseboatError as error:
            if not top:
                raise
            run, failure = top[0], error
    return summarise(workspace, run, before), failure


def failed(failure: HouseboatError, project: Path) -> int:
    """Print why a run failed and where the rest of it is; returns the exit code."""
    click.echo(f"houseboat: {failure}\n  next: houseboat status {project} shows the run", err=True)
    return failure.exit_code
