"""``_metadata``: a column of file streams that is there when it is named, and never shows itself.

A source adds it as an ordinary last column; here it is taken out again wherever the plan would let it through. Source:
Databricks, "File metadata column"; Apache Spark, ``AddMetadataColumns``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from houseboat.engine import plans
from houseboat.streaming.leaves import is_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "_metadata"

_NAMED = re.compile(r"(?<![\w.])`?_metadata`?(?!\w)", re.IGNORECASE)
_PASSING = frozenset(
    {"filter", "limit", "offset", "sort", "subquery_alias", "repartition", "repartition_by_expression", "hint", "sample",
     "with_watermark", "with_columns", "with_columns_renamed", "drop", "fill_na", "replace", "collect_metrics"}
)  # fmt: skip
"""Relations with one input that let all its columns through."""


def is_named(message: Message) -> bool:
    """Whether anything in a plan names ``_metadata``."""
    if any(
        _NAMED.search(e.unresolved_attribute.unparsed_identifier) for e in _expressions(message, "unresolved_attribute")
    ):
        return True
    if any(_NAMED.search(e.expression_string.expression) for e in _expressions(message, "expression_string")):
        return True
    return any(r.HasField("sql") and _NAMED.search(r.sql.query) for r in plans.relations(message))


def hide(message: Message) -> None:
    """Take the column out of the plans in a message (in place) wherever only ``*`` would show it."""
    for root in _roots(message):
        if _hide(root):
            _wrap(root)


def _roots(message: Message) -> Iterator[relations_pb2.Relation]:
    if isinstance(message, relations_pb2.Relation):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None and isinstance(value, Message):
            yield from _roots(value)


def _hide(relation: relations_pb2.Relation) -> bool:
    """Whether the relation's columns still hold one that must not be seen."""
    if is_stream(relation):
        return True
    kind = relation.WhichOneof("rel_type") or ""
    body = getattr(relation, kind)
    hidden = [child for child in _children(body) if _hide(child)]
    if not hidden:
        return False
    if kind == "drop" and _drops_it(body):
        return False
    if kind == "project":
        return _project(body)
    if kind in _PASSING:
        return not _makes_it(body)
    if kind != "aggregate":
        for child in hidden:
            _wrap(child)
    return False


def _project(project: relations_pb2.Project) -> bool:
    """``select("*", "_metadata")`` asks for the column that ``*`` would bring anyway: now it is there to be seen."""
    stars = [e for e in project.expressions if e.HasField("unresolved_star")]
    if not stars:
        return False
    named = [
        e
        for e in project.expressions
        if e.HasField("unresolved_attribute") and e.unresolved_attribute.unparsed_identifier.strip("`").lower() == NAME
    ]
    for expression in named:
        project.expressions.remove(expression)
    return not named


def _makes_it(body: Any) -> bool:
    aliases = getattr(body, "aliases", ())
    return any(list(alias.name) == [NAME] for alias in aliases)


def _drops_it(drop: relations_pb2.Drop) -> bool:
    columns = [c.unresolved_attribute.unparsed_identifier for c in drop.columns]
    return NAME in (name.strip("`").lower() for name in [*columns, *drop.column_names])


def _wrap(relation: relations_pb2.Relation) -> None:
    inner = relations_pb2.Relation()
    inner.CopyFrom(relation)
    relation.Clear()
    relation.drop.input.CopyFrom(inner)
    relation.drop.column_names.append(NAME)


def _children(body: Message) -> Iterator[relations_pb2.Relation]:
    for field, value in body.ListFields():
        if (
            field.message_type is not None
            and field.message_type.full_name == relations_pb2.Relation.DESCRIPTOR.full_name
        ):
            yield from value if not isinstance(value, Message) else (value,)


def _expressions(message: Message, kind: str) -> Iterator[Any]:
    return (e for e in plans.messages(message, expressions_pb2.Expression) if e.HasField(kind))
