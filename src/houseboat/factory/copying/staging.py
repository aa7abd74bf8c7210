"""A folder for files in the making, on the same disk as the lake, where no listing of a container shows them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ABANDONED = 86_400.0
"""Seconds after which a folder that a killed process left behind is removed."""


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A new folder below the lake's root, gone at the end."""
    base = root / ".staging"
    base.mkdir(exist_ok=True)
    for old in base.iterdir():
        with suppress(FileNotFoundError):  # another copy has just finished with it
            if time.time() - old.stat().st_mtime > _ABANDONED:
                shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


def publish(made: Path, place: Path) -> None:
    """Move a finished file to its place at once: readers see the old one or the new one, never a part."""
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, place)
