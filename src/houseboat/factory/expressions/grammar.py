"""The grammar of Data Factory's expression language, and the tree that it yields.

Source: the published language reference, and the answers of the workflow engine that evaluates the language (parity
cases in the tests). Calls with postfix accesses and literals are all there is: no operators, no grouping.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from houseboat.factory.errors import ExpressionError

if TYPE_CHECKING:
    from lark import Lark

    from houseboat.runs import Json

GRAMMAR = r"""
?start: expr
?expr: path | text | integer | decimal | keyword
path: call access*
call: NAME "(" [expr ("," expr)*] ")"
access: "." PROPERTY    -> property
      | "?." PROPERTY   -> property_or_null
      | "[" expr "]"    -> index
      | "?[" expr "]"   -> index_or_null
text: TEXT
integer: INTEGER
decimal: DECIMAL
keyword: KEYWORD

KEYWORD.2: /(true|false|null)(?!\w)/i
NAME: /[^\W\d]\w*/
PROPERTY: /\w+/
TEXT: /'(?:[^']|'')*'/
DECIMAL.2: /[+-]?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/
INTEGER: /[+-]?\d+/
%ignore /\s+/
"""

_INTEGERS = range(-(2**63), 2**63)
_KEYWORDS: dict[str, Json] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Literal:
    """A text, number, boolean or null written in the expression."""

    value: Json


@dataclass(frozen=True)
class Call:
    """``name(arguments)``; names are compared in lower case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Access:
    """``subject.key`` or ``subject[key]``; ``guarded`` when written with ``?``: a missing step gives null."""

    subject: Node
    key: Node
    guarded: bool


Node = Literal | Call | Access


@lru_cache(maxsize=4096)
def parse(body: str) -> Node:
    """The tree of an expression without its leading ``@``. Raises ``ExpressionError``."""
    from lark.exceptions import UnexpectedInput

    try:
        tree = _parser().parse(body)
    except UnexpectedInput as error:
        where = getattr(error, "column", None)
        context = body[max(0, (error.pos_in_stream or 0) - 10) : (error.pos_in_stream or 0) + 20]
        near = f" near '{context}'" if context else ""
        reason = f"unexpected input at position {where}{near}" if (where or 0) > 0 else "it ends too early"
        raise ExpressionError.malformed(body, reason) from None
    return _node(tree, body)


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def _node(tree: Any, body: str) -> Node:
    match tree.data:
        case "text":
            return Literal(str(tree.children[0])[1:-1].replace("''", "'"))
        case "integer":
            number = int(tree.children[0])
            if number not in _INTEGERS:
                raise ExpressionError.malformed(body, f"the number {number} does not fit into 64 bits")
            return Literal(number)
        case "decimal":
            return Literal(float(tree.children[0]))
        case "keyword":
            return Literal(_KEYWORDS[str(tree.children[0]).lower()])
        case "call":
            name, *arguments = tree.children
            return Call(str(name), tuple(_node(child, body) for child in arguments))
        case _:
            return _path(tree, body)


def _path(tree: Any, body: str) -> Node:
    head, *accesses = tree.children
    node = _node(head, body)
    for access in accesses:
        (child,) = access.children
        key = Literal(str(child)) if access.data.startswith("property") else _node(child, body)
        node = Access(node, key, access.data.endswith("_or_null"))
    return node


def calls(node: Node) -> list[Call]:
    """Every call in the tree, outermost first."""
    match node:
        case Call():
            return [node, *(call for argument in node.arguments for call in calls(argument))]
        case Access():
            return [*calls(node.subject), *calls(node.key)]
        case Literal():
            return []
