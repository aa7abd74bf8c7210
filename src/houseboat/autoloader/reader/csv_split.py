"""The meaning of a CSV record, as SQL: this is the definition that every faster reader must equal.

A record is a line (``multiLine``: a run of characters up to a line end outside quotes). A cell that begins with a quote
and ends with one is quoted: inside it a doubled or escaped quote is a quote. A quote that is never closed takes the rest
of the record. A quoted cell followed by anything else than a separator is taken literally, quotes included.
Source: the behaviour of Spark's parser (univocity, ``STOP_AT_DELIMITER``); doubled quotes as on Databricks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import text
from houseboat.autoloader.reader import lines

if TYPE_CHECKING:
    from houseboat.autoloader.reader.csv_dialect import Dialect
    from houseboat.autoloader.reader.job import InputFile


def records(files: Iterable[InputFile], form: Dialect, *, skip: int) -> str:
    """A query with ``filename`` and ``line``: the records after the first ``skip`` lines, without blanks and comments."""
    if form.multi_line and form.quote:
        normal = "replace(replace(ltrim(content, chr(65279)), chr(13) || chr(10), chr(10)), chr(13), chr(10))"
        found = f"regexp_extract_all({normal}, {text(_record_pattern(form))})[{skip + 1}:]"
        source = f"SELECT filename, rtrim(unnest({found}), chr(10)) AS line FROM read_text({lines.paths(files)})"
    else:
        source = f"SELECT filename, line FROM {lines.source(files, skip=skip)}"
    comment = f" AND NOT starts_with(line, {text(form.comment)})" if form.comment else ""
    return f"SELECT filename, line FROM ({source}) WHERE trim(line, chr(32) || chr(9)) <> ''{comment}"


def cells(line: str, form: Dialect) -> str:
    """SQL for the list of cell texts in the SQL text expression ``line``; what stands for no value is NULL."""
    blank = "nullif({}, '')" if form.null_value else "{}"
    trimmed = "trim(c)" if form.trim else "c"
    plain = f"string_split({line}, {text(form.sep)})"
    if form.trim or form.null_value:
        plain = f"list_transform({plain}, lambda c: {blank.format(trimmed)})"
    if not form.quote:
        return plain
    # each match ends in a separator, the last one in the separator that is put there
    found = f"regexp_extract_all({line} || {text(form.sep)}, {text(_cell_pattern(form))})"
    cut = f"substr(c, 1, length(c) - {len(form.sep)})"
    cell = f"trim({cut})" if form.trim else cut
    value = _value(cell, blank.format(cell), form)
    return f"CASE WHEN contains({line}, {text(form.quote)}) THEN list_transform({found}, lambda c: {value}) ELSE {plain} END"


def _value(cell: str, raw: str, form: Dialect) -> str:
    quoted = f"starts_with({cell}, {text(form.quote)})"
    closed = f"regexp_full_match({cell}, {text(_quoted(form))})"
    unclosed = f"regexp_full_match({cell}, {text(re.escape(form.quote) + _body(form))})"
    inner, rest = f"substr({cell}, 2, length({cell}) - 2)", f"substr({cell}, 2)"
    return (
        f"CASE WHEN NOT {quoted} THEN {raw} WHEN {closed} THEN {_unescape(inner, form)}"
        f" WHEN {unclosed} THEN {_unescape(rest, form)} ELSE {cell} END"
    )


def _unescape(inner: str, form: Dialect) -> str:
    special = "[" + _set(form.quote) + _set(form.escape) + "]"
    return f"regexp_replace({inner}, {text(f'{special}({special})')}, '\\1', 'g')"


def _body(form: Dialect) -> str:
    """The inside of a quoted cell."""
    q, e = _set(form.quote), _set(form.escape)
    doubled = re.escape(form.quote) * 2
    if not form.escape or form.escape == form.quote:
        return rf"(?:[^{q}]|{doubled})*"
    return rf"(?:[^{q}{e}]|{re.escape(form.escape)}[\s\S]|{doubled})*"


def _quoted(form: Dialect) -> str:
    return re.escape(form.quote) + _body(form) + re.escape(form.quote)


def _cell_pattern(form: Dialect) -> str:
    """A cell with the separator after it; an unclosed quote takes all that is left."""
    q, s, raw = re.escape(form.quote), re.escape(form.sep), _raw(form)
    space = r"[ \t]*" if form.trim else ""
    return f"{space}{_quoted(form)}{raw}{s}|{space}{q}{_body(form)}$|{raw}{s}"


def _record_pattern(form: Dialect) -> str:
    """A record with the line end after it."""
    raw = rf"[^{_set(form.sep)}\n]*" if len(form.sep) == 1 else r"[^\n]*?"
    cell = rf"(?:{_quoted(form)}{raw}|{re.escape(form.quote)}{_body(form)}$|{raw})"
    return rf"{cell}(?:{re.escape(form.sep)}{cell})*(?:\n|$)"


def _raw(form: Dialect) -> str:
    """What follows up to the next separator."""
    return rf"[^{_set(form.sep)}]*" if len(form.sep) == 1 else r"[\s\S]*?"


def _set(char: str) -> str:
    return re.escape(char)
