"""Finds the tables that a SQL query reads, and puts other names in their place.

Only as much SQL is understood as that takes: what stands after FROM and JOIN and in the comma list of a FROM clause,
outside of functions that have a FROM of their own; names of common table expressions are not tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from houseboat.engine.sql_text import Token, tokens

_OWN_FROM = frozenset({"EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "OVERLAY", "POSITION"})
_ENDS_FROM = frozenset({
    "SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "UNION", "INTERSECT",
    "EXCEPT", "MINUS", "WINDOW", "QUALIFY", "OFFSET",
})  # fmt: skip
_BEHIND_TABLE = _ENDS_FROM | {
    "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "SEMI", "ANTI", "NATURAL", "OUTER", "ON", "USING", "TABLESAMPLE",
    "PIVOT", "UNPIVOT", "LATERAL", "WITH", "VERSION", "TIMESTAMP", "FOR",
}  # fmt: skip
_NO_TABLE = frozenset({"SELECT", "VALUES", "LATERAL", "WITH", "TABLE", "UNNEST", "FROM"})

NON_DETERMINISTIC = frozenset({
    "current_date", "current_timestamp", "now", "curdate", "localtimestamp", "unix_timestamp", "rand", "random", "randn",
    "uuid", "shuffle", "monotonically_increasing_id", "current_user", "session_user", "user", "input_file_name",
    "spark_partition_id", "current_time", "uniform", "randstr",
})  # fmt: skip
"""Functions whose result changes from one run to the next over the same data."""


@dataclass(frozen=True)
class Reference:
    """A table named in a query: its parts as written, whether it is read by ``STREAM``, its place in the text (with the
    word STREAM and its parentheses). ``call``: a function that is read by ``STREAM``; other functions are no references. ``aliased``: the
    query gives it a name of its own.
    """

    parts: tuple[str, ...]
    streaming: bool
    start: int
    end: int
    call: bool = False
    aliased: bool = False


@dataclass
class _Scope:
    opener: str = ""
    in_from: bool = False
    expects: bool = False
    streaming: bool = False
    stream_at: int = 0


def references(text: str) -> list[Reference]:
    """The tables that a query reads, in the order of the text."""
    return _Scan(tokens(text)).run()


def replaced(text: str, replace: Callable[[Reference], str | None]) -> str:
    """The text with each reference for which ``replace`` gives one put in another name."""
    pieces, at = [], 0
    for reference in references(text):
        new = replace(reference)
        if new is not None:
            pieces += [text[at : reference.start], new]
            at = reference.end
    return "".join([*pieces, text[at:]])


def is_deterministic(text: str) -> bool:
    """Whether a query or expression gives the same on the same data."""
    return not any(token.kind == "word" and token.value.lower() in NON_DETERMINISTIC for token in tokens(text))


def is_query(text: str) -> bool:
    """Whether a SQL text is a query rather than a command."""
    found = [token for token in tokens(text) if token.value != "("][:1]
    return bool(found) and found[0].upper in ("SELECT", "WITH", "FROM", "VALUES", "TABLE")


@dataclass
class _Scan:
    found: list[Token]
    scopes: list[_Scope] = field(default_factory=lambda: [_Scope()])
    results: list[Reference] = field(default_factory=list)
    at: int = 0

    def run(self) -> list[Reference]:
        while self.at < len(self.found):
            self._step(self.found[self.at])
        ctes = self._cte_names()
        return [r for r in self.results if len(r.parts) > 1 or r.parts[0].lower() not in ctes]

    def _step(self, token: Token) -> None:
        scope, word = self.scopes[-1], token.upper
        if word == "(":
            self.scopes.append(
                _Scope(self._word(-1), in_from=scope.expects, expects=scope.expects, streaming=scope.streaming,
                       stream_at=scope.stream_at)
            )  # fmt: skip
            scope.expects = scope.streaming = False
        elif word == ")":
            if len(self.scopes) > 1:
                self.scopes.pop()
        elif word == "FROM":
            scope.in_from = scope.expects = not self._own_from(scope)
        elif word == "JOIN":
            scope.expects = True
        elif word == ",":
            scope.expects = scope.in_from
        elif scope.expects and token.kind in ("word", "quoted"):
            self._name(scope, token)
            return
        elif word in _ENDS_FROM:
            scope.in_from = False
        self.at += 1

    def _name(self, scope: _Scope, token: Token) -> None:
        if token.upper == "STREAM" and self._value(1) not in (".", "", ")"):
            scope.streaming, scope.stream_at = True, token.start
            self.at += 1
            return
        scope.expects = False
        if token.upper in _NO_TABLE:
            scope.in_from = token.upper == "LATERAL" and scope.in_from
            self.at += 1
            return
        start, parts = token.start, [token.value]
        while self._value(1) == "." and self.at + 2 < len(self.found):
            self.at += 2
            parts.append(self.found[self.at].value)
        call = self._value(1) == "("
        if not call or scope.streaming:
            wrapped = scope.streaming and scope.opener == "STREAM" and self._value(1) == ")"
            end, aliased = self.found[self.at + wrapped].end, self._aliased(1 + wrapped)
            begin = scope.stream_at if scope.streaming else start
            self.results.append(Reference(tuple(parts), scope.streaming, begin, end, call, aliased))
        scope.streaming = False
        self.at += 1

    def _aliased(self, offset: int) -> bool:
        if self.at + offset >= len(self.found):
            return False
        token = self.found[self.at + offset]
        return token.kind == "quoted" or (token.kind == "word" and token.upper not in _BEHIND_TABLE)

    def _own_from(self, scope: _Scope) -> bool:
        return scope.opener in _OWN_FROM or (self._word(-1) == "DISTINCT" and self._word(-2) in ("IS", "NOT"))

    def _cte_names(self) -> set[str]:
        names = set()
        for index, token in enumerate(self.found[:-2]):
            if (
                token.kind in ("word", "quoted")
                and self.found[index + 1].upper == "AS"
                and self.found[index + 2].value == "("
            ):
                before = self.found[index - 1].upper if index else ""
                if before in ("WITH", "RECURSIVE", ","):
                    names.add(token.value.lower())
        return names

    def _word(self, offset: int) -> str:
        index = self.at + offset
        return self.found[index].upper if 0 <= index < len(self.found) else ""

    def _value(self, offset: int) -> str:
        index = self.at + offset
        return self.found[index].value if index < len(self.found) else ""
