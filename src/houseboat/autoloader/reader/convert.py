"""Turns the text of a CSV cell into a typed value, as SQL that yields NULL for what Spark would not accept.

Source: Spark's ``UnivocityParser`` and "CSV data source options" (``dateFormat``, ``timestampFormat``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import duckdb_type, text
from houseboat.autoloader.errors import CloudFilesError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

_INTEGERS = ("bigint", "int", "smallint", "tinyint")
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_TIME = _DATE + r"([T ]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{1,2}(:?\d{2})?)?)?"
_PIECES = {
    "yyyy": "%Y", "yyy": "%Y", "y": "%Y", "uuuu": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m",
    "LLLL": "%B", "LLL": "%b", "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M",
    "ss": "%S", "s": "%-S", "a": "%p", "EEEE": "%A", "EEE": "%a", "E": "%a", "SSS": "%g", "DDD": "%j",
    "XXX": "%z", "XX": "%z", "X": "%z", "xxx": "%z", "xx": "%z", "Z": "%z", "VV": "%Z", "z": "%Z",
}  # fmt: skip
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)


def typed(cell: str, kind: DataType, options: Mapping[str, str]) -> str:
    """SQL for the value of the SQL text expression ``cell`` in a Spark type.

    NULL where the text is not of that type. ``options``: the reader's, keys in lower case.
    """
    name = kind.simpleString()
    target = duckdb_type(kind)
    if name == "string":
        return cell
    if name in _INTEGERS or name.startswith("decimal"):
        pattern = r"[+-]?\d+" if name in _INTEGERS else _NUMBER
        return _guarded(cell, pattern, f"TRY_CAST({cell} AS {target})")
    if name in ("double", "float"):
        special = f"WHEN {cell} IN ('NaN', 'Infinity', '-Infinity', 'Inf', '-Inf') THEN TRY_CAST({cell} AS {target})"
        return f"CASE {special} WHEN regexp_full_match({cell}, {text(_NUMBER)}) THEN TRY_CAST({cell} AS {target}) END"
    if name == "boolean":
        return f"CASE lower({cell}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if name == "binary":
        return f"encode({cell})"
    if name in ("date", "timestamp", "timestamp_ntz"):
        return _moment(cell, name, target, options)
    raise CloudFilesError(
        f"a column of type {name} cannot be read from text cells", hint="read it as STRING and parse it with from_json"
    )


def strptime_formats(pattern: str) -> list[str]:
    """A Java date pattern as DuckDB's: ``dd/MM/yyyy`` -> ``["%d/%m/%Y"]``; ``[...]`` gives one format with and one without.

    Raises ``CloudFilesError`` for a letter that has no counterpart.
    """
    if match := re.search(r"\[([^\[\]]*)\]", pattern):
        before, after = pattern[: match.start()], pattern[match.end() :]
        return strptime_formats(before + match[1] + after) + strptime_formats(before + after)
    out = []
    for token in _TOKEN.finditer(pattern):
        whole = token[0]
        if token[1] is not None:
            out.append(token[1].replace("''", "'").replace("%", "%%") or "'")
        elif not token[2]:
            out.append(whole.replace("%", "%%"))
        elif set(whole) == {"S"}:
            out.append("%g" if len(whole) == 3 else "%f" if len(whole) <= 6 else "%n")  # noqa: PLR2004 - digits
        elif whole in _PIECES:
            out.append(_PIECES[whole])
        else:
            raise CloudFilesError(
                f"{whole!r} in the date pattern {pattern!r} is not known", hint="read the column as STRING"
            )
    return ["".join(out)]


def _moment(cell: str, name: str, target: str, options: Mapping[str, str]) -> str:
    key = {"date": "dateformat", "timestamp": "timestampformat", "timestamp_ntz": "timestampntzformat"}[name]
    if pattern := options.get(key):
        formats = "[" + ", ".join(text(form) for form in strptime_formats(pattern)) + "]"
        return f"TRY_CAST(try_strptime({cell}, {formats}) AS {target})"
    if name == "date":
        return _guarded(cell, _DATE, f"TRY_CAST({cell} AS DATE)")
    return _guarded(cell, _TIME, f"TRY_CAST({cell} AS {target})")


def _guarded(cell: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({cell}, {text(pattern)}) THEN {value} END"
