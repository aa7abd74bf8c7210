"""Runs a command and says how long it took, and what it and its children used of processor and memory."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field
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
    cpu_seconds: float  # user and system time of all processes of the tree that lived long enough to be seen
    peak_bytes: int  # largest sum of resident memory over the process tree; pages shared within it count twice
    output: str


@dataclass
class Watch:
    """What a process tree has used so far."""

    root: psutil.Process
    peak_bytes: int = 0
    cpu: dict[int, float] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    done: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Add what the tree holds now."""
        try:
            family = [self.root, *self.root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        resident = 0
        for member in family:
            try:
                # A child between fork and exec shows its parent's memory as its own: count who was there before.
                resident += member.memory_info().rss if member == self.root or member.pid in self.seen else 0
                used = member.cpu_times()
            except psutil.Error:
                continue
            self.cpu[member.pid] = used.user + used.system
        self.seen = {member.pid for member in family}
        self.peak_bytes = max(self.peak_bytes, resident)

    def keep_looking(self) -> None:
        """Look until ``done``."""
        while not self.done.wait(INTERVAL):
            self.look()


def measure(command: Sequence[str], cwd: Path, log: Path) -> Measurement:
    """Run a command to its end, from process start to process end; its error output goes to ``log``."""
    start = time.perf_counter()
    with log.open("wb") as errors, subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=errors) as child:
        watch = Watch(psutil.Process(child.pid))
        watcher = threading.Thread(target=watch.keep_looking, daemon=True)
        watcher.start()
        output, _ = child.communicate()
        seconds = time.perf_counter() - start
        watch.done.set()
        watcher.join()
    return Measurement(child.returncode, seconds, sum(watch.cpu.values()), watch.peak_bytes, output.decode())
