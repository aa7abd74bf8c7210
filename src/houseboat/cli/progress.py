"""Shows runs as they happen: a live tree on a terminal, a line per finished run elsewhere."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from houseboat.runs import Event, Run, Status

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.live import Live
    from rich.tree import Tree

_MARKS = {
    Status.SUCCEEDED: ("✓", "green"), Status.FAILED: ("✗", "red"), Status.SKIPPED: ("–", "dim"),  # noqa: RUF001 - meant
    Status.CANCELLED: ("■", "yellow"), Status.IN_PROGRESS: ("…", "cyan"), Status.QUEUED: ("·", "dim"),
    Status.INTERRUPTED: ("!", "yellow"),
}  # fmt: skip
_HIDDEN = frozenset({"notebook", "query", "pipeline"})
"""Kinds that another run stands for: a task for its notebook, an update for its pipeline."""


class Progress:
    """A listener for ``Runs`` and a context manager. ``quiet`` shows nothing."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._runs: dict[str, Run] = {}
        self._notes: dict[str, str] = {}
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            from rich.live import Live

            self._live = Live(get_renderable=self.tree, console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._console.print(self.tree())

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        with self._lock:
            self._runs[event.run.id] = event.run
            if event.message:
                self._notes[event.run.id] = event.message.strip().splitlines()[-1] if event.message.strip() else ""
        if self._live is None and not self._quiet and event.what == "ended" and event.run.kind not in _HIDDEN:
            self._console.print(
                "  " * self._depth(event.run) + _line(event.run, self._notes.get(event.run.id)), highlight=False
            )

    def _depth(self, run: Run) -> int:
        depth, parent = 0, run.parent
        while parent and parent in self._runs:
            depth += self._runs[parent].kind not in _HIDDEN
            parent = self._runs[parent].parent
        return depth

    def tree(self) -> Tree:
        """Every run so far, as a tree."""
        from rich.tree import Tree

        root = Tree("", hide_root=True)
        with self._lock:
            runs = list(self._runs.values())
        branches: dict[str, Tree] = {}
        for run in runs:
            above = branches.get(run.parent or "", root)
            branches[run.id] = above if run.kind in _HIDDEN else above.add(_line(run, self._notes.get(run.id)))
        return root


def _line(run: Run, note: str | None) -> str:
    from rich.markup import escape

    mark, colour = _MARKS[run.status]
    text = f"[{colour}]{mark}[/] [bold]{escape(run.name)}[/] [dim]{run.kind} {run.seconds:.2f} s[/]"
    figures = _figures(run)
    if figures:
        text += f"  {escape(figures)}"
    elif run.status is Status.IN_PROGRESS and note:
        text += f"  [dim]{escape(note[:80])}[/]"
    return text


def _figures(run: Run) -> str:
    """The few figures that say what a run did."""
    output = run.output
    if output.get("wrote") is False:
        return "unchanged"
    rows = next((output[key] for key in ("num_output_rows", "rowsCopied") if isinstance(output.get(key), int)), None)
    parts = [] if rows is None else [f"{rows:,} rows"]
    upserted, deleted = output.get("num_upserted_rows"), output.get("num_deleted_rows")
    parts += [f"{upserted:,} upserted"] if isinstance(upserted, int) else []
    parts += [f"{deleted:,} deleted"] if isinstance(deleted, int) and deleted else []
    parts += [f"{output['dataWritten']:,} bytes"] if isinstance(output.get("dataWritten"), int) else []
    return ", ".join(parts)
