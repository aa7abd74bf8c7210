"""What handlers of SQL statements share: a table of statement heads, and ways to read clauses."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2

from houseboat.engine import plans
from houseboat.engine.catalog import CatalogError
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.sql_text import Cursor, Name

if TYPE_CHECKING:
    from houseboat.engine.catalog import Full
    from houseboat.engine.handlers.catalog_names import CatalogNames


@dataclass(frozen=True)
class Asked:
    """One statement: its text read up to behind its head, and what is needed to answer it or to send it on."""

    cursor: Cursor
    session: SessionContext
    plan: pb2.Plan
    proceed: Proceed

    def go_on(self, text: str | None = None) -> Iterator[pb2.ExecutePlanResponse]:
        """Send the statement on, with another text when one is given."""
        plan = plans.copied(self.plan)
        if text is not None:
            plans.set_sql_text(plan, text)
        return self.proceed(plan)


Answer = Iterator[pb2.ExecutePlanResponse] | None
Statement = Callable[[Asked], Answer]


class Statements(Handler):
    """Answers SQL commands by the words they begin with; a statement that answers None proceeds."""

    def __init__(self, resolver: CatalogNames, heads: Mapping[str, Statement]) -> None:
        """``heads``: the words of a statement's beginning, separated by blanks; longer ones are tried first."""
        self._names = resolver
        self._catalog = resolver.catalog
        self._heads = sorted(
            ((tuple(head.split()), one) for head, one in heads.items()), key=lambda item: -len(item[0])
        )

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer a statement."""
        text = plans.sql_text(plan)
        if text is None:
            return proceed(plan)
        cursor = Cursor(text)
        for words, statement in self._heads:
            if cursor.accept(*words):
                answer = statement(Asked(cursor, session, plan, proceed))
                return answer if answer is not None else proceed(plan)
        return proceed(plan)

    def _full(self, parts: Name, session: SessionContext) -> Full:
        full = self._names.full(parts, session)
        if full is None:
            raise CatalogError(
                f"{'.'.join(parts)!r} has more than three parts", code="INVALID_NAME", hint="catalog.schema.table"
            )
        return full


def required(cursor: Cursor) -> Name:
    """The name that comes next; raises ``CatalogError`` where there is none."""
    name = cursor.name()
    if name is None:
        raise CatalogError(f"a name was expected at {cursor.rest()[:40]!r}", code="PARSE_SYNTAX_ERROR")
    return name


def clause(cursor: Cursor, *words: str) -> str | None:
    """The string behind these words, anywhere in the statement's own clauses (not in the query behind AS)."""
    at = _own(cursor, *words)
    token = cursor.tokens[at + len(words)] if at is not None and at + len(words) < len(cursor.tokens) else None
    return token.value if token and token.kind == "string" else None


def word_after(cursor: Cursor, word: str) -> str | None:
    """The word behind this one, in the statement's own clauses."""
    at = _own(cursor, word)
    return cursor.tokens[at + 1].value if at is not None and at + 1 < len(cursor.tokens) else None


def span(cursor: Cursor, *words: str) -> tuple[int, int] | None:
    """The token indexes of a clause ``WORDS (...)`` or ``WORDS word``: its first token and the one behind its last."""
    at = _own(cursor, *words)
    if at is None:
        return None
    end = at + len(words)
    if end < len(cursor.tokens) and cursor.tokens[end].upper == "(":
        return at, _closing(cursor, end) + 1
    return at, min(end + 1, len(cursor.tokens))


def without(cursor: Cursor, *spans: tuple[int, int] | None) -> str:
    """The statement's text without these clauses."""
    text, pieces, at = cursor.text, [], 0
    for first, end in sorted(found for found in spans if found):
        pieces.append(text[at : cursor.tokens[first].start])
        at = cursor.tokens[end - 1].end
    return "".join([*pieces, text[at:]])


def pairs(cursor: Cursor, opening: int) -> dict[str, str]:
    """``('key' = 'value', a.b = true, ...)``, beginning with the token of the opening bracket."""
    inner = Cursor(cursor.text[cursor.tokens[opening].end : cursor.tokens[_closing(cursor, opening)].start])
    found: dict[str, str] = {}
    while not inner.ended:
        key = inner.string() or ".".join(inner.name() or ())
        inner.accept("=")
        if not key or inner.ended:
            raise CatalogError("expected ('key' = 'value', ...)", code="PARSE_SYNTAX_ERROR")
        sign = "-" if inner.accept("-") else ""
        found[key] = sign + inner.tokens[inner.at].value
        inner.at += 1
        inner.accept(",")
    return found


def like(values: list[str], cursor: Cursor) -> list[str]:
    """The values that ``[LIKE] 'pattern'`` lets pass: ``*`` and ``%`` are any text, ``|`` separates choices."""
    cursor.accept("LIKE")
    pattern = cursor.string()
    if pattern is None:
        return values
    choices = [part.strip().lower() for part in pattern.replace("%", "*").split("|")]
    return [value for value in values if any(fnmatch.fnmatchcase(value.lower(), choice) for choice in choices)]


def _own(cursor: Cursor, *words: str) -> int | None:
    at, end = cursor.find(*words), cursor.find("AS")
    return None if at is None or (end is not None and end < at) else at


def _closing(cursor: Cursor, opening: int) -> int:
    depth = 0
    for index in range(opening, len(cursor.tokens)):
        depth += (cursor.tokens[index].upper == "(") - (cursor.tokens[index].upper == ")")
        if depth == 0:
            return index
    raise CatalogError("a bracket is not closed", code="PARSE_SYNTAX_ERROR")
