"""Proves that CSV files are regular, so that every correct CSV reader yields what ``csv_split`` defines.

Regular: each record is one line with the same number of cells; no character pair on which readers differ (an escaped
quote or escape, blanks beside quotes, a text after a closing quote), no NUL, no lone carriage return, no blank line.
Ragged: regular but for some lines that DuckDB's strict reader names one by one; only those need the definition.
The proof: the file's lines, counted as bytes, are exactly the rows read plus the lines refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import name, text
from houseboat.autoloader.reader import lines

if TYPE_CHECKING:
    import duckdb

    from houseboat.autoloader.reader.csv_dialect import Dialect
    from houseboat.autoloader.reader.csv_head import Head
    from houseboat.autoloader.reader.job import InputFile

_CHUNK = 1 << 22
_MOST_REFUSED = 100_000
"""Lines per file; a file with more is read by the definition as a whole."""


@dataclass
class Kinds:
    """Files of one head by what is known of them. ``refused``: tables (in the connection) of the ragged files' other lines.
    ``rows``: how many the regular files hold together.
    """

    regular: list[InputFile] = field(default_factory=list)
    rows: int = 0
    ragged: list[InputFile] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    other: list[InputFile] = field(default_factory=list)


def kinds(files: Sequence[InputFile], head: Head, form: Dialect, con: duckdb.DuckDBPyConnection) -> Kinds:
    """Look at all bytes and all records of files that have the same head."""
    if not files or not form.plain or form.multi_line or not head.names or (form.null_value and form.quote):
        return Kinds(other=list(files))
    with ThreadPoolExecutor(1) as pool:
        # the scan holds the interpreter, the read leaves it: together they take little longer than one
        reading = pool.submit(_read, files, head, form, con)
        scanned = [_lines(file.path, form) for file in files]
        good, refused, where = reading.result()
    sound = all(count is not None for count in scanned)
    found = Kinds()
    if sound and good + len(refused) == sum((count or 0) - head.skip for count in scanned):
        bad = set(refused)
        found.regular = [file for file in files if file.path not in bad]
        pairs = zip(files, scanned, strict=True)
        found.rows = sum((count or 0) - head.skip for file, count in pairs if file.path not in bad)
        found.ragged = [file for file in files if file.path in bad]
        found.refused = [where] if bad else []
        return found
    for file, count in zip(files, scanned, strict=True):
        alone = Kinds(other=[file])
        if count is not None and len(files) > 1:
            alone = kinds([file], head, form, con)
        found.regular += alone.regular
        found.rows += alone.rows
        found.ragged += alone.ragged
        found.refused += alone.refused
        found.other += alone.other
    return found


def reader(files: Sequence[InputFile], head: Head, form: Dialect, more: str = "") -> str:
    """A FROM item that reads regular files (strictly: an irregular one is an error) as ``c0``, ``c1``... and ``filename``."""
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(head.names)))
    return (
        f"read_csv({lines.paths(files)}, header = false, skip = {head.skip}, columns = {{{columns}}}, auto_detect = false,"
        f" delim = {text(form.sep)}, quote = {text(form.quote)}, escape = {text(form.quote)}, strict_mode = true,"
        f" filename = true, nullstr = '', max_line_size = {lines.MAX_LINE}, buffer_size = {2 * lines.MAX_LINE}{more})"
    )


def _read(
    files: Sequence[InputFile], head: Head, form: Dialect, con: duckdb.DuckDBPyConnection
) -> tuple[int, list[str], str]:
    """How many rows the strict reader finds, the file of each line that it refuses, and the table of those lines.

    -1 rows when it refuses a file as a whole.
    """
    import duckdb

    key = uuid.uuid4().hex[:12]
    errors, scans, where = f"errors_{key}", f"scans_{key}", f"refused_{key}"
    more = f", store_rejects = true, rejects_limit = {_MOST_REFUSED}, rejects_table = {text(errors)}, rejects_scan = {text(scans)}"
    try:
        # fetched to the end: the tables of refused lines are there only when the query is over
        rows = con.execute(f"SELECT count(*) FROM {reader(files, head, form, more)}").fetchall()
    except duckdb.InvalidInputException:
        return -1, [], ""
    con.execute(
        f"CREATE TEMP TABLE {name(where)} AS"
        " SELECT any_value(s.file_path) AS filename, ltrim(any_value(e.csv_line), chr(10) || chr(13)) AS line"
        f" FROM {name(errors)} e JOIN {name(scans)} s ON s.scan_id = e.scan_id AND s.file_id = e.file_id"
        " GROUP BY e.file_id, e.line"
    )
    refused = con.execute(f"SELECT filename FROM {name(where)}").fetchall()
    return int(rows[0][0]), [file for (file,) in refused], where


def _lines(path: str, form: Dialect) -> int | None:
    """The number of lines; None where the file holds something on which readers differ."""
    count, last = 0, b""
    with Path(path).open("rb") as source:
        # chunks end where a line ends, so that nothing that is looked for is cut in two
        while data := source.read(_CHUNK) + source.readline():
            if _doubtful(data, form):
                return None
            count += data.count(b"\n")
            last = data[-1:]
    return count if last in (b"", b"\n") else count + 1


def _doubtful(data: bytes, form: Dialect) -> bool:
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return True
    escape, quote = form.escape.encode(), form.quote.encode()
    if escape and escape != quote and escape in data and (escape + quote in data or escape * 2 in data):
        return True
    return _blanks_beside_quotes(data, form)


def _blanks_beside_quotes(data: bytes, form: Dialect) -> bool:
    """Whether blanks stand between a separator and a cell's own quote. (In a text, quotes come in pairs.)"""
    import numpy as np

    chars = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(chars == ord(form.quote))
    if not len(quotes):
        return False
    breaks = np.flatnonzero(np.diff(quotes) > 1)
    first, last = quotes[np.r_[0, breaks + 1]], quotes[np.r_[breaks, len(quotes) - 1]]
    odd = (last - first) % 2 == 0
    first, last = first[odd], last[odd]
    blank = np.zeros(256, bool)
    blank[[ord(" "), ord("\t")]] = True
    edge = blank.copy()
    edge[[ord(form.sep), ord("\n"), ord("\r")]] = True
    padded = np.concatenate([np.frombuffer(b"\n\n", np.uint8), chars, np.frombuffer(b"\n\n", np.uint8)])
    before = blank[padded[first + 1]] & edge[padded[first]]
    after = blank[padded[last + 3]] & edge[padded[last + 4]]
    return bool((before | after).any())
