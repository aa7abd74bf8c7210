"""Lets every column of a written Delta table be null, as Spark and Databricks do.

Sail 0.7.2 forbids nulls in a column wherever the first DataFrame happens to promise none, and from then on drops the new
columns of every ``mergeSchema`` write to that table without a word. A table that was made by CREATE TABLE ... NOT NULL
keeps its promise. New columns of a table that is there are ``delta_writes``' part. Waits for: Sail making written
columns nullable.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2, relations_pb2

from houseboat.delta import log
from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.names import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ALWAYS = "spark_partition_id() >= 0"
"""True for every row, which the optimizer does not know. It folds ``nullif(x, null)`` of a literal to one without nulls,
and columns that the analysis calls nullable (``current_date()``) too: hence all columns, at some 2 ns per value."""


class NullableWrites(Handler):
    """Stands last, behind the handlers that make places of names and addresses; for the embedded engine only."""

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Make the columns of a write that makes a table, or replaces its columns, nullable; others cost nothing."""
        if not session.engine.embedded or not plan.HasField("command") or not plan.command.HasField("write_operation"):
            return proceed(plan)
        write = plan.command.write_operation
        if write.WhichOneof("save_type") != "path" or write.source.lower() != "delta":
            return proceed(plan)
        overwrite = write.mode == commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE
        replaces = overwrite and plans.options(write).get("overwriteschema", "").lower() == "true"
        if not replaces and log.exists(Path(write.path)):
            return proceed(plan)
        names = session.dataframe(write.input).columns
        if len({name.lower() for name in names}) < len(names):  # the engine itself names duplicates
            return proceed(plan)
        plan = plans.copied(plan)
        make_nullable(plan.command.write_operation, names)
        return proceed(plan)


def make_nullable(write: commands_pb2.WriteOperation, names: Sequence[str]) -> None:
    """Let these columns of a write be null: below ``coalesce`` and ``repartition``, which say how many files there will be."""
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
