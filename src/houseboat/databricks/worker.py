"""Runs a function in a thread of its own, with a time limit and a way to stop it.

Each notebook gets a thread: PySpark's active session and the captured output belong to a thread. Python cannot kill
one, so a stop raises ``Stopped`` inside it (CPython's asynchronous exception) after whatever it waits for was
interrupted; a thread that still does not end is left behind as a daemon.
"""

from __future__ import annotations

import contextvars
import ctypes
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from houseboat.databricks.errors import Stopped

T = TypeVar("T")
GRACE = 10.0
"""Seconds that a stopped thread is given to unwind."""
_SLICE = 0.5
"""Seconds of one wait: an exception for the waiting thread (a stop, on Windows also Ctrl-C) is seen in between."""


class TimedOut(Exception):  # noqa: N818 - reads as what it is
    """The function did not end in time; it has been told to stop."""


class Worker(Generic[T]):
    """One function in one thread. ``ended`` is called in that thread with the result or the exception."""

    def __init__(
        self,
        function: Callable[[], T],
        name: str,
        ended: Callable[[T | None, BaseException | None], None] | None = None,
    ) -> None:
        self._function = function
        self._ended = ended
        self._result: T
        self._error: BaseException | None = None
        # Not Thread.join: interrupted by a stop, it takes the other thread for ended (CPython 3.11).
        self._done = threading.Event()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._main,), name=name, daemon=True
        )  # in the caller's context: what the function starts hangs below the caller's run

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def run(self, seconds: float, interrupt: Callable[[], None]) -> T:
        """Run to the end and return the result, or raise what the function raised.

        ``seconds`` 0 means no limit; when they are over, ``interrupt`` frees the thread from what it waits for, and
        ``TimedOut`` is raised.
        """
        self.start()
        try:
            end = time.monotonic() + seconds if seconds else None
            while not self._done.is_set():
                left = _SLICE if end is None else end - time.monotonic()
                if left <= 0:
                    raise TimedOut(f"did not end within {seconds:g} seconds")  # noqa: TRY301 - stopped like any other
                self._done.wait(min(left, _SLICE))
        except BaseException:
            interrupt()
            self.stop()
            raise
        if self._error is not None:
            raise self._error
        return self._result

    def stop(self, *, wait: bool = True) -> None:
        """Raise ``Stopped`` inside the thread; with ``wait``, give it time to unwind."""
        if self._thread.ident is not None and not self._done.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), ctypes.py_object(Stopped))
        if wait:
            self.join()

    def join(self) -> None:
        """Wait for the thread to unwind, for a while."""
        self._done.wait(GRACE)

    def _main(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._error = error
        self._done.set()
        if self._ended is not None:
            self._ended(getattr(self, "_result", None), self._error)
