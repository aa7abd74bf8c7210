"""Runs something and shows it while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from rich.console import Console

    from houseboat.runs import Run
    from houseboat.workspace import Workspace


def console() -> Console:
    """The console that people read."""
    from rich.console import Console  # noqa: PLC0415

    return Console(soft_wrap=True)


def watched(workspace: Workspace, start: Callable[[], Run], *, quiet: bool) -> dict[str, Any]:
    """Run, show progress, and return the summary; a failed run's summary has its error and its failing step."""
    from houseboat.cli.progress import Progress  # noqa: PLC0415
    from houseboat.summary import summarise, versions  # noqa: PLC0415

    before = versions(workspace)
    top: list[Run] = []
    workspace.runs.listeners.append(lambda event: top.append(event.run) if not top and event.what == "started" else None)
    with Progress(console(), quiet=quiet) as progress:
        workspace.runs.listeners.append(progress)
        try:
            run = start()
        except HouseboatError:
            if not top:
                raise
            run = top[0]
    return summarise(workspace, run, before)
