"""``DeltaTable.create(spark)`` and its kin: columns are collected, and ``execute()`` says them as one CREATE TABLE.

Source: the Python API of Delta Lake 4.0, ``delta.tables.DeltaTableBuilder``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from houseboat.databricks.gaps import DELTA_GAPS
from houseboat.engine.names import literal, quoted, split
from houseboat.errors import HouseboatError, Unsupported

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType, StructField, StructType


class DeltaTableBuilder:
    """A table to be made. ``verb``: how the statement begins; ``tables``: the class that opens what was made."""

    def __init__(self, spark: SparkSession, verb: str, tables: Any) -> None:
        self._spark = spark
        self._verb = verb
        self._tables = tables
        self._name: str | None = None
        self._columns: list[str] = []
        self._ends: dict[str, str] = {}
        self._properties: dict[str, str] = {}

    def tableName(self, identifier: str) -> Self:  # noqa: N802
        """The table's name."""
        self._name = identifier
        return self

    def location(self, location: str) -> Self:
        """Where its files lie; the table is then external."""
        self._ends["LOCATION"] = literal(location)
        return self

    def comment(self, comment: str) -> Self:
        """What the table is."""
        self._ends["COMMENT"] = literal(comment)
        return self

    def addColumn(  # noqa: N802
        self,
        colName: str,  # noqa: N803
        dataType: str | DataType,  # noqa: N803
        nullable: bool = True,
        generatedAlwaysAs: Any = None,  # noqa: N803
        generatedByDefaultAs: Any = None,  # noqa: N803
        comment: str | None = None,
    ) -> Self:
        """Add a column; ``dataType`` is a name in SQL or a type of PySpark."""
        if generatedAlwaysAs is not None or generatedByDefaultAs is not None:
            raise Unsupported(
                f"the generated column {colName!r} is not supported", hint=DELTA_GAPS["DeltaTable generated columns"]
            )
        kind = dataType if isinstance(dataType, str) else dataType.simpleString()
        said = f" COMMENT {literal(comment)}" if comment else ""
        self._columns.append(f"{quoted((colName,))} {kind}{'' if nullable else ' NOT NULL'}{said}")
        return self

    def addColumns(self, cols: StructType | list[StructField]) -> Self:  # noqa: N802
        """Add the columns of a schema."""
        for one in cols:
            self.addColumn(one.name, one.dataType, one.nullable, comment=(one.metadata or {}).get("comment"))
        return self

    def partitionedBy(self, *cols: str | list[str] | tuple[str, ...]) -> Self:  # noqa: N802
        """The columns whose values make folders."""
        self._ends["PARTITIONED BY"] = _listed(cols)
        return self

    def clusterBy(self, *cols: str | list[str] | tuple[str, ...]) -> Self:  # noqa: N802
        """The columns by which rows are kept together."""
        self._ends["CLUSTER BY"] = _listed(cols)
        return self

    def property(self, key: str, value: str) -> Self:
        """A property of the table."""
        self._properties[key] = value
        return self

    def execute(self) -> Any:
        """Make the table and return it as a ``DeltaTable``."""
        if self._name is None:
            raise HouseboatError(
                "the table to be made has no name", hint=DELTA_GAPS["DeltaTable.create without tableName"]
            )
        pairs = ", ".join(f"{literal(key)} = {literal(value)}" for key, value in self._properties.items())
        ends = {**self._ends, **({"TBLPROPERTIES": f"({pairs})"} if pairs else {})}
        columns = f" ({', '.join(self._columns)})" if self._columns else ""
        text = " ".join(f"{word} {value}" for word, value in ends.items())
        self._spark.sql(f"{self._verb} {quoted(split(self._name))}{columns} USING delta {text}").collect()
        return self._tables.forName(self._spark, self._name)


def _listed(cols: tuple[str | list[str] | tuple[str, ...], ...]) -> str:
    named = [name for given in cols for name in ([given] if isinstance(given, str) else given)]
    return f"({', '.join(quoted((name,)) for name in named)})"
