"""Guards writes to Delta tables: columns that the table lacks are refused, as Delta does.

Sail 0.7.2 drops them without a word when neither ``mergeSchema`` nor ``overwriteSchema`` is given, and even with
``mergeSchema`` when the table has a column that is NOT NULL: there, delta-rs adds the columns first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.delta import log, maintenance
from houseboat.delta.maintenance import DeltaError
from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.handlers.nullable_writes import make_nullable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import StructField

_AUTO_MERGE = "spark.databricks.delta.schema.autoMerge.enabled"
_CHECKED = (commands_pb2.WriteOperation.SAVE_MODE_APPEND, commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE)


class DeltaWrites(Handler):
    """Stands behind the handlers that make places of names and addresses."""

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Refuse a write whose columns the table lacks; ``autoMerge`` in the session's settings allows them."""
        if not plan.HasField("command") or not plan.command.HasField("write_operation"):
            return proceed(plan)
        write = plan.command.write_operation
        if write.WhichOneof("save_type") != "path" or write.source.lower() != "delta" or write.mode not in _CHECKED:
            return proceed(plan)
        place = Path(write.path)
        if not log.exists(place):
            return proceed(plan)
        options = plans.options(write)
        overwrite = write.mode == commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE
        if overwrite and options.get("overwriteschema", "").lower() == "true":
            return proceed(plan)
        table = maintenance.open_table(place).schema().fields
        extra = _lacking(session.dataframe(write.input).schema.fields, [field.name for field in table])
        if not extra:
            return proceed(plan)
        auto = (session.setting(_AUTO_MERGE) or "").lower()
        if "true" not in (options.get("mergeschema", "").lower(), auto):
            raise _mismatch(extra, [field.name for field in table], "overwriteSchema" if overwrite else "mergeSchema")
        if not all(field.nullable for field in table):
            maintenance.add_columns(place, [json.dumps({**field.jsonValue(), "nullable": True}) for field in extra])
        plan = plans.copied(plan)
        plan.command.write_operation.options["mergeSchema"] = "true"
        if session.engine.embedded:
            make_nullable(plan.command.write_operation, [field.name for field in extra])
        return proceed(plan)


def _mismatch(extra: Sequence[StructField], known: Sequence[str], option: str) -> DeltaError:
    names = ", ".join(field.name for field in extra)
    return DeltaError(
        f"a schema mismatch was detected when writing to the Delta table: it has no column {names}; "
        f"its columns are {', '.join(known)}",
        code="DELTA_METADATA_MISMATCH",
        hint=f'.option("{option}", "true") on the write',
    )


def _lacking(fields: Sequence[StructField], known: Sequence[str]) -> list[StructField]:
    names = {name.lower() for name in known}
    return [field for field in fields if field.name.lower() not in names]
