"""Runs a function in a thread of its own, with a time limit and a way to stop it.

Each notebook gets a thread: PySpark's active session and the captured output belong to a thread. Python cannot kill
one, so a stop raises ``Stopped`` inside it (CPython's asynchronous exception) after whatever it waits for was
interrupted; a thread that still does not end is left behind as a daemon.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from houseboat.databricks.errors import Stopped

T = TypeVar("T")
GRACE = 10.0
"""Seconds that a stopped thread is given to unwind."""
_SLICE = 1.0
"""Seconds of one wait: on Windows an unlimited wait cannot be interrupted by Ctrl-C."""


class TimedOut(Exception):  # noqa: N818
    """The function did not end in time; it has been told to stop."""


class Worker(Generic[T]):
    """One function in one thread."""

    def __init__(self, function: Callable[[], T], name: str) -> None:
        self._function = function
        self._result: T
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    def run(self, seconds: float, interrupt: Callable[[], None]) -> T:
        """Run to the end and return the result, or raise what the function raised.

        ``seconds`` 0 means no limit; when they are over, ``interrupt`` frees the thread from what it waits for, and
        ``TimedOut`` is raised.
        """
        self._thread.start()
        try:
            end = time.monotonic() + seconds if seconds else None
            while self._thread.is_alive():
                left = _SLICE if end is None else end - time.monotonic()
                if left <= 0:
                    raise TimedOut
                self._thread.join(min(left, _SLICE))
        except BaseException:
            self._stop(interrupt)
            raise
        if self._error is not None:
            raise self._error
        return self._result

    def _stop(self, interrupt: Callable[[], None]) -> None:
        interrupt()
        if self._thread.ident is not None and self._thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), ctypes.py_object(Stopped))
        self._thread.join(GRACE)

    def _main(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._error = error
