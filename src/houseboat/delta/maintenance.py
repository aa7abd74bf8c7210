"""Maintenance of a Delta table by delta-rs: what the embedded engine has no statement for.

Results have the columns that Databricks' statements have, as far as a table on disk can tell them.
Source: the Databricks SQL reference of DESCRIBE HISTORY, DESCRIBE DETAIL, OPTIMIZE, VACUUM, RESTORE.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from deltalake import DeltaTable

MINIMUM_RETENTION_HOURS = 168.0


_FEATURES = re.compile(
    r"delta\.(feature\..*|universalFormat\..*|columnMapping\..*|minReaderVersion|minWriterVersion"
    r"|enable(ChangeDataFeed|DeletionVectors|RowTracking|TypeWidening|IcebergCompat\w*))",
    re.IGNORECASE,
)


class DeltaError(HouseboatError):
    """A maintenance statement that cannot be carried out; ``code`` is Delta's error class."""


def open_table(path: Path) -> DeltaTable:
    """The table at a path; raises ``DeltaError`` where there is none."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(str(path))
    except TableNotFoundError:
        raise DeltaError(f"{path} is not a Delta table", code="DELTA_MISSING_DELTA_TABLE") from None


def history(path: Path, limit: int | None = None) -> pa.Table:
    """``DESCRIBE HISTORY``: newest version first."""
    import pyarrow as pa

    rows = []
    for commit in open_table(path).history(limit):
        metrics = commit.get("operationMetrics") or {}
        rows.append(
            {
                "version": int(commit["version"]),
                "timestamp": int(commit.get("timestamp") or 0) * 1000,
                "userId": None,
                "userName": commit.get("userName"),
                "operation": commit.get("operation"),
                "operationParameters": _texts(commit.get("operationParameters") or {}),
                "readVersion": commit.get("readVersion"),
                "isolationLevel": commit.get("isolationLevel"),
                "isBlindAppend": commit.get("isBlindAppend"),
                "operationMetrics": _texts(metrics),
                "userMetadata": commit.get("userMetadata"),
                "engineInfo": commit.get("engineInfo"),
            }
        )
    texts = pa.map_(pa.string(), pa.string())
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("version", pa.int64()), ("timestamp", pa.timestamp("us", "UTC")), ("userId", pa.string()),
                ("userName", pa.string()), ("operation", pa.string()), ("operationParameters", texts),
                ("readVersion", pa.int64()), ("isolationLevel", pa.string()), ("isBlindAppend", pa.bool_()),
                ("operationMetrics", texts), ("userMetadata", pa.string()), ("engineInfo", pa.string()),
            ]
        ),
    )  # fmt: skip


def detail(path: Path, *, name: str | None, address: str) -> pa.Table:
    """``DESCRIBE DETAIL``: one row. ``address``: what ``location`` shows."""
    import pyarrow as pa

    table = open_table(path)
    meta, protocol = table.metadata(), table.protocol()
    files = table.get_add_actions(flatten=True)
    sizes = pa.table(files)["size_bytes"].to_pylist() if files is not None else []
    changed = table.history(1)
    row = {
        "format": "delta", "id": str(meta.id), "name": name, "description": meta.description, "location": address,
        "createdAt": (meta.created_time or 0) * 1000,
        "lastModified": int(changed[0].get("timestamp") or 0) * 1000 if changed else None,
        "partitionColumns": list(meta.partition_columns), "clusteringColumns": [], "numFiles": len(sizes),
        "sizeInBytes": int(sum(size or 0 for size in sizes)), "properties": list(_texts(meta.configuration)),
        "minReaderVersion": protocol.min_reader_version, "minWriterVersion": protocol.min_writer_version,
        "tableFeatures": sorted({*(protocol.reader_features or ()), *(protocol.writer_features or ())}),
    }  # fmt: skip
    stamp, texts = pa.timestamp("us", "UTC"), pa.list_(pa.string())
    return pa.Table.from_pylist(
        [row],
        schema=pa.schema(
            [
                ("format", pa.string()), ("id", pa.string()), ("name", pa.string()), ("description", pa.string()),
                ("location", pa.string()), ("createdAt", stamp), ("lastModified", stamp), ("partitionColumns", texts),
                ("clusteringColumns", texts), ("numFiles", pa.int64()), ("sizeInBytes", pa.int64()),
                ("properties", pa.map_(pa.string(), pa.string())), ("minReaderVersion", pa.int32()),
                ("minWriterVersion", pa.int32()), ("tableFeatures", texts),
            ]
        ),
    )  # fmt: skip


def optimize(path: Path, *, zorder: Sequence[str] = (), address: str) -> pa.Table:
    """``OPTIMIZE [ZORDER BY]``: joins small files. A table whose files need no joining gets no new version."""
    import pyarrow as pa

    table = open_table(path)
    metrics: dict[str, Any] = table.optimize.z_order(list(zorder)) if zorder else table.optimize.compact()
    shown = {
        key: json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value
        for key, value in metrics.items()
    }
    return pa.table({"path": [address], "metrics": [json.dumps(shown, default=str)]})


def vacuum(path: Path, *, hours: float | None, dry_run: bool, address: str, check: bool = True) -> pa.Table:
    """``VACUUM [RETAIN n HOURS] [DRY RUN]``. ``check``: refuse less than the 7 days that Delta demands."""
    import pyarrow as pa

    if check and hours is not None and hours < MINIMUM_RETENTION_HOURS:
        raise DeltaError(
            f"VACUUM with {hours:g} hours would remove files that a reader or time travel may need; the least is 168 hours",
            code="DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT",
            hint="set spark.databricks.delta.retentionDurationCheck.enabled to false if you are certain",
        )
    table = open_table(path)
    gone = table.vacuum(
        retention_hours=None if hours is None else int(hours),
        dry_run=dry_run,
        enforce_retention_duration=False,
        full=True,
    )
    return pa.table({"path": [f"{address}/{file}" for file in gone]} if dry_run else {"path": [address]})


def restore(path: Path, to: int | str) -> pa.Table:
    """``RESTORE TABLE ... TO VERSION|TIMESTAMP AS OF``."""
    import datetime as dt

    import pyarrow as pa

    target = to if isinstance(to, int) else dt.datetime.fromisoformat(to).replace(tzinfo=dt.UTC)
    metrics = open_table(path).restore(target)
    return pa.table(
        {
            "num_restored_files": [int(metrics.get("numRestoredFile", 0))],
            "num_removed_files": [int(metrics.get("numRemovedFile", 0))],
        }
    )


def add_columns(path: Path, fields: Sequence[str]) -> None:
    """``ALTER TABLE ... ADD COLUMNS``; ``fields``: each the JSON text of a field, as in the Delta log's schema."""
    from deltalake.schema import Field

    table = open_table(path)
    existing = {field.name.lower() for field in table.schema().fields}
    added = [Field.from_json(text) for text in fields]
    for field in added:
        if field.name.lower() in existing:
            raise DeltaError(f"column {field.name!r} already exists", code="FIELD_ALREADY_EXISTS")
    table.alter.add_columns(added)


def set_properties(path: Path, properties: Mapping[str, str]) -> None:
    """``ALTER TABLE ... SET TBLPROPERTIES``. Properties that ask for table features which the embedded engine cannot
    write (Sail 0.7.2 refuses every write to such a table) are kept under ``houseboat.``, as a note.
    """
    kept = {f"houseboat.{key}" if _FEATURES.match(key) else key: value for key, value in properties.items()}
    open_table(path).alter.set_table_properties(kept, raise_if_not_exists=False)


def add_constraint(path: Path, name: str, condition: str) -> None:
    """``ALTER TABLE ... ADD CONSTRAINT name CHECK (condition)``."""
    open_table(path).alter.add_constraint({name: condition})


def drop_constraint(path: Path, name: str, *, missing_ok: bool) -> None:
    """``ALTER TABLE ... DROP CONSTRAINT``."""
    table = open_table(path)
    if f"delta.constraints.{name}".lower() not in {key.lower() for key in table.metadata().configuration}:
        if missing_ok:
            return
        raise DeltaError(f"there is no constraint {name!r}", code="DELTA_CONSTRAINT_DOES_NOT_EXIST")
    table.alter.drop_constraint(name)


def _texts(values: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in values.items()
        if value is not None
    ]


def properties(path: Path) -> dict[str, str]:
    """The table's properties, as ``SHOW TBLPROPERTIES`` shows them."""
    return {key: value or "" for key, value in _texts(open_table(path).metadata().configuration)}
