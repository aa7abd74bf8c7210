"""Proves that CSV files are regular, so that every correct CSV reader yields what ``csv_split`` defines.

Regular: each record is one line with the same number of cells; no character pair on which readers differ (an escaped
quote or escape, blanks beside quotes, a text after a closing quote), no NUL, no lone carriage return, no blank line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from houseboat.autoloader.reader import lines
from houseboat.autoloader.reader.csv_dialect import Dialect
from houseboat.autoloader.reader.csv_head import Head
from houseboat.autoloader.reader.job import InputFile
from houseboat.autoloader.ddl import text

if TYPE_CHECKING:
    import duckdb

_CHUNK = 1 << 22


def regular(
    files: Sequence[InputFile], head: Head, form: Dialect, con: duckdb.DuckDBPyConnection
) -> tuple[list[InputFile], list[InputFile]]:
    """Split files of one head into the regular ones and the others."""
    if not files or not form.plain or not head.names or not _agrees(form):
        return [], list(files)
    with ThreadPoolExecutor(1) as pool:
        # the scan holds the interpreter, the count leaves it: together they take little longer than one
        total = pool.submit(_count, files, head, form, con.cursor())
        scanned = [_lines(file.path, form) for file in files]
        expected = [found - head.skip if found is not None else None for found in scanned]
        if None not in expected and total.result() == sum(found for found in expected if found is not None):
            return list(files), []
        total.exception()
    if len(files) == 1:
        return [], list(files)
    good, bad = [], []
    for file, found in zip(files, expected, strict=True):
        fits = found is not None and _count([file], head, form, con) == found
        (good if fits else bad).append(file)
    return good, bad


def reader(files: Sequence[InputFile], head: Head, form: Dialect) -> str:
    """A FROM item that reads regular files (strictly: an irregular one is an error) as ``c0``, ``c1``... and ``filename``."""
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(head.names)))
    return (
        f"read_csv({lines.paths(files)}, header = false, skip = {head.skip}, columns = {{{columns}}}, auto_detect = false,"
        f" delim = {text(form.sep)}, quote = {text(form.quote)}, escape = {text(form.quote)}, strict_mode = true,"
        " filename = true, nullstr = '')"
    )


def _agrees(form: Dialect) -> bool:
    return not form.multi_line and not (form.null_value and form.quote)


def _count(files: Sequence[InputFile], head: Head, form: Dialect, con: duckdb.DuckDBPyConnection) -> int | None:
    import duckdb

    try:
        row = con.execute(f"SELECT count(*) FROM {reader(files, head, form)}").fetchone()  # noqa: S608
    except duckdb.InvalidInputException:
        return None
    return int(row[0]) if row else None


def _lines(path: str, form: Dialect) -> int | None:
    """The number of lines; None where the file holds something on which readers differ."""
    suspect = _suspect(form)
    count, tail = 0, b""
    with open(path, "rb") as source:
        while data := source.read(_CHUNK):
            if suspect.search(tail + data):
                return None
            count += data.count(b"\n")
            tail = data[-2:]
    if tail.startswith(b"\xfe\xff") or tail.startswith(b"\r") and not tail.endswith(b"\n"):
        return None
    return count if tail.endswith(b"\n") else count + 1 if tail else 0


def _suspect(form: Dialect) -> re.Pattern[bytes]:
    quote, sep = re.escape(form.quote.encode()), re.escape(form.sep.encode())
    escape = re.escape(form.escape.encode()) if form.escape and form.escape != form.quote else None
    pairs = [sep + rb"[ \t]" + quote, quote + rb"[ \t]" + sep, rb"\n[ \t]*\r?\n", rb"\n[ \t]+" + quote, quote + rb"[ \t]\r?\n", rb"\0", rb"\r[^\n]"]
    if escape:
        pairs += [escape + quote, escape + escape]
    return re.compile(b"|".join(pairs))
