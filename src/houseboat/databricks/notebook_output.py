"""What cells put out, and the executed notebook (.ipynb) that keeps it.

The document is nbformat 4.5, written with the standard library: a notebook whose run was killed or failed must still
leave a readable file, and importing nbformat costs more than writing does.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from houseboat.databricks.notebook_files import Cell, Notebook
    from houseboat.runs import Json

Redact = Callable[[str], str]
"""Takes secrets out of a text."""


@dataclass
class CellOutput:
    """What one executed cell put out, in order; ``outputs`` are nbformat output objects."""

    cell: Cell
    number: int
    outputs: list[Json] = field(default_factory=list)
    seconds: float | None = None


class Outputs:
    """Collects the outputs of a notebook run, cell by cell; safe to use from the notebook's own threads.

    ``redact`` takes secrets out of everything kept; ``tell`` is handed each whole line that a cell prints.
    """

    def __init__(self, redact: Redact, tell: Callable[[str], None]) -> None:
        self._redact = redact
        self._tell = tell
        self._lock = threading.Lock()
        self._partial = {"stdout": "", "stderr": ""}
        self.cells: list[CellOutput] = []
        self.exit_value: str | None = None

    def begin(self, cell: Cell) -> CellOutput:
        """Open the next cell; what is put out from now on belongs to it."""
        self.flush()
        with self._lock:
            self.cells.append(CellOutput(cell, len(self.cells) + 1))
            return self.cells[-1]

    def stream(self, name: str, text: str) -> None:
        """Text printed to ``stdout`` or ``stderr``."""
        with self._lock:
            whole = self._partial[name] + text
            lines, mark, rest = whole.rpartition("\n")
            self._partial[name] = rest
            done = self._redact(lines + mark) if mark else ""
            if done:
                self._append_stream(name, done)
        for line in done.splitlines():
            self._tell(line)

    def data(self, bundle: dict[str, str], *, kind: str = "display_data") -> None:
        """A MIME bundle: ``display(...)``, or with ``kind='execute_result'`` the value of a cell's last expression."""
        self.flush()
        clean = {mime: self._redact(text) for mime, text in bundle.items()}
        output: dict[str, Json] = {"output_type": kind, "data": clean, "metadata": {}}
        with self._lock:
            if self.cells:
                if kind == "execute_result":
                    output["execution_count"] = self.cells[-1].number
                self.cells[-1].outputs.append(output)
        if text := clean.get("text/plain"):
            self._tell(text.split("\n")[0])

    def error(self, error: BaseException, traceback: list[str]) -> None:
        """The exception that ended a cell, with its traceback's lines."""
        self.flush()
        with self._lock:
            if self.cells:
                self.cells[-1].outputs.append(
                    {
                        "output_type": "error",
                        "ename": type(error).__name__,
                        "evalue": self._redact(str(error)),
                        "traceback": [self._redact(line) for line in traceback],
                    }
                )

    def flush(self) -> None:
        """Keep what was printed without a line's end."""
        for name in self._partial:
            if self._partial[name]:
                self.stream(name, "\n")

    def _append_stream(self, name: str, text: str) -> None:
        if not self.cells:
            return
        outputs = self.cells[-1].outputs
        if outputs and outputs[-1].get("output_type") == "stream" and outputs[-1].get("name") == name:
            outputs[-1]["text"] += text
        else:
            outputs.append({"output_type": "stream", "name": name, "text": text})


def write_executed(target: Path, notebook: Notebook, outputs: Outputs) -> None:
    """Write the executed notebook atomically; cells that did not run are written without outputs."""
    ran = [_document_cell(done.cell, done) for done in outputs.cells]
    executed = {id(done.cell) for done in outputs.cells}
    waiting = [_document_cell(cell, None) for cell in notebook.cells if id(cell) not in executed]
    cells = ran + waiting
    document = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells, 1)],
        "metadata": {
            "language_info": {"name": notebook.language},
            "houseboat": {"notebook": str(notebook.path), "exit": outputs.exit_value},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, target)


def _document_cell(cell: Cell, done: CellOutput | None) -> dict[str, Any]:
    if cell.language == "md":
        return {"cell_type": "markdown", "metadata": {}, "source": cell.text}
    gap = "\n" if "\n" in cell.text else " "
    metadata: dict[str, Json] = {"title": cell.title} if cell.title else {}
    if done is not None and done.seconds is not None:
        metadata["seconds"] = round(done.seconds, 3)
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": f"%{cell.language}{gap}{cell.text}" if cell.magic else cell.text,
        "execution_count": done.number if done else None,
        "outputs": done.outputs if done else [],
    }
