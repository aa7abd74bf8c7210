"""How a CSV file is written: the reader options as one value.

Source: Spark, "CSV data source options"; Databricks, "Auto Loader options: csv".
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.options import boolean

MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")


@dataclass(frozen=True)
class Dialect:
    """``quote`` may be empty (no quoting). ``header`` None: not said. ``skip_rows``: physical lines before the header."""

    sep: str = ","
    quote: str = '"'
    escape: str = "\\"
    header: bool | None = None
    skip_rows: int = 0
    comment: str = ""
    null_value: str = ""
    multi_line: bool = False
    trim: bool = False
    mode: str = "PERMISSIVE"
    case_sensitive: bool = True
    corrupt_column: str = "_corrupt_record"

    @property
    def plain(self) -> bool:
        """Whether fast readers know this dialect: nothing in it changes what a regular file means."""
        one = len(self.quote) == 1 and len(self.sep) == 1 and (self.quote + self.sep).isascii()
        return one and not (self.comment or self.trim or self.skip_rows)


def dialect(options: Mapping[str, str]) -> Dialect:
    """Read the options (keys in lower case). Raises ``CloudFilesError`` for values that no reader takes."""
    header = options.get("header")
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode not in MODES:
        raise CloudFilesError(f"Invalid value {mode!r} for option mode", hint=f"use one of {', '.join(MODES)}")
    comment, skip = options.get("comment", ""), options.get("skiprows", "0")
    if len(comment) > 1:
        raise CloudFilesError(f"Invalid value {comment!r} for option comment: one character was expected")
    if not skip.strip().isdigit():
        raise CloudFilesError(f"Invalid value {skip!r} for option skipRows: a number was expected")
    return Dialect(
        sep=_plain(options.get("sep", options.get("delimiter", ","))),
        quote=_one("quote", options.get("quote", '"')),
        escape=_one("escape", options.get("escape", "\\")),
        header=None if header is None else boolean("header", header),
        skip_rows=int(skip),
        comment=comment,
        null_value=options.get("nullvalue", ""),
        multi_line=boolean("multiLine", options.get("multiline", "false")),
        trim=any(
            boolean(key, options.get(key, "false")) for key in ("ignoreleadingwhitespace", "ignoretrailingwhitespace")
        ),
        mode=mode,
        case_sensitive=boolean("readerCaseSensitive", options.get("readercasesensitive", "true")),
        corrupt_column=options.get("columnnameofcorruptrecord", "_corrupt_record"),
    )


def encoding(options: Mapping[str, str]) -> str:
    """The Python name of the files' encoding. Raises ``CloudFilesError`` for an unknown one."""
    given = options.get("encoding", options.get("charset", "UTF-8"))
    try:
        return codecs.lookup(given).name
    except LookupError:
        raise CloudFilesError(
            f"{given!r} is no known encoding", hint="use UTF-8, ISO-8859-1, windows-1252, UTF-16..."
        ) from None


def _plain(value: str) -> str:
    if not value:
        raise CloudFilesError("the option sep may not be empty")
    return value.replace("\\t", "\t").replace("\\|", "|") if value != "\\" else value


def _one(name: str, value: str) -> str:
    value = "" if value in {"\\u0000", "\x00"} else value
    if len(value) > 1:
        raise CloudFilesError(f"Invalid value {value!r} for option {name}: one character was expected")
    return value
