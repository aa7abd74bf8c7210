"""Guards writes to Delta tables: columns that the table lacks are refused, as Delta does.

Sail 0.7.2 drops them without a word when neither ``mergeSchema`` nor ``overwriteSchema`` is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.delta import log, maintenance
from houseboat.delta.maintenance import DeltaError
from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, SessionContext

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        options = plans.options(write)
        if "true" in (options.get("mergeschema", "").lower(), options.get("overwriteschema", "").lower()):
            return proceed(plan)
        place = Path(write.path)
        if not log.exists(place):
            return proceed(plan)
        known = [field.name for field in maintenance.open_table(place).schema().fields]
        extra = _lacking(session.dataframe(write.input).columns, known)
        if extra and (session.setting(_AUTO_MERGE) or "").lower() == "true":
            plan = plans.copied(plan)
            plan.command.write_operation.options["mergeSchema"] = "true"
        elif extra:
            asked = "overwriteSchema" if write.mode == commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE else "mergeSchema"
            raise DeltaError(
                f"a schema mismatch was detected when writing to the Delta table: it has no column {', '.join(extra)}; "
                f"its columns are {', '.join(known)}",
                code="DELTA_METADATA_MISMATCH",
                hint=f'.option("{asked}", "true") on the write',
            )
        return proceed(plan)


def _lacking(columns: Sequence[str], known: Sequence[str]) -> list[str]:
    names = {name.lower() for name in known}
    return [column for column in columns if column.lower() not in names]
