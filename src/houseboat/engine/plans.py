"""Walks and builds Spark Connect plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from pyspark.sql.connect.plan import LogicalPlan
from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2, relations_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator


def relations(message: Message) -> Iterator[relations_pb2.Relation]:
    """Every relation in a plan, command or relation, children first. What is yielded may be changed in place."""
    for child in children(message):
        yield from relations(child)
    if isinstance(message, relations_pb2.Relation):
        yield message


def messages(root: Message, kind: type[Message]) -> Iterator[Any]:
    """Every message of a kind below (and at) a root, children first."""
    for child in children(root):
        yield from messages(child, kind)
    if isinstance(root, kind):
        yield root


def copied(plan: pb2.Plan) -> pb2.Plan:
    """A plan of one's own, to change."""
    copy = pb2.Plan()
    copy.CopyFrom(plan)
    return copy


def analyzed_relations(request: pb2.AnalyzePlanRequest) -> Iterator[relations_pb2.Relation]:
    """Every relation that an analysis request asks about."""
    return relations(request)


def sql_text(plan: pb2.Plan) -> str | None:
    """The SQL text of a plan that is one SQL command, whichever way the client packed it."""
    if not plan.HasField("command") or not plan.command.HasField("sql_command"):
        return None
    command = plan.command.sql_command
    if command.HasField("input"):
        relation = command.input
        if relation.HasField("with_relations"):
            relation = relation.with_relations.root
        if relation.HasField("sql"):
            return relation.sql.query
    return command.sql or None


def set_sql_text(plan: pb2.Plan, text: str) -> None:
    """Put another text into a SQL command, wherever the client packed it."""
    command = plan.command.sql_command
    if command.sql:
        command.sql = text
    if command.HasField("input"):
        relation = command.input
        if relation.HasField("with_relations"):
            relation = relation.with_relations.root
        relation.sql.query = text


def options(source: Any) -> dict[str, str]:
    """The options of a read, a write or a stream, keys in lower case (Spark's option keys have no case)."""
    return {key.lower(): value for key, value in source.options.items()}


def relation_of(frame: Any) -> relations_pb2.Relation:
    """The relation that a DataFrame stands for, as its session would send it; the engine is not asked."""
    return frame._plan.to_proto(frame._session.client).root  # noqa: SLF001 - DataFrames do not show their plan


def raw_plan(relation: relations_pb2.Relation) -> LogicalPlan:
    """A client-side plan node around a raw relation."""
    return _Raw(relation)


def write_target(command: commands_pb2.Command) -> commands_pb2.WriteOperation | commands_pb2.WriteOperationV2 | None:
    """The batch write in a command, if it is one."""
    if command.HasField("write_operation"):
        return command.write_operation
    if command.HasField("write_operation_v2"):
        return command.write_operation_v2
    return None


class _Raw(LogicalPlan):
    def __init__(self, relation: relations_pb2.Relation) -> None:
        super().__init__(None)
        self._relation = relation

    def plan(self, session: Any) -> relations_pb2.Relation:  # noqa: ARG002
        return self._relation


def children(message: Message) -> Iterator[Message]:
    """The messages directly in a message: single, repeated and in maps."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            yield from (child for child in value.values() if isinstance(child, Message))
        elif isinstance(value, Message):
            yield value
        else:
            yield from value
