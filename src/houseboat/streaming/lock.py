"""One running query to a checkpoint: a lock that the operating system drops when its process dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.streaming.errors import concurrent_stream

if TYPE_CHECKING:
    from typing import IO

_NAME = ".lock"


class CheckpointLock:
    """Held from ``acquire`` to ``release``; ``kill -9`` releases it too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stream: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raises ``ConcurrentStream`` when someone else holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stream = (self._folder / _NAME).open("a+", encoding="utf-8")
        try:
            _lock(stream)
        except OSError:
            stream.seek(0)
            owner = _owner(stream)
            stream.close()
            raise concurrent_stream(self._folder, owner) from None
        stream.seek(0)
        stream.truncate()
        stream.write(str(os.getpid()))
        stream.flush()
        self._stream = stream

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _owner(stream: IO[str]) -> str:
    try:
        return f"process {stream.read().strip() or 'unknown'}"
    except OSError:  # Windows: the locked byte cannot be read by others
        return "another process"


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[str]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[str]) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
