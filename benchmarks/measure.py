"""Runs a command and says how long it took and how much memory it and its children held at most."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INTERVAL = 0.1


@dataclass(frozen=True)
class Measurement:
    """One run of one command."""

    code: int
    seconds: float
    peak_bytes: int  # largest sum of resident memory over the process tree; pages shared within it count twice
    output: str


def resident(process: psutil.Process) -> int:
    """Resident memory of a process and all its descendants, in bytes."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total


def measure(command: Sequence[str], cwd: Path, log: Path) -> Measurement:
    """Run a command to its end, from process start to process end; its error output goes to ``log``."""
    peak, done = 0, threading.Event()
    start = time.perf_counter()
    with log.open("wb") as errors, subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=errors) as child:
        tree = psutil.Process(child.pid)

        def watch() -> None:
            nonlocal peak
            while not done.wait(INTERVAL):
                peak = max(peak, resident(tree))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        output, _ = child.communicate()
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    return Measurement(child.returncode, seconds, peak, output.decode())
