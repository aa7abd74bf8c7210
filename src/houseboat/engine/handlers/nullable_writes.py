"""Lets every column of a written Delta table be null, as Spark and Databricks do.

Sail 0.7.2 forbids nulls in a column wherever the first DataFrame happens to promise none, and from then on drops the new
columns of every ``mergeSchema`` write to that table without a word. A table that was made by CREATE TABLE ... NOT NULL
keeps its promise; its new columns are added here before the write. Waits for: Sail making written columns nullable.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2, relations_pb2

from houseboat.delta import log, maintenance
from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import StructField

_ALWAYS = "spark_partition_id() >= 0"
"""True for every row, which the optimizer does not know. It folds ``nullif(x, null)`` of a literal to one without nulls,
and columns that the analysis calls nullable (``current_date()``) too: hence all columns, at some 2 ns per value."""

_WRITES = (commands_pb2.WriteOperation.SAVE_MODE_APPEND, commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE)
"""The modes that write into a table that is there."""


class NullableWrites(Handler):
    """Stands last, behind the handlers that make places of names and addresses; for the embedded engine only."""

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Make the columns of a write that decides a table's columns nullable; other writes cost nothing."""
        if not session.engine.embedded or not plan.HasField("command") or not plan.command.HasField("write_operation"):
            return proceed(plan)
        write = plan.command.write_operation
        if write.WhichOneof("save_type") != "path" or write.source.lower() != "delta":
            return proceed(plan)
        place, options = Path(write.path), plans.options(write)
        there = log.exists(place)
        replaces, merges = _is(options, "overwriteschema"), _is(options, "mergeschema")
        if there and (write.mode not in _WRITES or not (replaces or merges)):
            return proceed(plan)
        fields = session.dataframe(write.input).schema.fields
        names = [field.name for field in fields]
        if there and not replaces:
            names = _new_columns(place, fields)
        if not names or len({name.lower() for name in names}) < len(names):  # the engine itself names duplicates
            return proceed(plan)
        plan = plans.copied(plan)
        _make_nullable(plan.command.write_operation, names)
        return proceed(plan)


def _is(options: dict[str, str], key: str) -> bool:
    return options.get(key, "").lower() == "true"


def _make_nullable(write: commands_pb2.WriteOperation, names: Sequence[str]) -> None:
    """Below ``coalesce`` and ``repartition``, which say how many files there will be."""
    inner = write.input
    while inner.HasField("repartition"):
        inner = inner.repartition.input
    made = relations_pb2.Relation()
    made.with_columns.input.CopyFrom(inner)
    for name in names:
        alias = made.with_columns.aliases.add()
        alias.name.append(name)
        alias.expr.expression_string.expression = f"case when {_ALWAYS} then {quoted((name,))} end"
    inner.CopyFrom(made)


def _new_columns(place: Path, fields: Sequence[StructField]) -> list[str]:
    """The columns that the engine is to add to a table. One that forbids nulls somewhere gets them here."""
    known = maintenance.open_table(place).schema().fields
    there = {field.name.lower() for field in known}
    new = [field for field in fields if field.name.lower() not in there]
    if not new or all(field.nullable for field in known):
        return [field.name for field in new]
    maintenance.add_columns(place, [_nullable(field).json() for field in new])
    return []


def _nullable(field: StructField) -> StructField:
    from pyspark.sql.types import StructField as Field

    return Field(field.name, field.dataType, nullable=True)
