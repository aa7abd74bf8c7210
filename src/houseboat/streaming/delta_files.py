"""Relations that read exactly some of a Delta table's files, or one of its versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from houseboat.streaming.errors import DeltaStreamError
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
        groups.setdefault(tuple(sorted(file.partition.items())), []).append(_address(file))
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


def _address(file: AddedFile) -> str:
    """The file as a URI, in which no character is a pattern; the engine would read a missing file as an empty one."""
    if "://" in file.path:
        return file.path
    path = Path(file.path)
    if not path.is_file():
        raise DeltaStreamError(
            f"the data file {path} that the table's log names does not exist",
            hint="it was removed by VACUUM or by hand: restore it, or restart the stream with a new checkpoint",
            code="DELTA_FILE_NOT_FOUND",
        )
    return path.absolute().as_uri()


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
    value = cast.expr.unresolved_function  # nullif: Delta writes null as '' too, and the column stays nullable
    value.function_name = "nullif"
    value.arguments.add().literal.string = values.get(name) or ""
    value.arguments.add().literal.string = ""
    return expression
