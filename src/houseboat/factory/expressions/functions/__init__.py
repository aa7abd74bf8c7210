"""All functions of the expression language, by lower-case name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.factory.expressions.functions import (
    collection,
    conversion,
    datetime,
    extensions,
    logical,
    math,
    string,
    xml,
)

if TYPE_CHECKING:
    from houseboat.factory.expressions.functions.function import Function

_TABLES = (
    string.FUNCTIONS,
    collection.FUNCTIONS,
    logical.FUNCTIONS,
    conversion.FUNCTIONS,
    xml.FUNCTIONS,
    math.FUNCTIONS,
    datetime.FUNCTIONS,
    extensions.FUNCTIONS,
)
_LAZY = ("and", "coalesce", "if", "or")

FUNCTIONS: dict[str, Function] = {name.lower(): function for table in _TABLES for name, function in table.items()}
"""Name in lower case -> function; the lazy ones live with the evaluator."""


def documented_names() -> list[str]:
    """The functions of Data Factory's reference that are here, as it spells them."""
    eager = (name for table in _TABLES for name, function in table.items() if function.documented)
    return sorted((*eager, *_LAZY), key=str.lower)
