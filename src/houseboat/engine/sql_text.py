"""Reads SQL just far enough to know a statement's kind and the names it holds.

The engine parses SQL; this only tells statements that the engine lacks from those it has, and finds names and
paths in the text, with their places, so that they can be replaced. Quotes, comments and backticks are understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<string>(?:r|R)?'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*|\d+[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<punct>[^\sA-Za-z0-9_])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """``kind``: string, quoted, word, number or punct. ``value``: without quotes. ``start``/``end``: place in the text."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The word in capitals; empty for what is no bare word or punctuation."""
        return self.value.upper() if self.kind in ("word", "punct") else ""


def tokens(text: str) -> list[Token]:
    """The tokens of a text, comments left out."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "comment":
            continue
        raw = match.group()
        value = raw
        if kind == "string":
            body = raw[raw.index(raw[-1]) + 1 : -1]
            value = body.replace(raw[-1] * 2, raw[-1]) if raw[0] not in "rR" else body
            value = re.sub(r"\\(.)", r"\1", value) if "\\" in value and raw[0] not in "rR" else value
        elif kind == "quoted":
            value = raw[1:-1].replace("``", "`")
        found.append(Token(kind, value, match.start(), match.end()))
    return found


def statements(text: str) -> list[str]:
    """Splits a text at semicolons that stand outside quotes and comments; empty statements are left out."""
    parts, start = [], 0
    for token in tokens(text):
        if token.kind == "punct" and token.value == ";":
            parts.append(text[start : token.start])
            start = token.end
    parts.append(text[start:])
    return [part.strip() for part in parts if tokens(part)]


Name = tuple[str, ...]
"""A name in parts, as written: ``("netflix", "silver", "titles")``."""


def names(found: Sequence[Token]) -> Iterator[tuple[Name, int, int]]:
    """Every dotted name with the indexes of its first and last token."""
    index = 0
    while index < len(found):
        if found[index].kind not in ("word", "quoted") or (
            index and found[index - 1].value == "." and found[index - 1].kind == "punct"
        ):
            index += 1
            continue
        last = index
        parts = [found[index].value]
        while last + 2 < len(found) and found[last + 1].value == "." and found[last + 2].kind in ("word", "quoted"):
            last += 2
            parts.append(found[last].value)
        yield tuple(parts), index, last
        index = last + 1


class Cursor:
    """Reads one statement from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        while self.tokens and self.tokens[-1].value == ";" and self.tokens[-1].kind == "punct":
            self.tokens.pop()
        self.at = 0

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next, in this order."""
        ahead = [token.upper for token in self.tokens[self.at : self.at + len(words)]]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def accept_any(self, *words: str) -> str | None:
        """Step over one of these words."""
        return next((word for word in words if self.accept(word)), None)

    def name(self) -> Name | None:
        """Step over a dotted name; ``IDENTIFIER('a.b')`` and a quoted string count as names too."""
        if self.at >= len(self.tokens):
            return None
        for parts, first, last in names(self.tokens[self.at :]):
            if first == 0:
                self.at += last + 1
                return parts
            break
        return None

    def string(self) -> str | None:
        """Step over a string literal."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "string":
            self.at += 1
            return self.tokens[self.at - 1].value
        return None

    def number(self) -> float | None:
        """Step over a number."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "number":
            self.at += 1
            return float(self.tokens[self.at - 1].value)
        return None

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    @property
    def position(self) -> int:
        """The place in the text of the next token."""
        return self.tokens[self.at].start if not self.ended else len(self.text)

    def rest(self) -> str:
        """The text from here on."""
        return self.text[self.position :]

    def find(self, *words: str) -> int | None:
        """The token index of these words at nesting depth 0, from here on."""
        depth = 0
        for index in range(self.at, len(self.tokens)):
            value = self.tokens[index].upper
            depth += (value == "(") - (value == ")")
            if depth == 0 and [t.upper for t in self.tokens[index : index + len(words)]] == list(words):
                return index
        return None
