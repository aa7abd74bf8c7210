"""Maintenance of a Delta table by delta-rs: what the embedded engine has no statement for.

Results have the columns that Databricks' statements have, as far as a table on disk can tell them.
Source: the Databricks SQL reference of DESCRIBE HISTORY, DESCRIBE DETAIL, OPTIMIZE, VACUUM, RESTORE.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

MINIMUM_RETENTION_HOURS = 168.0


class DeltaError(HouseboatError):
    """A maintenance statement that cannot be carried out; ``code`` is Delta's error class."""


def open_table(path: Path) -> DeltaTable:
    """The table at a path; raises ``DeltaError`` where there is none."""
    from deltalake import DeltaTable  # noqa: PLC0415
    from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415

    try:
        return DeltaTable(str(path))
    except TableNotFoundError:
        raise DeltaError(f"{path} is not a Delta table", code="DELTA_MISSING_DELTA_TABLE") from None


def history(path: Path, limit: int | None = None) -> pa.Table:
    """``DESCRIBE HISTORY``: newest version first."""
    import pyarrow as pa  # noqa: PLC0415

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
    import pyarrow as pa  # noqa: PLC0415

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
    import pyarrow as pa  # noqa: PLC0415

    table = open_table(path)
    metrics: dict[str, Any] = table.optimize.z_order(list(zorder)) if zorder else table.optimize.compact()
    shown = {key: json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value for key, value in metrics.items()}
    return pa.table({"path": [address], "metrics": [json.dumps(shown, default=str)]})


def vacuum(path: Path, *, hours: float | None, dry_run: bool, address: str, check: bool = True) -> pa.Table:
    """``VACUUM [RETAIN n HOURS] [DRY RUN]``. ``check``: refuse less than the 7 days that Delta demands."""
    import pyarrow as pa  # noqa: PLC0415

    if check and hours is not None and hours < MINIMUM_RETENTION_HOURS:
        raise DeltaError(
            f"VACUUM with {hours:g} hours would remove files that a reader or time travel may need; the least is 168 hours",
            code="DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT",
            hint="set spark.databricks.delta.retentionDurationCheck.enabled to false if you are certain",
        )
    table = open_table(path)
    gone = table.vacuum(
        retention_hours=None if hours is None else int(hours), dry_run=dry_run, enforce_retention_duration=False, full=True
    )
    return pa.table({"path": [f"{address}/{file}" for file in gone]} if dry_run else {"path": [address]})


def restore(path: Path, to: int | str) -> pa.Table:
    """``RESTORE TABLE ... TO VERSION|TIMESTAMP AS OF``."""
    import datetime as dt  # noqa: PLC0415

    import pyarrow as pa  # noqa: PLC0415

    target = to if isinstance(to, int) else dt.datetime.fromisoformat(to).replace(tzinfo=dt.UTC)
    metrics = open_table(path).restore(target)
    return pa.table(
        {
            "num_restored_files": [int(metrics.get("numRestoredFile", 0))],
            "num_removed_files": [int(metrics.get("numRemovedFile", 0))],
        }
    )


def add_columns(path: Path, ddl: Mapping[str, str]) -> None:
    """``ALTER TABLE ... ADD COLUMNS``; ``ddl``: name -> Delta type as JSON text or a primitive's name."""
    from deltalake.schema import Field, PrimitiveType  # noqa: PLC0415

    table = open_table(path)
    existing = {field.name.lower() for field in table.schema().fields}
    for name in ddl:
        if name.lower() in existing:
            raise DeltaError(f"column {name!r} already exists", code="FIELD_ALREADY_EXISTS")
    table.alter.add_columns([Field(name, PrimitiveType(kind), nullable=True) for name, kind in ddl.items()])


def set_properties(path: Path, properties: Mapping[str, str]) -> None:
    """``ALTER TABLE ... SET TBLPROPERTIES``."""
    open_table(path).alter.set_table_properties(dict(properties), raise_if_not_exists=False)


def add_constraint(path: Path, name: str, condition: str) -> None:
    """``ALTER TABLE ... ADD CONSTRAINT name CHECK (condition)``."""
    open_table(path).alter.add_constraint({name: condition})


def _texts(values: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items() if value is not None]
