"""Mounts outlive the process that made them, as on Databricks: ``mounts.json`` in the state folder.

Only the mount point and the source's address are kept, never a credential.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.lake import Lake

_lock = threading.Lock()


class Mounts:
    """The mounts of a project; making one tells the lake of those that earlier processes made."""

    def __init__(self, lake: Lake, state_folder: Path) -> None:
        self._lake = lake
        self._file = state_folder / "mounts.json"
        for point, source in self._read().items():
            lake.mount(point, source)

    def all(self) -> dict[str, str]:
        """Mount point -> source."""
        return self._lake.mounts()

    def add(self, point: str, source: str) -> None:
        """Mount ``source`` at ``point``, replacing what was there."""
        self._lake.mount(point, source)
        self._save()

    def remove(self, point: str) -> bool:
        """Forget a mount; False when there was none."""
        known = self._lake.unmount(point)
        self._save()
        return known

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {str(point): str(source) for point, source in found.items()} if isinstance(found, dict) else {}

    def _save(self) -> None:
        with _lock:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial = self._file.with_name(self._file.name + ".partial")
            partial.write_text(json.dumps(self._lake.mounts(), indent=1), encoding="utf-8")
            os.replace(partial, self._file)
