"""Draws the README's picture: what a person sees at the end of a first run, as SVG.

python docs/images/make.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from houseboat.cli.progress import Progress
from houseboat.cli.report import report
from houseboat.cli.seed import first_drop
from houseboat.summary import summarise
from houseboat.workspace import Workspace

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
WIDTH = 112


def main() -> None:
    """Run the flagship in a copy and draw what the command prints."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, tempfile.TemporaryDirectory() as folder:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        project = Path(folder) / "netflix"
        shutil.copytree(REPOSITORY / "netflix", project, ignore=shutil.ignore_patterns(".houseboat", "__pycache__"))
        with Workspace.open(project) as workspace:
            progress = Progress(console, quiet=True)
            workspace.runs.listeners.append(progress)
            first_drop(workspace)
            run = workspace.run_main()
            console.print("[bold green]$[/] houseboat run netflix")
            console.print(progress.tree())
            report(console, summarise(workspace, run, {}), [])
        console.save_svg(str(HERE / "run.svg"), title="houseboat")


if __name__ == "__main__":
    main()
