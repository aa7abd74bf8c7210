"""Finds the streaming leaves of a plan and puts batch relations in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import relations_pb2

from houseboat.engine import plans

if TYPE_CHECKING:
    from google.protobuf.message import Message


@dataclass(frozen=True)
class Leaf:
    """What a ``readStream`` asks for.

    ``format`` as written, ``options`` by their keys as written, ``path`` the (first) address, ``table`` the name for
    ``readStream.table``, ``schema`` the user's (DDL or JSON text) or None. ``with_metadata``: the plan names the hidden column ``_metadata``.
    """

    format: str
    path: str | None = None
    table: str | None = None
    schema: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    with_metadata: bool = False

    def option(self, key: str, default: str | None = None) -> str | None:
        """An option by its key, whose case does not matter."""
        lowered = key.lower()
        return next((value for name, value in self.options.items() if name.lower() == lowered), default)

    @property
    def name(self) -> str:
        """What the user would call it."""
        return self.table or self.path or self.format


def has_streams(message: Message) -> bool:
    """Whether a plan, command, relation or analysis request reads a stream."""
    return next(streams(message), None) is not None


def streams(message: Message) -> Iterator[relations_pb2.Relation]:
    """The streaming leaves, in the order in which they stand in the plan: source 0, 1, ..."""
    return (relation for relation in plans.relations(message) if is_stream(relation))


def leaf_of(relation: relations_pb2.Relation, *, with_metadata: bool = False) -> Leaf:
    """What a streaming leaf asks for."""
    read = relation.read
    if read.HasField("named_table"):
        return Leaf("delta", table=read.named_table.unparsed_identifier, options=dict(read.named_table.options))
    source = read.data_source
    options = dict(source.options)
    leaf = Leaf(source.format or "delta", schema=source.schema or None, options=options)
    path = source.paths[0] if source.paths else leaf.option("path")
    return Leaf(leaf.format, path=path, schema=leaf.schema, options=options, with_metadata=with_metadata)


def replaced(root: relations_pb2.Relation, batches: Sequence[relations_pb2.Relation]) -> relations_pb2.Relation:
    """A copy of a plan with its streaming leaves replaced, the first by the first."""
    copy = relations_pb2.Relation()
    copy.CopyFrom(root)
    replace_in(copy, lambda index, _: batches[index])
    return copy


def replace_in(
    message: Any, batch: Callable[[int, Leaf], relations_pb2.Relation], *, with_metadata: bool = False
) -> int:
    """Replace the streaming leaves of a message in place; returns how many there were.

    The leaf's plan id stays, because columns refer to it (``df["x"]``).
    """
    leaves = list(streams(message))
    for index, relation in enumerate(leaves):
        plan_id = relation.common.plan_id if relation.common.HasField("plan_id") else None
        relation.CopyFrom(batch(index, leaf_of(relation, with_metadata=with_metadata)))
        if plan_id is not None:
            relation.common.plan_id = plan_id
    return len(leaves)


def empty_relation(schema_json: str) -> relations_pb2.Relation:
    """A relation of these columns without rows."""
    relation = relations_pb2.Relation()
    relation.local_relation.schema = schema_json
    return relation


def is_stream(relation: relations_pb2.Relation) -> bool:
    """Whether a relation is a streaming leaf."""
    return relation.HasField("read") and relation.read.is_streaming
