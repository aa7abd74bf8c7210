r"""Delimited text: read by DuckDB with every column as a string, written in whole blocks of lines.

Source: Data Factory's published reference of the DelimitedText format. The defaults differ from the usual: the escape
character is a backslash, there is no header unless the dataset says so, and lines are written with ``\r\n``.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.factory.copying import sql
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from houseboat.runs import Json

_ROWS_PER_BLOCK = 50_000
_BEYOND = "__beyond the last column"
_LINE_ENDS = ("\r\n", "\n", "\r")
_ENCODINGS = {"": "utf-8", "utf-8": "utf-8", "us-ascii": "utf-8", "utf-16": "utf-16", "iso-8859-1": "latin-1"}


@dataclass(frozen=True)
class Dialect:
    """How the text is delimited."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = "\\"
    header: bool = False
    null: str = ""
    encoding: str = "utf-8"
    gzip: bool = False
    line: str = "\r\n"

    @classmethod
    def of(cls, settings: Mapping[str, Json]) -> Dialect:
        """The dialect of a dataset's typeProperties. Raises ``Unsupported``."""
        codec = str(settings.get("compressionCodec") or "none").lower()
        delimiter = str(settings.get("columnDelimiter") or ",")
        if len(delimiter) != 1:
            raise Unsupported(
                f"the columnDelimiter {delimiter!r} is not known here",
                hint="one character delimits columns",
            )
        if codec not in ("none", "gzip"):
            raise Unsupported(f"delimited text compressed with {codec} is not known here", hint="use gzip or none")
        encoding = str(settings.get("encodingName") or "").lower()
        if encoding not in _ENCODINGS:
            raise Unsupported(f"the encoding {encoding} is not known here", hint="use UTF-8")
        return cls(
            delimiter=delimiter,
            quote=str(settings.get("quoteChar", '"') or ""),
            escape=str(settings.get("escapeChar", "\\") or ""),
            header=settings.get("firstRowAsHeader") is True,
            null=str(settings.get("nullValue") or ""),
            encoding=_ENCODINGS[encoding],
            gzip=codec == "gzip",
            line=_line_end(settings.get("rowDelimiter")),
        )


def _line_end(given: Json) -> str:
    """What ends a line that is written; every usual end is read. Raises ``Unsupported`` for others."""
    if not given or isinstance(given, list):
        return "\r\n"
    if given not in _LINE_ENDS:
        raise Unsupported(f"the rowDelimiter {given!r} is not known here", hint="lines end with \\r\\n, \\n or \\r")
    return str(given)


def query(file: Path, dialect: Dialect, settings: Mapping[str, Json], *, tolerant: bool = False) -> str:
    """SQL that gives the rows. A row with more columns than the first line makes it fail, or when ``tolerant`` is left
    out.
    """
    skip = int(settings.get("skipLineCount") or 0)
    names = _names(file, dialect, skip)
    if not names:
        return 'select * from (select null as "Prop_0") where false'
    fits = f"{sql.name(_BEYOND)} is null"
    condition = fits if tolerant else f"case when {fits} then true else error('more columns than defined') end"
    return f"select {sql.columns(names)} from {_text(file, dialect, skip, names)} where {condition}"


def too_long(file: Path, dialect: Dialect, settings: Mapping[str, Json]) -> str:
    """SQL that gives the rows that have more columns than the first line: ``item``, their text, and ``message``."""
    skip = int(settings.get("skipLineCount") or 0)
    names = _names(file, dialect, skip)
    if not names:
        return "select '' as item, '' as message where false"
    item = f"concat_ws({sql.text(dialect.delimiter)}, {sql.columns([*names, _BEYOND])})"
    message = sql.text(f"Found more columns than expected column count {len(names)}.")
    rows = _text(file, dialect, skip, names)
    return f"select {item} as item, {message} as message from {rows} where {sql.name(_BEYOND)} is not null"


def _text(file: Path, dialect: Dialect, skip: int, names: list[str]) -> str:
    """The file as DuckDB reads it: every column a string, and one column for what is beyond the last."""
    declared = ", ".join(f"{sql.text(name)}: 'VARCHAR'" for name in [*names, _BEYOND])
    options = {
        "auto_detect": "false",
        "header": str(dialect.header).lower(),
        "columns": f"{{{declared}}}",
        "delim": sql.text(dialect.delimiter),
        "quote": sql.text(dialect.quote),
        "escape": sql.text(dialect.escape),
        "nullstr": sql.text(dialect.null),
        "skip": str(skip),
        "encoding": sql.text(dialect.encoding),
        "compression": sql.text("gzip" if dialect.gzip else "none"),
        "null_padding": "true",
        "strict_mode": "false",
        "parallel": "false",
    }
    written = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"read_csv({sql.text(str(file))}, {written})"


def _names(file: Path, dialect: Dialect, skip: int) -> list[str]:
    """The columns' names: from the header, or Prop_0, Prop_1, ..."""
    with _opened(file, dialect) as stream:
        for _ in range(skip):
            stream.readline()
        reader = csv.reader(
            stream,
            delimiter=dialect.delimiter[:1],
            quotechar=dialect.quote or None,
            escapechar=dialect.escape if dialect.escape not in ("", dialect.quote) else None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
        first = next(reader, [])
    if not dialect.header:
        return [f"Prop_{index}" for index in range(len(first))]
    if any(not name for name in first):
        raise ActivityError(
            f"ErrorCode=DelimitedTextColumnNameNotAllowNull,Message=The name of column index "
            f"{first.index('')} is empty in the header of '{file.name}'.",
            code="2200",
        )
    return first


def _opened(file: Path, dialect: Dialect) -> IO[str]:
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    if dialect.gzip:
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def write(connection: DuckDBPyConnection, rows: str, file: Path, dialect: Dialect, *, quote_all: bool) -> int:
    """Write the rows of a query; returns how many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [column[0] for column in connection.execute(f"describe {rows}").fetchall()]
    lines = f"select {_line(names, dialect, quote_all=quote_all)} as line from ({rows})"
    count = 0
    encoding = "utf-16" if dialect.encoding == "utf-16" else dialect.encoding
    with gzip.open(file, "wb") if dialect.gzip else file.open("wb") as out:
        if dialect.header:
            head = dialect.delimiter.join(_quoted(name, dialect, quote_all=quote_all) for name in names)
            out.write(f"{head}{dialect.line}".encode(encoding))
        for batch in connection.sql(lines).to_arrow_reader(_ROWS_PER_BLOCK):
            block = batch.column(0)
            if not len(block):
                continue
            whole = pa.ListArray.from_arrays([0, len(block)], block.cast(pa.string()))
            text = pc.binary_join(whole, dialect.line)[0].as_buffer()
            data = memoryview(text) if encoding == "utf-8" else text.to_pybytes().decode().encode(encoding)
            out.write(data)
            out.write(dialect.line.encode(encoding))
            count += len(block)
    return count


def _line(names: list[str], dialect: Dialect, *, quote_all: bool) -> str:
    """SQL for one line of text."""
    fields = [_field(f"{sql.name(name)}::varchar", dialect, quote_all=quote_all) for name in names]
    return f" || {sql.text(dialect.delimiter)} || ".join(fields)


def _field(value: str, dialect: Dialect, *, quote_all: bool) -> str:
    if not dialect.quote:
        return f"coalesce({value}, {sql.text(dialect.null)})"
    escaped = value
    for mark in dict.fromkeys((dialect.escape, dialect.quote)):
        if mark and dialect.escape:
            escaped = f"replace({escaped}, {sql.text(mark)}, {sql.text(dialect.escape + mark)})"
    quote = sql.text(dialect.quote)
    quoted = f"{quote} || {escaped} || {quote}"
    if not quote_all:
        special = " or ".join(
            f"contains({value}, {mark})" for mark in (sql.text(dialect.delimiter), quote, "chr(10)", "chr(13)")
        )
        quoted = f"case when {special} then {quoted} else {value} end"
    return f"coalesce({quoted}, {sql.text(dialect.null)})"


def _quoted(text: str, dialect: Dialect, *, quote_all: bool) -> str:
    special = any(mark in text for mark in (dialect.delimiter, dialect.quote or "\n", "\n", "\r"))
    if not dialect.quote or not (quote_all or special):
        return text
    for mark in dict.fromkeys((dialect.escape, dialect.quote)):
        if mark and dialect.escape:
            text = text.replace(mark, dialect.escape + mark)
    return f"{dialect.quote}{text}{dialect.quote}"
