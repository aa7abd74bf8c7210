"""Which files a Delta table's commits added, as a stream sees them.

Source of the rules and the messages: Delta Lake, ``DeltaSource.verifyStreamHygieneAndFilterAddFiles`` and
``DeltaErrors``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from houseboat.delta import log
from houseboat.errors import Unsupported
from houseboat.streaming.errors import DeltaStreamError
from houseboat.streaming.gaps import GAPS

if TYPE_CHECKING:
    from houseboat.streaming.delta_options import DeltaOptions


@dataclass(frozen=True)
class AddedFile:
    """A data file: its ``path`` on this machine, ``size`` in bytes, ``rows`` when its statistics say so, and the values
    of the partition columns as Delta writes them (text, None for null).
    """

    path: str
    size: int
    rows: int | None
    partition: Mapping[str, str | None]


@dataclass(frozen=True)
class Table:
    """A Delta table as it was when a query started."""

    folder: Path
    id: str
    version: int
    schema: dict[str, Any]
    partitions: tuple[str, ...]


def open_table(folder: Path) -> Table:
    """Read a table's newest schema and identity (not its files)."""
    from deltalake import DeltaTable

    if not log.exists(folder):
        raise DeltaStreamError(
            f"{folder} is not a Delta table",
            hint="run what creates the table first",
            code="DELTA_TABLE_NOT_FOUND",
        )
    table = DeltaTable(str(folder), without_files=True)
    metadata = table.metadata()
    if metadata.configuration.get("delta.columnMapping.mode", "none") != "none":
        raise Unsupported(
            f"the Delta table {folder} uses column mapping, which streams do not read",
            hint=GAPS["a Delta source with column mapping"],
        )
    schema = _plain(json.loads(table.schema().to_json()))
    return Table(folder, str(metadata.id), table.version(), schema, tuple(metadata.partition_columns))


def snapshot(table: Table, version: int) -> list[AddedFile]:
    """The active files of a version, in the order in which a stream's first batches take them."""
    from deltalake import DeltaTable

    at = DeltaTable(str(table.folder), version=version)
    columns = at.get_add_actions(flatten=False)
    rows = sorted(_rows(columns), key=lambda row: (row["modification_time"], row["path"]))
    return [
        AddedFile(
            _local(table.folder, unquote(row["path"])),
            row["size_bytes"],
            row["num_records"],
            {key: None if value is None else str(value) for key, value in (row.get("partition") or {}).items()},
        )
        for row in rows
    ]


def added_by(table: Table, version: int, options: DeltaOptions) -> list[AddedFile] | None:
    """What a stream reads of one commit; None when there is no such commit yet.

    Raises when the commit is not a pure append (unless the options allow it), when it changes the schema to one the
    query does not read, or when it is of another table.
    """
    actions = log.commit(table.folder, version)
    if actions is None:
        return None
    adds = [action["add"] for action in actions if "add" in action and action["add"].get("dataChange", True)]
    removes = [
        action["remove"] for action in actions if "remove" in action and action["remove"].get("dataChange", True)
    ]
    for action in actions:
        if "metaData" in action:
            _check_metadata(table, version, action["metaData"])
    if removes and options.skip_change_commits:
        return []
    if removes and adds and not options.ignore_changes:
        raise _changed(table, version, adds[0]["path"])
    if removes and not adds and not (options.ignore_deletes or options.ignore_changes):
        raise _deleted(table, version, removes[0]["path"])
    return [_added(table, add) for add in adds]


def other_table(table: Table, expected: str) -> DeltaStreamError:
    """The table at a path is not the one that the checkpoint knows."""
    return DeltaStreamError(
        f"The streaming query was reading from an unexpected Delta table (id = '{table.id}'). It used to read from "
        f"another Delta table (id = '{expected}') according to checkpoint. This may happen when you changed the code to "
        f"read from a new table or you deleted and re-created a table. Table: {table.folder}",
        hint="revert your change, or delete the streaming query's checkpoint to restart from scratch",
        code="DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE",
    )


def _check_metadata(table: Table, version: int, metadata: Mapping[str, Any]) -> None:
    if metadata["id"] != table.id:
        raise other_table(Table(table.folder, metadata["id"], version, {}, ()), table.id)
    known = {field["name"].lower(): field["type"] for field in table.schema["fields"]}
    written = _plain(json.loads(metadata["schemaString"]))
    if all(_same_type(known.get(field["name"].lower()), field["type"]) for field in written["fields"]):
        return
    raise DeltaStreamError(
        f"Detected schema change in version {version} of {table.folder}: streaming source schema: {_names(table.schema)}; "
        f"data file schema: {_names(written)}. Please try restarting the query. If this issue repeats across query "
        "restarts without making progress, you have made an incompatible schema change and need to start your query "
        "from scratch using a new checkpoint directory.",
        hint="run the query again: it will read with the new schema",
        code="DELTA_SCHEMA_CHANGED_WITH_VERSION",
    )


def _changed(table: Table, version: int, file: str) -> DeltaStreamError:
    return DeltaStreamError(
        f"Detected a data update (for example {file}) in the source table at version {version}. This is currently not "
        "supported. If you'd like to ignore updates, set the option 'skipChangeCommits' to 'true'. If you would like the "
        "data update to be reflected, please restart this query with a fresh checkpoint directory. The source table can "
        f"be found at path {table.folder}.",
        hint="read it with .option('skipChangeCommits', 'true'), or let the upstream task append only",
        code="DELTA_SOURCE_TABLE_IGNORE_CHANGES",
    )


def _deleted(table: Table, version: int, file: str) -> DeltaStreamError:
    return DeltaStreamError(
        f"Detected deleted data (for example {file}) from streaming source at version {version}. This is currently not "
        "supported. If you'd like to ignore deletes, set the option 'ignoreDeletes' to 'true'. The source table can be "
        f"found at path {table.folder}.",
        hint="read it with .option('skipChangeCommits', 'true') or .option('ignoreDeletes', 'true')",
        code="DELTA_SOURCE_IGNORE_DELETE",
    )


def _added(table: Table, add: Mapping[str, Any]) -> AddedFile:
    if add.get("deletionVector"):
        raise Unsupported(
            f"the Delta table {table.folder} has deletion vectors, which streams do not read",
            hint=GAPS["a Delta source with deletion vectors"],
        )
    stats = add.get("stats")
    rows = json.loads(stats).get("numRecords") if stats else None
    return AddedFile(_local(table.folder, unquote(add["path"])), add["size"], rows, add.get("partitionValues") or {})


def _local(folder: Path, path: str) -> str:
    return path if "://" in path or path.startswith("/") else (folder / path).as_posix()


def _rows(columns: Any) -> list[dict[str, Any]]:
    """One dict a file (not a row of data) from delta-rs' table of add actions."""
    import pyarrow as pa

    return pa.table(columns).to_pylist()


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the fields' metadata, in which the embedded engine keeps notes of its own."""
    return {**schema, "fields": [{**field, "metadata": {}} for field in schema["fields"]]}


def _same_type(known: Any, written: Any) -> bool:
    return known is not None and json.dumps(known, sort_keys=True) == json.dumps(written, sort_keys=True)


def _names(schema: Mapping[str, Any]) -> str:
    return ", ".join(f"{field['name']} {field['type']}" for field in schema["fields"])
