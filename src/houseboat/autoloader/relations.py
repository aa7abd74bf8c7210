"""Builds the few Spark Connect relations that a source of files needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import expressions_pb2, relations_pb2
    from pyspark.sql.types import DataType, StructType


def read(kind: str, paths: Sequence[str], schema: StructType, options: Mapping[str, str]) -> relations_pb2.Relation:
    """The engine's own reader of ``kind`` on local files."""
    from pyspark.sql.connect.proto import relations_pb2

    relation = relations_pb2.Relation()
    source = relation.read.data_source
    source.format, source.schema = kind, schema.json()
    source.paths.extend(paths)
    for key, value in options.items():
        source.options[key] = value
    return relation


def project(
    child: relations_pb2.Relation, columns: Sequence[tuple[str, expressions_pb2.Expression]]
) -> relations_pb2.Relation:
    """``SELECT expression AS name, ...``."""
    from pyspark.sql.connect.proto import relations_pb2

    relation = relations_pb2.Relation()
    relation.project.input.CopyFrom(child)
    for name, value in columns:
        out = relation.project.expressions.add()
        out.alias.expr.CopyFrom(value)
        out.alias.name.append(name)
    return relation


def union(parts: Sequence[relations_pb2.Relation]) -> relations_pb2.Relation:
    """All rows of all parts, columns by position; a balanced tree, so that many parts do not make a deep plan."""
    from pyspark.sql.connect.proto import relations_pb2

    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    relation = relations_pb2.Relation()
    relation.set_op.left_input.CopyFrom(union(parts[:half]))
    relation.set_op.right_input.CopyFrom(union(parts[half:]))
    relation.set_op.set_op_type = relations_pb2.SetOperation.SET_OP_TYPE_UNION
    relation.set_op.is_all = True
    return relation


def column(name: str) -> expressions_pb2.Expression:
    """A column by its name, whatever characters it holds."""
    from pyspark.sql.connect.proto import expressions_pb2

    value = expressions_pb2.Expression()
    value.unresolved_attribute.unparsed_identifier = "`" + name.replace("`", "``") + "`"
    return value


def literal(value: str | int | None) -> expressions_pb2.Expression:
    """A text, a 64-bit number, or a text's NULL."""
    from pyspark.sql.connect.proto import expressions_pb2, types_pb2

    out = expressions_pb2.Expression()
    if value is None:
        out.literal.null.CopyFrom(types_pb2.DataType(string=types_pb2.DataType.String()))
    elif isinstance(value, str):
        out.literal.string = value
    else:
        out.literal.long = value
    return out


def timestamp(milliseconds: int) -> expressions_pb2.Expression:
    """A moment, milliseconds since 1970."""
    from pyspark.sql.connect.proto import expressions_pb2

    out = expressions_pb2.Expression()
    out.literal.timestamp = milliseconds * 1000
    return out


def cast(value: expressions_pb2.Expression, kind: DataType) -> expressions_pb2.Expression:
    """``CAST(value AS kind)``."""
    from pyspark.sql.connect.proto import expressions_pb2

    out = expressions_pb2.Expression()
    out.cast.expr.CopyFrom(value)
    out.cast.type_str = kind.simpleString()
    return out


def call(function: str, *arguments: expressions_pb2.Expression) -> expressions_pb2.Expression:
    """A call of one of Spark's functions."""
    from pyspark.sql.connect.proto import expressions_pb2

    out = expressions_pb2.Expression()
    out.unresolved_function.function_name = function
    for argument in arguments:
        out.unresolved_function.arguments.add().CopyFrom(argument)
    return out
