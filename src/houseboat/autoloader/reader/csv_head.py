"""Reads the first lines of CSV files: their column names and where the records begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader.reader.csv_split import cells

if TYPE_CHECKING:
    import duckdb

    from houseboat.autoloader.reader.csv_dialect import Dialect
    from houseboat.autoloader.reader.job import InputFile

_READ = 1 << 16
_MOST = 1 << 24


@dataclass(frozen=True)
class Head:
    """``names``: the columns, in the file's order; empty for a file without any record. ``skip``: lines before the data."""

    names: tuple[str, ...]
    skip: int


def heads(files: Sequence[InputFile], form: Dialect, con: duckdb.DuckDBPyConnection, *, header: bool) -> list[Head]:
    """The heads of these files, in order. Without a header the columns are ``_c0``, ``_c1``... as many as the first record has."""
    firsts = [_first_line(file.path, form) for file in files]
    known: dict[str, tuple[str, ...]] = {"": ()}
    distinct = sorted({line for line, _ in firsts} - {""})
    if distinct:
        rows = con.execute(
            f"SELECT line, {cells('line', form)} FROM (SELECT unnest(?::VARCHAR[]) AS line)", [distinct]
        ).fetchall()
        known |= {line: _names(found, header=header) for line, found in rows}
    return [Head(known[line], number + 1 if header and line else number) for line, number in firsts]


def _names(found: Sequence[str | None], *, header: bool) -> tuple[str, ...]:
    """Safe names: empty ones become ``_c<position>``, repeated ones get their position (Spark's ``makeSafeHeader``)."""
    if not header:
        return tuple(f"_c{at}" for at in range(len(found)))
    many = Counter((name or "").lower() for name in found)
    return tuple(
        f"_c{at}" if not name else f"{name}{at}" if many[name.lower()] > 1 else name for at, name in enumerate(found)
    )


def _first_line(path: str, form: Dialect) -> tuple[str, int]:
    """The first line that is neither blank nor a comment, and the number of lines before it."""
    size = _READ
    while True:
        with Path(path).open("rb") as source:
            data = source.read(size)
        text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        whole = len(data) < size
        found = text.split("\n")
        for number, line in enumerate(found if whole else found[:-1]):
            if number >= form.skip_rows and line.strip(" \t") and not (form.comment and line.startswith(form.comment)):
                return line, number
        if whole or size >= _MOST:
            return "", form.skip_rows
        size *= 16
