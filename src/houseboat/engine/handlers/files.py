"""Removes and moves the folders of tables so that a crash leaves the old state or the new one."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def remove_files(folder: Path) -> None:
    """Remove a folder. It is renamed first: half of a table never stands under its name."""
    if not folder.exists():
        return
    aside = folder.with_name(f".dropped-{uuid.uuid4().hex}")
    try:
        os.replace(folder, aside)
    except OSError:  # a file is open, on Windows
        aside = folder
        shutil.rmtree(folder / "_delta_log", ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)
