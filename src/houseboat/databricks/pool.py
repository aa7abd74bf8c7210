"""Several functions at once, each in a thread that can be stopped; the caller hears of each as it ends."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from houseboat.databricks.worker import Worker

T = TypeVar("T")
_SLICE = 1.0
"""Seconds of one wait: an exception for this thread is seen in between."""


class Pool(Generic[T]):
    """Threads that belong together; stopping the pool stops them all."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ended: queue.Queue[tuple[str, T | None, BaseException | None]] = queue.Queue()
        self._threads: dict[str, Worker[T]] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many have been started and not yet been returned by ``wait``."""
        return len(self._threads)

    def start(self, key: str, function: Callable[[], T]) -> None:
        """Run ``function`` in a thread of its own."""

        def tell(result: T | None, error: BaseException | None) -> None:
            self._ended.put((key, result, error))

        self._threads[key] = Worker(function, f"{self._name} {key}", tell)
        self._threads[key].start()

    def wait(self, seconds: float | None = None) -> tuple[str, T]:
        """The next that ends: its key and result, or the exception that it raised.

        Raises ``queue.Empty`` when ``seconds`` are over before any ends.
        """
        left = seconds
        while True:
            try:
                key, result, error = self._ended.get(timeout=_SLICE if left is None else max(0.0, min(left, _SLICE)))
                break
            except queue.Empty:
                left = None if left is None else left - _SLICE
                if left is not None and left <= 0:
                    raise
        del self._threads[key]
        if error is not None:
            raise error
        return key, cast("T", result)

    def stop(self) -> None:
        """Stop all that still run."""
        for worker in self._threads.values():
            worker.stop(wait=False)
        for worker in self._threads.values():
            worker.join()
        self._threads.clear()
