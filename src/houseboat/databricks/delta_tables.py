"""``from delta.tables import DeltaTable``: the Python API of Delta Lake, said in SQL on the notebook's own session.

The package ``delta-spark`` works through a JVM; where it is not installed, ``install()`` puts this module in its place,
as Databricks has it preinstalled. ``merge``, ``update`` and ``delete`` return nothing (before Delta 4 they did not,
either): the embedded engine does not count affected rows. Columns become SQL text (see ``engine.column_text``).
Source: the Python API of Delta Lake 4.0, ``delta.tables``.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from houseboat.databricks.delta_create import DeltaTableBuilder
from houseboat.databricks.delta_merge import DeltaMergeBuilder, assignments
from houseboat.databricks.gaps import DELTA_GAPS
from houseboat.engine.column_text import attribute, sql_text
from houseboat.engine.names import literal, quoted, split
from houseboat.errors import HouseboatError, Unsupported

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from houseboat.databricks.delta_merge import Text

_NOT_DELTA = frozenset({"DELTA_MISSING_DELTA_TABLE", "DELTA_TABLE_ONLY_OPERATION"})


class DeltaTable:
    """A Delta table by its name or path. Use ``forName``, ``forPath``, or one of the ``create`` builders."""

    def __init__(self, spark: SparkSession, target: str, frame: DataFrame, alias: str | None = None) -> None:
        self._spark = spark
        self._target = target
        self._frame = frame
        self._alias = alias

    @classmethod
    def forName(cls, sparkSession: SparkSession, tableOrViewName: str) -> DeltaTable:  # noqa: N802, N803
        """The Delta table of this name; raises when there is none."""
        parts = split(tableOrViewName)
        if len(parts) == 2 and parts[0].lower() == "delta":  # noqa: PLR2004
            return cls.forPath(sparkSession, parts[1])
        full = _detail(sparkSession, quoted(parts))["name"]
        return cls(sparkSession, quoted(split(full)), sparkSession.table(full), split(full)[-1])

    @classmethod
    def forPath(cls, sparkSession: SparkSession, path: str, hadoopConf: Mapping[str, str] | None = None) -> DeltaTable:  # noqa: ARG003, N802, N803
        """The Delta table at this path; raises when there is none. ``hadoopConf`` changes nothing at home."""
        target = quoted(("delta", path))
        _detail(sparkSession, target)
        return cls(sparkSession, target, sparkSession.read.format("delta").load(path))

    @classmethod
    def isDeltaTable(cls, sparkSession: SparkSession, identifier: str) -> bool:  # noqa: N802, N803
        """Whether there is a Delta table at this path (or ``delta.`path` ``)."""
        parts = split(identifier)
        path = parts[1] if len(parts) == 2 and parts[0].lower() == "delta" else identifier  # noqa: PLR2004
        try:
            _detail(sparkSession, quoted(("delta", path)))
        except HouseboatError as error:
            if error.code in _NOT_DELTA:
                return False
            raise
        return True

    @classmethod
    def create(cls, sparkSession: SparkSession | None = None) -> DeltaTableBuilder:  # noqa: N803
        """Create a table; fails when there is one."""
        return DeltaTableBuilder(_session(sparkSession), "CREATE TABLE", cls)

    @classmethod
    def createIfNotExists(cls, sparkSession: SparkSession | None = None) -> DeltaTableBuilder:  # noqa: N802, N803
        """Create a table where there is none."""
        return DeltaTableBuilder(_session(sparkSession), "CREATE TABLE IF NOT EXISTS", cls)

    @classmethod
    def replace(cls, sparkSession: SparkSession | None = None) -> DeltaTableBuilder:  # noqa: N803
        """Replace a table."""
        return DeltaTableBuilder(_session(sparkSession), "REPLACE TABLE", cls)

    @classmethod
    def createOrReplace(cls, sparkSession: SparkSession | None = None) -> DeltaTableBuilder:  # noqa: N802, N803
        """Create a table, or replace the one there is."""
        return DeltaTableBuilder(_session(sparkSession), "CREATE OR REPLACE TABLE", cls)

    @classmethod
    def convertToDelta(cls, *_arguments: Any, **_named: Any) -> NoReturn:  # noqa: N802
        """A declared gap."""
        raise _gap("convertToDelta")

    def toDF(self) -> DataFrame:  # noqa: N802
        """The table as a DataFrame."""
        return self._frame

    def alias(self, aliasName: str) -> DeltaTable:  # noqa: N803
        """The same table under a name for conditions."""
        return DeltaTable(self._spark, self._target, self._frame.alias(aliasName), aliasName)

    def merge(self, source: DataFrame, condition: Text) -> DeltaMergeBuilder:
        """Begin a merge of ``source`` into this table."""
        return DeltaMergeBuilder(self._aliased, source, condition)

    def update(self, condition: Text | None = None, set: Mapping[str, Text] | None = None) -> None:
        """Update the columns that ``set`` names where the condition holds, or everywhere."""
        changes = assignments(set, "set").removeprefix("UPDATE ")
        self._spark.sql(f"UPDATE {self._aliased} {changes}{_where(condition)}").collect()

    def delete(self, condition: Text | None = None) -> None:
        """Delete the rows for which the condition holds, or all."""
        self._spark.sql(f"DELETE FROM {self._aliased}{_where(condition)}").collect()

    def history(self, limit: int | None = None) -> DataFrame:
        """The commits, newest first."""
        return self._spark.sql(f"DESCRIBE HISTORY {self._target}" + ("" if limit is None else f" LIMIT {int(limit)}"))

    def detail(self) -> DataFrame:
        """Format, place, size and properties: one row."""
        return self._spark.sql(f"DESCRIBE DETAIL {self._target}")

    def optimize(self) -> DeltaOptimizeBuilder:
        """Begin to join small files."""
        return DeltaOptimizeBuilder(self._spark, self._target)

    def vacuum(self, retentionHours: float | None = None) -> DataFrame:  # noqa: N803
        """Remove files that no version of the last 7 days (or ``retentionHours``) needs."""
        retain = "" if retentionHours is None else f" RETAIN {retentionHours:g} HOURS"
        return self._spark.sql(f"VACUUM {self._target}{retain}")

    def restoreToVersion(self, version: int) -> DataFrame:  # noqa: N802
        """Make the table what it was at a version: a new commit."""
        return self._spark.sql(f"RESTORE TABLE {self._target} TO VERSION AS OF {int(version)}")

    def restoreToTimestamp(self, timestamp: str) -> DataFrame:  # noqa: N802
        """Make the table what it was at a moment: a new commit."""
        return self._spark.sql(f"RESTORE TABLE {self._target} TO TIMESTAMP AS OF {literal(str(timestamp))}")

    def __getattr__(self, name: str) -> NoReturn:
        if f"DeltaTable.{name}" in DELTA_GAPS:
            raise _gap(name)
        raise AttributeError(f"DeltaTable has no attribute {name!r}")

    @property
    def _aliased(self) -> str:
        return self._target if self._alias is None else f"{self._target} AS {quoted((self._alias,))}"


class DeltaOptimizeBuilder:
    """``DeltaTable.optimize()``: end with ``executeCompaction()`` or ``executeZOrderBy(...)``."""

    def __init__(self, spark: SparkSession, target: str) -> None:
        self._spark = spark
        self._target = target

    def where(self, partitionFilter: str) -> NoReturn:  # noqa: ARG002, N803
        """A declared gap."""
        raise _gap("optimize().where")

    def executeCompaction(self) -> DataFrame:  # noqa: N802
        """Join small files; a table that needs none gets no new version."""
        return self._spark.sql(f"OPTIMIZE {self._target}")

    def executeZOrderBy(self, *cols: str | list[str] | tuple[str, ...]) -> DataFrame:  # noqa: N802
        """Write the files anew, ordered along these columns."""
        named = [name for given in cols for name in ([given] if isinstance(given, str) else given)]
        return self._spark.sql(
            f"OPTIMIZE {self._target} ZORDER BY ({', '.join(quoted(attribute(one)) for one in named)})"
        )


def install() -> None:
    """Make ``import delta`` and ``delta.tables`` find this module, unless a package of that name is there."""
    if "delta" in sys.modules or importlib.util.find_spec("delta") is not None:
        return
    package = ModuleType("delta", "Delta Lake's Python API, in SQL (houseboat.databricks.delta_tables).")
    tables = ModuleType("delta.tables", __doc__)
    for one in (DeltaTable, DeltaTableBuilder, DeltaMergeBuilder, DeltaOptimizeBuilder):
        setattr(tables, one.__name__, one)
    package.__path__ = []
    package.tables = tables  # type: ignore[attr-defined]
    package.DeltaTable = DeltaTable  # type: ignore[attr-defined]
    package.configure_spark_with_delta_pip = _configured  # type: ignore[attr-defined]
    sys.modules.update({"delta": package, "delta.tables": tables})


def _configured(builder: Any, *_arguments: Any, **_named: Any) -> Any:
    """``configure_spark_with_delta_pip(builder)``: Delta is there already."""
    return builder


def _detail(spark: SparkSession, target: str) -> Any:
    return spark.sql(f"DESCRIBE DETAIL {target}").collect()[0]


def _session(given: SparkSession | None) -> SparkSession:
    from pyspark.sql import SparkSession

    found = given or SparkSession.getActiveSession()
    if found is None:
        raise HouseboatError("no Spark session is active in this thread", hint="DeltaTable.create(spark)")
    return found


def _where(condition: Text | None) -> str:
    return "" if condition is None else f" WHERE {sql_text(condition)}"


def _gap(name: str) -> Unsupported:
    return Unsupported(f"DeltaTable.{name} is not supported", hint=DELTA_GAPS[f"DeltaTable.{name}"])
