"""Tells literal text, whole expressions and interpolated text apart.

=======================  =====================================================================
text                     meaning
=======================  =====================================================================
``@concat('a')``         an expression; its value keeps its type
``a@{item()}b``          interpolated: always text
``@@x``                  the text ``@x`` (only the first ``@`` goes)
``a@@{b}``               the text ``a@{b}``
``@``, `` @x``, ``a@b``  plain text
=======================  =====================================================================

Source: the published language reference; the finer points are parity cases in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from houseboat.factory.errors import ExpressionError
from houseboat.factory.expressions.grammar import Node, parse


@dataclass(frozen=True)
class Expression:
    """A piece of a template that is evaluated: its tree, and its text as written."""

    node: Node
    source: str


@dataclass(frozen=True)
class Plain:
    """Text without any expression in it."""

    text: str


@dataclass(frozen=True)
class Interpolated:
    """Text with expressions in it."""

    parts: tuple[str | Expression, ...]


Template = Plain | Expression | Interpolated


@lru_cache(maxsize=4096)
def read(text: str) -> Template:
    """Split a JSON string into what is text and what is evaluated. Raises ``ExpressionError``."""
    if "@" not in text or text == "@":
        return Plain(text)
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        return Expression(parse(text[1:]), text[1:])
    dropped = text.startswith("@@") and not text.startswith("@@{")
    parts = _pieces(text[1:] if dropped else text, start=1 if dropped else 0)
    if all(isinstance(part, str) for part in parts):
        return Plain("".join(part for part in parts if isinstance(part, str)))
    return Interpolated(tuple(parts))


def _pieces(text: str, *, start: int) -> list[str | Expression]:
    pieces: list[str | Expression] = [text[:start]] if start else []
    position = start
    while position < len(text):
        opening = text.find("@{", position)
        if opening < 0:
            pieces.append(text[position:])
            break
        if opening > position and text[opening - 1] == "@":
            pieces.extend((text[position : opening - 1], "@{"))
            position = opening + 2
            continue
        if opening > position:
            pieces.append(text[position:opening])
        end = _closing(text, opening + 2)
        body = text[opening + 2 : end]
        pieces.append(Expression(parse(body), body))
        position = end + 1
    return pieces


def _closing(text: str, position: int) -> int:
    """The place of the brace that closes an interpolation; braces inside quotes do not count."""
    quoted = False
    for index in range(position, len(text)):
        if text[index] == "'":
            quoted = not quoted
        elif text[index] == "}" and not quoted:
            return index
    raise ExpressionError.malformed(text, "the interpolation '@{' is never closed")
