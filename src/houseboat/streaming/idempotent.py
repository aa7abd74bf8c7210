"""``txnAppId`` and ``txnVersion``: a Delta write that happens once, however often it is tried.

The embedded engine ignores both options. This handler skips a write that the table already holds and stamps the
others (see ``txn``). The session's ``spark.databricks.delta.write.txnAppId`` and ``txnVersion`` stand in for the options;
they mean statements too, which can carry no stamp: those are refused.
Source: Delta Lake, "Idempotent table writes in foreachBatch"; ``DeltaSQLConf.IDEMPOTENT_DML_TXN_APP_ID``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import commands_pb2

from houseboat.delta import log
from houseboat.engine import answers, plans
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.errors import Unsupported
from houseboat.streaming.errors import StreamingError
from houseboat.streaming.gaps import GAPS
from houseboat.streaming.txn import Stamp, is_stamp, last_version

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import base_pb2 as pb2

    from houseboat.streaming.places import Places

_STATEMENTS = ("INSERT", "UPDATE", "DELETE", "MERGE")
_GAP = "spark.databricks.delta.write.txnAppId for INSERT, UPDATE, DELETE, MERGE"
_APP, _VERSION, _METADATA = "txnappid", "txnversion", "usermetadata"


class IdempotentWrites(Handler):
    """Takes part in batch Delta writes, by path or name, that carry both options."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: dict[tuple[Path, str], tuple[int, int | None]] = {}
        self._lock = threading.Lock()

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Skip what was written before; else write it with its stamp."""
        write = plans.write_target(plan.command) if plan.HasField("command") else None
        confs = _confs(session)
        if confs and plan.HasField("command"):
            _refuse_statement(plan)
        options = plans.options(write) if write is not None else {}
        if not is_stamp(options.get(_METADATA)):  # a query's sink has stamped its write itself
            options = confs | options
        if write is None or (_APP not in options and _VERSION not in options):
            return proceed(plan)
        stamp, table = _stamp(options), self._table(write, options, session)
        written = None if table is None else self._written(table, stamp.app)
        if written is not None and written >= stamp.version:
            return answers.done()
        copy = plans.copied(plan)
        _replace_options(plans.write_target(copy.command), stamp.metadata(options.get(_METADATA)))
        return proceed(copy)

    def _table(self, write: Any, options: dict[str, str], session: SessionContext) -> Path | None:
        if isinstance(write, commands_pb2.WriteOperationV2):
            return self._places.table(write.table_name, session)
        if write.HasField("table"):
            return self._places.table(write.table.table_name, session)
        path = write.path or options.get("path")
        return self._places.folder(path) if path else None

    def _written(self, table: Path, app: str) -> int | None:
        """The app's last version in a table. What was looked at once in this process is not looked at again."""
        newest = log.latest_version(table)
        if newest is None:
            return None
        with self._lock:
            upto, known = self._seen.get((table, app), (-1, None))
        found = last_version(table, app, after=min(upto, newest))
        result = known if found is None else found
        with self._lock:
            self._seen[(table, app)] = (newest, result)
        return result


def _confs(session: SessionContext) -> dict[str, str]:
    """What the session says in the place of the options."""
    values = {key: session.setting(f"spark.databricks.delta.write.{key}") for key in (_APP, _VERSION)}
    return {key: value for key, value in values.items() if value}


def _refuse_statement(plan: pb2.Plan) -> None:
    words = (plans.sql_text(plan) or "").split(maxsplit=1)
    if plan.command.HasField("merge_into_table_command") or (words and words[0].upper() in _STATEMENTS):
        raise Unsupported(f"{_GAP} is not supported", hint=GAPS[_GAP])


def _stamp(options: dict[str, str]) -> Stamp:
    if _APP not in options or _VERSION not in options:
        raise StreamingError(
            "Invalid options for idempotent Dataframe writes: both txnAppId and txnVersion must be set together",
            hint="give the write both options: txnAppId names the writer, txnVersion is the batch id",
            code="DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS",
        )
    try:
        return Stamp(options[_APP], int(options[_VERSION]))
    except ValueError:
        raise StreamingError(
            f"Invalid options for idempotent Dataframe writes: txnVersion is {options[_VERSION]!r}",
            hint="txnVersion is a whole number, such as the batch id",
            code="DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS",
        ) from None


def _replace_options(write: Any, metadata: str) -> None:
    options = write.options
    for key in [key for key in options if key.lower() in (_APP, _VERSION, _METADATA)]:
        del options[key]
    options["userMetadata"] = metadata
