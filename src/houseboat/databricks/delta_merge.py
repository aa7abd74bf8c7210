"""``DeltaTable.merge(...)``: clauses are collected, and ``execute()`` says them as one MERGE statement.

Source: the Python API of Delta Lake 4.0, ``delta.tables.DeltaMergeBuilder``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypeAlias

from houseboat.engine.column_text import alias_of, attribute, sql_text
from houseboat.engine.names import quoted
from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    Text: TypeAlias = Column | str
    """A Column, or SQL text."""


class DeltaMergeBuilder:
    """A merge of ``source`` into ``target``. The order of the clauses counts, as in SQL; ``execute()`` runs it."""

    def __init__(self, target: str, source: DataFrame, condition: Text) -> None:
        self._target = target
        self._source = source
        self._condition = sql_text(condition)
        self._clauses: list[str] = []
        self._evolution = ""

    def whenMatchedUpdate(self, condition: Text | None = None, set: Mapping[str, Text] | None = None) -> Self:  # noqa: N802
        """Update the columns that ``set`` names in rows that match."""
        return self._when("MATCHED", condition, assignments(set, "set"))

    def whenMatchedUpdateAll(self, condition: Text | None = None) -> Self:  # noqa: N802
        """Update every column from the source's column of the same name."""
        return self._when("MATCHED", condition, "UPDATE SET *")

    def whenMatchedDelete(self, condition: Text | None = None) -> Self:  # noqa: N802
        """Delete rows that match."""
        return self._when("MATCHED", condition, "DELETE")

    def whenNotMatchedInsert(self, condition: Text | None = None, values: Mapping[str, Text] | None = None) -> Self:  # noqa: N802
        """Insert the source's rows without a match; other columns become null."""
        given = _required(values, "values")
        columns = ", ".join(quoted((attribute(name)[-1],)) for name in given)
        shown = ", ".join(sql_text(value) for value in given.values())
        return self._when("NOT MATCHED", condition, f"INSERT ({columns}) VALUES ({shown})")

    def whenNotMatchedInsertAll(self, condition: Text | None = None) -> Self:  # noqa: N802
        """Insert the source's rows without a match, column by name."""
        return self._when("NOT MATCHED", condition, "INSERT *")

    def whenNotMatchedBySourceUpdate(  # noqa: N802
        self,
        condition: Text | None = None,
        set: Mapping[str, Text] | None = None,
    ) -> Self:
        """Update rows that the source does not hold."""
        return self._when("NOT MATCHED BY SOURCE", condition, assignments(set, "set"))

    def whenNotMatchedBySourceDelete(self, condition: Text | None = None) -> Self:  # noqa: N802
        """Delete rows that the source does not hold."""
        return self._when("NOT MATCHED BY SOURCE", condition, "DELETE")

    def withSchemaEvolution(self) -> Self:  # noqa: N802
        """Let the source's new columns widen the table."""
        self._evolution = "WITH SCHEMA EVOLUTION "
        return self

    def execute(self) -> None:
        """Run the merge: one commit. The statement runs in the source's session, where its temporary views are."""
        if not self._clauses:
            raise HouseboatError(
                "the merge has no clause",
                hint="add whenMatchedUpdateAll(), whenNotMatchedInsertAll() ... before execute()",
            )
        spark = self._source.sparkSession
        view = f"merge_source_{uuid.uuid4().hex}"
        named = quoted((alias_of(self._source) or view,))
        self._source.createOrReplaceTempView(view)
        try:
            spark.sql(
                f"MERGE {self._evolution}INTO {self._target} USING {view} AS {named} ON {self._condition} "
                + " ".join(self._clauses)
            ).collect()
        finally:
            spark.catalog.dropTempView(view)

    def _when(self, what: str, condition: Text | None, action: str) -> Self:
        only = "" if condition is None else f" AND ({sql_text(condition)})"
        self._clauses.append(f"WHEN {what}{only} THEN {action}")
        return self


def assignments(values: Mapping[str, Text] | None, name: str) -> str:
    """``UPDATE SET ...`` of a dict; a column's name may carry the table's alias."""
    pairs = (
        f"{quoted((attribute(column)[-1],))} = {sql_text(value)}" for column, value in _required(values, name).items()
    )
    return f"UPDATE SET {', '.join(pairs)}"


def _required(values: Mapping[str, Text] | None, name: str) -> Mapping[str, Text]:
    if not isinstance(values, Mapping) or not values:
        raise HouseboatError(f"{name!r} must be a dict of column name -> SQL text or Column", hint='{"name": "s.name"}')
    return values
