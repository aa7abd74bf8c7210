"""Small pieces of DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Iterable


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted identifier."""
    return '"' + value.replace('"', '""') + '"'


def columns(names: Iterable[str]) -> str:
    """A list of quoted identifiers."""
    return ", ".join(map(name, names))
