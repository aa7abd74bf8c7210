"""A pipeline's tables, through the session's public SQL and DataFrame functions: works on every engine with Delta."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from houseboat.pipelines.spec import split_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from houseboat.pipelines.definitions import Dataset

MAINTENANCE = ("OPTIMIZE", "VACUUM", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD CONSTRAINT", "FSCK")
"""Operations that leave a table's rows as they are, by the beginning of their names in the history."""

Mark = Mapping[str, Any]
"""What a commit of ours says about itself: JSON in the commit's ``userMetadata``."""


@dataclass(frozen=True)
class Commit:
    """One entry of a table's history. ``rows``: rows written, where the engine says so."""

    version: int
    operation: str
    mark: Mark
    rows: int | None


def quoted(full: str) -> str:
    """A full name for use in SQL."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in split_name(full))


def quoted_column(name: str) -> str:
    """A column's name for use in SQL."""
    return "`" + name.replace("`", "``") + "`"


class Tables:
    """The tables as one session sees them."""

    def __init__(self, spark: SparkSession, known: dict[str, Commit | None] | None = None) -> None:
        """``known``: the newest data commits that an update has asked for; it forgets a table that it writes."""
        self.spark = spark
        self._known = known

    def exists(self, full: str) -> bool:
        """Whether there is such a table."""
        return bool(self.spark.catalog.tableExists(full))

    def ensure_schema(self, catalog: str, schema: str) -> None:
        """Make the schema if it is missing."""
        if not self.spark.catalog.databaseExists(f"{catalog}.{schema}"):
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(f'{catalog}.{schema}')}").collect()

    def create(self, full: str, schema: StructType, dataset: Dataset | None = None) -> None:
        """Make an empty table, once."""
        columns = (
            dataset.schema
            if dataset is not None and isinstance(dataset.schema, str)
            else ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in schema.fields)
        )
        text = f"CREATE TABLE IF NOT EXISTS {quoted(full)} ({columns}) USING DELTA"
        if dataset is not None:
            if dataset.partition_cols:
                text += f" PARTITIONED BY ({', '.join(f'`{name}`' for name in dataset.partition_cols)})"
            if dataset.path:
                text += f" LOCATION {_literal(dataset.path)}"
            if dataset.comment:
                text += f" COMMENT {_literal(dataset.comment)}"
            own = {k: v for k, v in dataset.table_properties.items() if k.startswith("delta.")}
            if own:
                text += f" TBLPROPERTIES ({', '.join(f'{_literal(k)} = {_literal(v)}' for k, v in own.items())})"
        self.spark.sql(text).collect()

    def schema(self, full: str) -> StructType:
        """The columns of a table."""
        return self.spark.read.table(quoted(full)).schema

    def widen(self, full: str, columns: StructType) -> None:
        """Add the columns that a table does not have yet, nullable."""
        there = {name.lower() for name in self.schema(full).names}
        new = [field for field in columns.fields if field.name.lower() not in there]
        if new:
            added = ", ".join(f"{quoted_column(field.name)} {field.dataType.simpleString()}" for field in new)
            self.spark.sql(f"ALTER TABLE {quoted(full)} ADD COLUMNS ({added})").collect()

    def is_empty(self, full: str) -> bool:
        """Whether a table holds no row."""
        return not self.spark.read.table(quoted(full)).limit(1).collect()

    def history(self, full: str, limit: int) -> list[Commit]:
        """The newest commits of a table, newest first."""
        rows = self.spark.sql(f"DESCRIBE HISTORY {quoted(full)} LIMIT {limit}").collect()
        return [_commit(row.asDict(recursive=True)) for row in rows]

    def data_version(self, full: str) -> int | None:
        """The newest version that changed rows or columns; None when there is no table or no history of it."""
        commit = self.last_data_commit(full)
        return commit.version if commit else None

    def last_data_commit(self, full: str) -> Commit | None:
        """The newest commit that changed rows or columns; None when there is no table or no history of it."""
        if self._known is not None and full in self._known:
            return self._known[full]
        found = self._last_data_commit(full) if self.exists(full) else None
        if self._known is not None:
            self._known[full] = found
        return found

    def _last_data_commit(self, full: str) -> Commit | None:
        for limit in (10, 1000):
            for commit in self.history(full, limit):
                if not commit.operation.upper().startswith(MAINTENANCE):
                    return commit
        return None

    def append(self, frame: DataFrame, full: str, mark: Mark, *, writer: tuple[str, int] | None = None) -> None:
        """Append rows in one commit; new columns are added to the table. ``writer``: who writes, and his number of this
        write; a write with a number that the table already holds is left out (Delta's ``txnAppId``, ``txnVersion``).
        """
        options = {"txnAppId": writer[0], "txnVersion": str(writer[1])} if writer else {}
        self._write(frame, full, "append", mark, (), mergeSchema="true", **options)

    def overwrite(self, frame: DataFrame, full: str, mark: Mark, partitions: Sequence[str] = ()) -> None:
        """Replace all rows, and the columns, in one commit."""
        self._write(frame, full, "overwrite", mark, partitions, overwriteSchema="true")

    def truncate(self, full: str) -> None:
        """Remove all rows, if there are any."""
        if self.exists(full) and not self.is_empty(full):
            self.spark.sql(f"DELETE FROM {quoted(full)}").collect()

    def drop(self, full: str) -> None:
        """Remove a table, if it is there."""
        self.spark.sql(f"DROP TABLE IF EXISTS {quoted(full)}").collect()

    def _write(
        self, frame: DataFrame, full: str, mode: str, mark: Mark, partitions: Sequence[str], **options: str
    ) -> None:
        text = json.dumps(dict(mark), sort_keys=True)
        writer = frame.write.format("delta").mode(mode).option("userMetadata", text)
        if partitions:
            writer = writer.partitionBy(*partitions)
        for name, value in options.items():
            writer = writer.option(name, value)
        writer.saveAsTable(quoted(full))


def _commit(row: dict[str, Any]) -> Commit:
    try:
        mark = json.loads(row.get("userMetadata") or "{}")
    except ValueError:
        mark = {}
    metrics = row.get("operationMetrics") or {}
    rows = metrics.get("numOutputRows", metrics.get("num_added_rows"))
    return Commit(
        int(row["version"]),
        str(row.get("operation") or ""),
        mark if isinstance(mark, dict) else {},
        None if rows is None else int(rows),
    )


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
