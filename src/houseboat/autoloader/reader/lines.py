"""Text files as lines, by DuckDB: the base of every tolerant reader."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import text

if TYPE_CHECKING:
    from houseboat.autoloader.reader.job import InputFile

# A separator that no text holds: what is asked of the CSV reader is one column, the line.
_NEVER = "'\x1f\x1e\x1d\x1c'"
_NO_NULL = "'\x1f\x1d'"
MAX_LINE = 64 * 1024 * 1024
"""The longest line that is read, in bytes."""


def paths(files: Iterable[InputFile]) -> str:
    """The files as an SQL list; pattern characters in their names mean themselves."""
    return "[" + ", ".join(text(glob.escape(file.path)) for file in files) + "]"


def source(files: Iterable[InputFile], *, skip: int = 0) -> str:
    r"""A FROM item with ``line`` and ``filename``; ``skip``: lines to leave out at each file's beginning.

    Lines end in ``\\n``, ``\\r\\n`` or ``\\r``; a byte order mark is not part of the text.
    """
    return (
        f"read_csv({paths(files)}, header = false, columns = {{'line': 'VARCHAR'}}, auto_detect = false, delim = {_NEVER},"
        f" quote = '', escape = '', nullstr = {_NO_NULL}, strict_mode = false, filename = true, skip = {skip},"
        f" max_line_size = {MAX_LINE}, buffer_size = {2 * MAX_LINE})"
    )
