"""``display(...)`` and ``displayHTML(...)``: turns a value into something that the executed notebook can show.

A DataFrame becomes a table of at most ``ROWS`` rows, as on Databricks (whose limit is 1,000 rows, too). A streaming
DataFrame starts a query whose first rows are shown when it has been drained (Databricks shows them live).
"""

from __future__ import annotations

import base64
import html
import io
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS = 1000
"""Most rows that a displayed table keeps."""

Show = Callable[[dict[str, str]], None]
"""Is handed the MIME bundle of each displayed value."""


class Display:
    """The ``display`` of one notebook run."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._streams: list[str] = []

    def __call__(self, value: Any = None, *more: Any, **options: Any) -> None:
        """Show values; ``options`` such as ``streamName``, ``processingTime`` or ``checkpointLocation`` concern
        streaming DataFrames only.
        """
        for shown in (value, *more):
            if getattr(shown, "isStreaming", None) is True:
                self._start(shown, options)
            else:
                self._show(mime(shown))

    def html(self, text: str) -> None:
        """``displayHTML``."""
        self._show({"text/html": str(text), "text/plain": "<displayHTML>"})

    def finish(self) -> None:
        """Show what displayed streams have brought; called after the notebook's streams were drained."""
        for key in self._streams:
            with _lock:
                columns, rows = _collected.pop(key, ([], []))
            self._show(table(columns, rows[:ROWS], more=len(rows) > ROWS))
        self._streams.clear()

    def _start(self, frame: DataFrame, options: Mapping[str, Any]) -> None:
        key = uuid.uuid4().hex
        with _lock:
            _collected[key] = (list(frame.columns), [])
        self._streams.append(key)
        folder = options.get("checkpointLocation") or Path(tempfile.mkdtemp(prefix="houseboat-display-")).as_posix()
        writer = frame.writeStream.foreachBatch(partial(_collect, key)).option("checkpointLocation", str(folder))
        if name := options.get("streamName"):
            writer = writer.queryName(str(name))
        if interval := options.get("processingTime"):
            writer = writer.trigger(processingTime=str(interval))
        writer.start()


# A foreachBatch function is pickled on its way to the query: it finds the rows' place by a key.
_collected: dict[str, tuple[list[str], list[Sequence[object]]]] = {}
_lock = threading.Lock()


def _collect(key: str, batch: DataFrame, _batch_id: int) -> None:
    with _lock:
        wanted = ROWS + 1 - len(_collected[key][1]) if key in _collected else 0
    if wanted > 0:
        _, rows = _rows(batch, wanted)
        with _lock:
            if key in _collected:
                _collected[key][1].extend(rows)


def mime(value: object) -> dict[str, str]:
    """The MIME bundle of any value: Spark and pandas tables, lists of rows, figures, rich objects, text."""
    if hasattr(value, "toArrow") and hasattr(value, "limit"):
        columns, rows = _rows(value, ROWS + 1)
        return table(columns, rows[:ROWS], more=len(rows) > ROWS)
    if hasattr(value, "to_dict") and hasattr(value, "columns") and hasattr(value, "head"):
        head = value.head(ROWS)
        return table([str(name) for name in value.columns], head.values.tolist(), more=len(head) < len(value))  # type: ignore[arg-type]
    if isinstance(value, list) and value and (fields := _fields(value[0])):
        return table(fields, [tuple(row) for row in value[:ROWS]], more=len(value) > ROWS)
    if hasattr(value, "savefig"):
        buffer = io.BytesIO()
        value.savefig(buffer, format="png")
        return {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": repr(value)}
    if callable(method := getattr(value, "_repr_html_", None)) and (text := method()):
        return {"text/html": str(text), "text/plain": repr(value)}
    return {"text/plain": value if isinstance(value, str) else repr(value)}


def _fields(row: object) -> list[str]:
    """The names of a named tuple's (FileInfo) or a Spark row's fields; none for anything else."""
    return list(getattr(row, "_fields", None) or getattr(row, "__fields__", None) or ())


def _rows(frame: Any, count: int) -> tuple[list[str], list[Sequence[object]]]:
    arrow = frame.limit(count).toArrow()
    return list(arrow.column_names), list(zip(*(column.to_pylist() for column in arrow.columns), strict=True))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, more: bool = False) -> dict[str, str]:
    """An HTML table and a plain one of the same rows; ``more`` says that there are further rows."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{_html(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    note = f"first {len(rows):,} rows" if more else f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    plain = [f"{note}: {', '.join(columns)}"]
    plain += ["\t".join("null" if cell is None else str(cell) for cell in row) for row in rows[:20]]
    return {
        "text/html": f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table><p>{note}</p>",
        "text/plain": "\n".join(plain),
    }


def _html(cell: object) -> str:
    return "<i>null</i>" if cell is None else html.escape(str(cell))
