"""Relations that read exactly some of a Delta table's files, or one of its versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from houseboat.streaming.leaves import empty_relation

if TYPE_CHECKING:
    from houseboat.streaming.delta_log import AddedFile, Table

_Values = tuple[tuple[str, str | None], ...]


def snapshot_relation(table: Table, version: int) -> relations_pb2.Relation:
    """All rows of a version."""
    relation = relations_pb2.Relation()
    source = relation.read.data_source
    source.format = "delta"
    source.paths.append(table.folder.as_posix())
    source.options["versionAsOf"] = str(version)
    return relation


def files_relation(table: Table, files: Sequence[AddedFile]) -> relations_pb2.Relation:
    """The rows of some files, with the table's columns in the table's order.

    One Parquet read for each set of partition values: the files do not hold the partition columns, so they are added
    as literals. A column that a file is too old to have is null.
    """
    if not files:
        return empty_relation(json.dumps(table.schema))
    groups: dict[_Values, list[str]] = {}
    for file in files:
        groups.setdefault(tuple(sorted(file.partition.items())), []).append(file.path)
    return union([_group(table, dict(values), paths) for values, paths in groups.items()])


def union(parts: Sequence[relations_pb2.Relation]) -> relations_pb2.Relation:
    """UNION ALL by position, as a balanced tree so that its depth stays small."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    relation = relations_pb2.Relation()
    relation.set_op.left_input.CopyFrom(union(parts[:middle]))
    relation.set_op.right_input.CopyFrom(union(parts[middle:]))
    relation.set_op.set_op_type = relations_pb2.SetOperation.SET_OP_TYPE_UNION
    relation.set_op.is_all = True
    return relation


def _group(table: Table, values: dict[str, str | None], paths: list[str]) -> relations_pb2.Relation:
    stored = [field for field in table.schema["fields"] if field["name"] not in table.partitions]
    read = relations_pb2.Relation()
    source = read.read.data_source
    source.format = "parquet"
    source.schema = json.dumps({"type": "struct", "fields": stored})
    source.paths.extend(paths)
    if not table.partitions:
        return read
    relation = relations_pb2.Relation()
    relation.project.input.CopyFrom(read)
    relation.project.expressions.extend(_column(field, table, values) for field in table.schema["fields"])
    return relation


def _column(field: dict[str, Any], table: Table, values: dict[str, str | None]) -> expressions_pb2.Expression:
    expression = expressions_pb2.Expression()
    name = field["name"]
    if name not in table.partitions:
        expression.unresolved_attribute.unparsed_identifier = "`" + name.replace("`", "``") + "`"
        return expression
    expression.alias.name.append(name)
    cast = expression.alias.expr.cast
    cast.type_str = str(field["type"])
    value = values.get(name)
    if value is None or (value == "" and field["type"] != "string"):
        cast.expr.literal.null.null.SetInParent()
    else:
        cast.expr.literal.string = value
    return expression
