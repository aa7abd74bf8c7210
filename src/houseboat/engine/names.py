"""Names of tables as they are written: splitting, quoting, and where in a SQL text a table can stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from houseboat.engine.sql_text import Name, Token, names, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE_FOLLOWS = frozenset(
    {
        "FROM", "JOIN", "INTO", "TABLE", "UPDATE", "VIEW", "USING", "DESCRIBE", "DESC", "STREAM", "OVERWRITE",
        "EXTENDED", "FORMATTED", "IN",
    }
)  # fmt: skip
_LIST_ENDS = frozenset(
    {
        "SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "ON", "SET", "VALUES", "WHEN", "UNION", "EXCEPT",
        "INTERSECT", "WINDOW", "CLUSTER", "DISTRIBUTE", "SORT", "LATERAL",
    }
)  # fmt: skip
_VERSION = re.compile(r"[vV](\d+)")


def split(text: str) -> Name:
    """The parts of a dotted name; a text that is none is one part."""
    return next((parts for parts, first, _ in names(tokens(text)) if first == 0), (text,))


def quoted(parts: Sequence[str]) -> str:
    """A dotted name with each part in backticks."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def table_positions(found: Sequence[Token]) -> set[int]:
    """The indexes of tokens where a table's name may begin: behind FROM, JOIN, INTO ... and behind a comma after FROM."""
    positions: set[int] = set()
    listing = [False]
    for index, token in enumerate(found):
        before = found[index - 1].upper if index else ""
        if (before in _TABLE_FOLLOWS or (before == "," and listing[-1])) and token.upper not in _LIST_ENDS:
            positions.add(index)
        if token.upper == "(":
            listing.append(False)
        elif token.upper == ")" and len(listing) > 1:
            listing.pop()
        elif token.upper == "FROM":
            listing[-1] = True
        elif token.upper in _LIST_ENDS:
            listing[-1] = False
    return positions


def common_table_expressions(found: Sequence[Token]) -> set[str]:
    """The names that a text's WITH clauses define, in lower case."""
    if not any(token.upper == "WITH" for token in found):
        return set()
    defined = set()
    for index in range(1, len(found) - 2):
        before, here = found[index - 1].upper, found[index]
        if before in ("WITH", ",", "RECURSIVE") and here.kind in ("word", "quoted"):
            following = [token.upper for token in found[index + 1 : index + 3]]
            if following == ["AS", "("] or following[:1] == ["("]:
                defined.add(here.value.lower())
    return defined


def versions_spelled_out(text: str) -> str:
    """``table@v3`` as ``table VERSION AS OF 3``, which every engine reads."""
    if "@" not in text:
        return text
    found, pieces, at = tokens(text), [], 0
    for before, sign, version in zip(found, found[1:], found[2:], strict=False):
        match = _VERSION.fullmatch(version.value) if version.kind == "word" else None
        adjacent = before.end == sign.start and sign.end == version.start
        if match and adjacent and sign.value == "@" and before.kind in ("word", "quoted"):
            pieces += [text[at : sign.start], f" VERSION AS OF {match[1]}"]
            at = version.end
    return "".join([*pieces, text[at:]])
