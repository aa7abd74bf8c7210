"""Rows that a fault-tolerant copy leaves out: counted, and logged where the activity says.

Source: Data Factory's published reference of ``logSettings`` (and of the older ``logStorageSettings`` and
``redirectIncompatibleRowSettings``): a text file with Timestamp, Level, OperationName, OperationItem and Message at
``<path>/copyactivity-logs/<activity>/<run>/<name>.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.factory.connectors import Dataset, linked_service, store_of
from houseboat.factory.copying import sql
from houseboat.factory.copying.staging import publish

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json


@dataclass(frozen=True)
class Log:
    """Where the skipped rows are written: the file, and its address below the linked service's container."""

    file: Path
    path: str
    key: str
    """The output's name for the path: ``logFilePath``, in the older form ``redirectRowPath``."""


def log_of(call: Call) -> Log | None:
    """The log that a copy asks for, if it does."""
    new, old = call.settings.get("logSettings") or {}, call.settings.get("redirectIncompatibleRowSettings") or {}
    if new and new.get("enableCopyActivityLog") is not False:
        where, at, key = new.get("logLocationSettings") or {}, "logSettings.logLocationSettings", "logFilePath"
    elif call.settings.get("logStorageSettings"):
        where, at, key = call.settings["logStorageSettings"], "logStorageSettings", "logFilePath"
    else:
        where, at, key = old, "redirectIncompatibleRowSettings", "redirectRowPath"
    if not where.get("linkedServiceName"):
        return None
    return _log(call, where, at, key)


def _log(call: Call, where: Mapping[str, Json], at: str, key: str) -> Log:
    name = where["linkedServiceName"]
    reference = name if isinstance(name, Mapping) else {"referenceName": name, "type": "LinkedServiceReference"}
    place = call.step.at(f"typeProperties.{at}")
    linked = linked_service(reference, call.context, place)
    run = call.context.run.id
    folder = f"{str(where.get('path') or '').strip('/')}/copyactivity-logs/{call.step.name}/{run}"
    dataset = Dataset("log", "Binary", {"location": {"folderPath": folder}}, linked, place)
    target = store_of(dataset, call.context.services).target(dataset)
    return Log(target.folder / f"{run}.csv", f"{folder.strip('/')}/{run}.csv", key)


def count(connection: DuckDBPyConnection, queries: Sequence[str]) -> int:
    """How many rows the queries give."""
    row = connection.execute(f"select count(*) from ({_all(queries)})").fetchone() if queries else None
    return int(row[0]) if row else 0


def collect(connection: DuckDBPyConnection, queries: Sequence[str], made: Path) -> None:
    """Write the queries' rows to a log of their own."""
    lines = (
        "select strftime(now() at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%f') as \"Timestamp\", 'Warning' as \"Level\", "
        '\'TabularRowSkip\' as "OperationName", item as "OperationItem", message as "Message" '
    )
    connection.execute(f"copy ({lines} from ({_all(queries)})) to {sql.text(str(made))} (format csv, header false)")


def save(log: Log, parts: Sequence[Path], made: Path) -> None:
    """Put the logs of all files together, under their name at once."""
    with made.open("wb") as out:
        out.write(b"Timestamp,Level,OperationName,OperationItem,Message\n")
        for part in parts:
            out.write(part.read_bytes())
    publish(made, log.file)


def _all(queries: Sequence[str]) -> str:
    return " union all ".join(f"({query})" for query in queries)
