"""Captures what a notebook prints, also when several notebooks run at once in threads.

``sys.stdout`` and ``sys.stderr`` belong to the process, so they are replaced, while at least one notebook runs, by a
stream that looks up its target by thread. A thread that runs no notebook writes where it always wrote.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOBase
from typing import Any, TextIO

Sink = Callable[[str, str], None]
"""``(stream name, text)``; stream name is ``stdout`` or ``stderr``."""

_targets = threading.local()
_lock = threading.Lock()
_installed: dict[str, ThreadStream] = {}
_users = 0


class ThreadStream(TextIOBase):
    """A text stream that hands what a thread writes to the sink of that thread."""

    def __init__(self, name: str, original: TextIO) -> None:
        super().__init__()
        self._name = name
        self.original = original

    def write(self, text: str) -> int:
        """Write to this thread's sink, or to the stream that stood here before."""
        sink: Sink | None = getattr(_targets, "sink", None)
        if sink is None:
            return self.original.write(text)
        sink(self._name, text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream that stood here before; sinks keep nothing back."""
        if not self.original.closed:
            self.original.flush()

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """Whether this thread's output reaches a terminal directly."""
        return getattr(_targets, "sink", None) is None and self.original.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream that stood here before."""
        return self.original.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream that stood here before."""
        return self.original.encoding

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@contextmanager
def captured(sink: Sink) -> Iterator[None]:
    """Send what this thread prints to ``sink`` until the ``with`` ends; may be nested."""
    _install()
    previous = getattr(_targets, "sink", None)
    _targets.sink = sink
    try:
        yield
    finally:
        _targets.sink = previous
        _remove()


def _install() -> None:
    global _users  # noqa: PLW0603 - the process has one stdout, so one count of its users
    with _lock:
        _users += 1
        for name in ("stdout", "stderr"):
            current = getattr(sys, name)
            if not isinstance(current, ThreadStream):
                _installed[name] = ThreadStream(name, current)
                setattr(sys, name, _installed[name])


def _remove() -> None:
    global _users  # noqa: PLW0603 - the process has one stdout, so one count of its users
    with _lock:
        _users -= 1
        if _users:
            return
        for name, stream in _installed.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, stream.original)
        _installed.clear()
