"""The text of SQL cells: statements apart, widgets filled in.

``split`` parts at ``;`` outside quotes and comments (``BEGIN ... END`` scripts are not known). ``${name}`` is replaced
textually (legacy widgets and confs), ``:name`` becomes a named parameter of ``spark.sql``, and ``IDENTIFIER(:name)``
the name itself, which the embedded engine cannot take as a parameter. Source: Databricks' pages on widgets and
parameter markers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`)"""
    r"""|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<end>;)"""
    r"""|(?P<marker>(?<![:\w)\]`'"]):(?P<name>[A-Za-z_]\w*))""",
    re.DOTALL,
)
_WIDGET = re.compile(
    r"^\s*CREATE\s+WIDGET\s+(?P<kind>TEXT|DROPDOWN|COMBOBOX|MULTISELECT)\s+(?P<name>`[^`]+`|[\w.-]+)\s+"
    r"""DEFAULT\s+(?P<default>'[^']*'|"[^"]*"|[^\s]+)(?P<choices>\s+CHOICES\s+.*)?\s*$""",
    re.IGNORECASE | re.DOTALL,
)
_REMOVE = re.compile(r"^\s*REMOVE\s+WIDGET\s+(?P<name>`[^`]+`|[\w.-]+)\s*$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"\bIDENTIFIER\s*\(\s*(?P<inner>[^()]*?)\s*\)", re.IGNORECASE)
_DOLLAR = re.compile(r"(?P<escaped>\\)?\$\{(?P<name>[^{}]+)\}|\$(?P<short>[A-Za-z_]\w*)\b")


def split(text: str) -> list[tuple[str, int]]:
    """The statements of a text, without those that hold only comments, each with the 0-based line it begins on."""
    statements: list[tuple[str, int]] = []
    start = 0
    for match in _TOKEN.finditer(text):
        if match["end"]:
            _add(statements, text, start, match.start())
            start = match.end()
    _add(statements, text, start, len(text))
    return statements


def _add(statements: list[tuple[str, int]], text: str, start: int, end: int) -> None:
    body = text[start:end]
    if without_comments(body).strip():
        lead = len(body) - len(body.lstrip())
        statements.append((body.strip(), text.count("\n", 0, start + lead)))


def without_comments(text: str) -> str:
    """The text with comments blanked; quotes are respected."""
    return _TOKEN.sub(lambda match: " " if match["comment"] else match.group(0), text)


def markers(statement: str) -> list[str]:
    """The names of the ``:name`` parameter markers in a statement, each once."""
    found = (match["name"] for match in _TOKEN.finditer(statement) if match["marker"])
    return list(dict.fromkeys(found))


def fill(text: str, lookup: Callable[[str], str | None]) -> str:
    r"""Replace ``${name}``, and ``$name`` where a value of that name is known; ``\${...}`` stays, without its escape."""

    def value(match: re.Match[str]) -> str:
        whole: str = match.group(0)
        if match["escaped"]:
            return whole[1:]
        found = lookup((match["name"] or match["short"]).strip())
        return whole if found is None else found

    return _DOLLAR.sub(value, text)


def name_identifiers(statement: str, lookup: Callable[[str], str | None]) -> str:
    """Replace ``IDENTIFIER(...)`` over known markers and literals joined by ``||`` by the name that they spell."""

    def spell(match: re.Match[str]) -> str:
        parts: list[str] = []
        for part in match["inner"].split("||"):
            text = part.strip()
            found = lookup(text[1:]) if text.startswith(":") else text[1:-1] if text[:1] in "'\"" and text else None
            if found is None:
                return match.group(0)
            parts.append(found)
        return "".join(parts)

    return _IDENTIFIER.sub(spell, statement)


def widget_command(statement: str) -> Mapping[str, str] | None:
    """``CREATE WIDGET`` or ``REMOVE WIDGET`` as ``{command, kind, name, default}``; None for any other statement."""
    bare = without_comments(statement)
    if match := _WIDGET.match(bare):
        return {
            "command": "create",
            "kind": match["kind"].lower(),
            "name": match["name"].strip("`"),
            "default": match["default"].strip("'\""),
        }
    if match := _REMOVE.match(bare):
        return {"command": "remove", "name": match["name"].strip("`")}
    return None
