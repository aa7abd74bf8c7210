"""What a streaming plan may hold, checked before a query starts.

Houseboat's queries keep no state between batches: everything that needs some is a declared gap, listed here by name
with what to do instead. What Spark itself refuses is refused in Spark's words.
Source: Apache Spark, ``UnsupportedOperationChecker``; "Unsupported operations" of the streaming guide.
"""

from __future__ import annotations

from google.protobuf.message import Message
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from houseboat.engine import plans
from houseboat.errors import Unsupported
from houseboat.streaming.errors import analysis_error
from houseboat.streaming.gaps import GAPS
from houseboat.streaming.leaves import has_streams

_FOREACH = "use foreachBatch with a MERGE into the target, or a materialized view over the table"

STATEFUL = {
    "aggregate": ("a streaming aggregation", _FOREACH),
    "deduplicate": (
        "dropDuplicates / distinct on a stream",
        "use foreachBatch with MERGE ... WHEN NOT MATCHED THEN INSERT",
    ),
    "limit": ("limit on a stream", "limit what the sink is read for, or use foreachBatch"),
    "group_map": ("applyInPandas on a stream", _FOREACH),
    "co_group_map": ("cogroup on a stream", _FOREACH),
    "apply_in_pandas_with_state": ("applyInPandasWithState / transformWithState", _FOREACH),
}
"""Relations that need state over batches -> what they are called, and what to do instead."""

REFUSED = {
    "sort": "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated "
    "DataFrame/Dataset in Complete output mode",
    "offset": "Offset is not supported on streaming DataFrames/Datasets",
    "tail": "tail is not supported on streaming DataFrames/Datasets",
    "sample": "Sampling is not supported on streaming DataFrames/Datasets",
}
"""Relations that Spark refuses on a stream -> its words."""

_SINK_MODES = ("append", "update", "complete")


def check(plan: relations_pb2.Relation, output_mode: str) -> None:
    """Raise when a plan cannot run as a streaming query."""
    if not has_streams(plan):
        raise analysis_error(
            "'writeStream' can be called only on streaming Dataset/DataFrame", code="WRITE_STREAM_NOT_ALLOWED"
        )
    if output_mode not in _SINK_MODES:
        raise analysis_error(
            f"Unknown output mode {output_mode}. Accepted output modes are 'append', 'complete', 'update'"
        )
    for relation in plans.relations(plan):
        kind = relation.WhichOneof("rel_type")
        if kind in STATEFUL and has_streams(relation):
            name, instead = STATEFUL[kind]
            raise Unsupported(f"{name} is not supported: queries keep no state between batches", hint=instead)
        if kind in REFUSED and has_streams(relation):
            raise analysis_error(REFUSED[kind], hint="do it in foreachBatch, or when reading the sink")
        _check_relation(relation, kind)
    if output_mode == "complete":
        raise analysis_error(
            "Complete output mode not supported when there are no streaming aggregations on streaming "
            "DataFrames/Datasets",
            hint="use outputMode('append')",
        )


def without_watermarks(plan: relations_pb2.Relation) -> relations_pb2.Relation:
    """A copy of a plan without ``withWatermark``, which changes nothing where no state is kept."""
    copy = relations_pb2.Relation()
    copy.CopyFrom(plan)
    strip_watermarks(copy)
    return copy


def strip_watermarks(message: Message) -> None:
    """Take ``withWatermark`` out of the plans in a message, in place."""
    for relation in plans.relations(message):
        if relation.HasField("with_watermark"):
            inner = relations_pb2.Relation()
            inner.CopyFrom(relation.with_watermark.input)
            relation.CopyFrom(inner)


def _check_relation(relation: relations_pb2.Relation, kind: str | None) -> None:
    if kind == "join" and has_streams(relation.join.left) and has_streams(relation.join.right):
        raise Unsupported(
            "a join of two streams is not supported: queries keep no state between batches",
            hint=GAPS["a join of two streams"],
        )
    if kind == "join":
        _check_static_join(relation.join)
    if (
        kind == "set_op"
        and relation.set_op.set_op_type != relations_pb2.SetOperation.SET_OP_TYPE_UNION
        and has_streams(relation)
    ):
        raise analysis_error("INTERSECT and EXCEPT are not supported on streaming DataFrames/Datasets")
    if kind in ("project", "with_columns") and has_streams(relation) and _has_window(getattr(relation, kind)):
        raise analysis_error(
            "Window function is not supported on streaming DataFrames/Datasets. Structured Streaming only supports "
            "time-window aggregation using the WINDOW function",
            code="NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING",
            hint="do it in foreachBatch, or when reading the sink",
        )


def _check_static_join(join: relations_pb2.Join) -> None:
    """Source: "Support matrix for joins in streaming queries", stream with static."""
    kinds = relations_pb2.Join
    left, right = has_streams(join.left), has_streams(join.right)
    outer_static_left = left and join.join_type in (kinds.JOIN_TYPE_RIGHT_OUTER, kinds.JOIN_TYPE_FULL_OUTER)
    outer_static_right = right and join.join_type in (
        kinds.JOIN_TYPE_LEFT_OUTER, kinds.JOIN_TYPE_FULL_OUTER, kinds.JOIN_TYPE_LEFT_SEMI, kinds.JOIN_TYPE_LEFT_ANTI,
    )  # fmt: skip
    if outer_static_left or outer_static_right:
        name = kinds.JoinType.Name(join.join_type).removeprefix("JOIN_TYPE_").replace("_", " ").title()
        raise analysis_error(
            f"{name} join with a streaming DataFrame/Dataset on the {'left' if left else 'right'} and a static "
            "DataFrame/Dataset on the other side is not supported",
            hint="keep the stream on the preserved side",
        )


def _has_window(message: Message) -> bool:
    """Whether the expressions of a projection (not those of the plans below it) hold a window function."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for child in value if not isinstance(value, Message) else (value,):
            if isinstance(child, relations_pb2.Relation) or not isinstance(child, Message):
                continue
            if isinstance(child, expressions_pb2.Expression) and child.HasField("window"):
                return True
            if _has_window(child):
                return True
    return False
