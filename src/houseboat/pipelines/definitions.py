"""What a pipeline's files define, as plain values: datasets, flows, rules.

Nothing here knows an engine. Names are as the user wrote them until ``graph.py`` makes them full
(``catalog.schema.table``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.errors import Place

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

Query = Callable[[], "DataFrame"]
"""A query function: no arguments, returns a DataFrame, may run more than once."""


@dataclass(frozen=True)
class Location:
    """Where in the user's files something is defined; ``cell`` is the 1-based cell of a notebook."""

    file: Path
    line: int | None = None
    cell: int | None = None

    @property
    def place(self) -> Place:
        """The same, as errors carry it."""
        return Place(self.file, self.line, f"cell {self.cell}" if self.cell else None)


class Action(StrEnum):
    """What becomes of a row that breaks a rule."""

    WARN = "warn"
    DROP = "drop"
    FAIL = "fail"


@dataclass(frozen=True)
class Expectation:
    """A rule on the rows of a dataset: ``condition`` is SQL boolean text, or a Column where the user gave one."""

    name: str
    condition: str | Column
    action: Action


class Kind(StrEnum):
    """What a dataset is. ``TABLE`` is undecided: ``@table`` becomes one or the other by what its query returns."""

    TABLE = "table"
    STREAMING_TABLE = "streaming_table"
    MATERIALIZED_VIEW = "materialized_view"
    VIEW = "view"


@dataclass(frozen=True)
class Dataset:
    """A table or view of the pipeline. A view has no storage; a table's data is written by its flows."""

    name: str
    kind: Kind
    location: Location
    comment: str | None = None
    schema: StructType | str | None = None
    table_properties: Mapping[str, str] = field(default_factory=dict)
    partition_cols: tuple[str, ...] = ()
    cluster_by: tuple[str, ...] = ()
    path: str | None = None
    private: bool = False
    expectations: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Flow:
    """Something that writes into ``target``; its name is unique within the target and keys its checkpoint."""

    name: str
    target: str
    location: Location
    spark_conf: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QueryFlow(Flow):
    """A flow whose rows come from a query function; ``once``: a batch, run once in the life of its table."""

    query: Query = field(kw_only=True)
    once: bool = False


@dataclass(frozen=True)
class ColumnChoice:
    """``only`` these columns, or all ``but`` these; neither means all. At most one is given."""

    only: tuple[str, ...] | None = None
    but: tuple[str, ...] | None = None

    def of(self, columns: list[str]) -> list[str]:
        """The chosen ones of ``columns``, in their order; names are compared without case, as Spark does."""
        if self.only is not None:
            wanted = {name.lower() for name in self.only}
            return [name for name in columns if name.lower() in wanted]
        unwanted = {name.lower() for name in self.but or ()}
        return [name for name in columns if name.lower() not in unwanted]


@dataclass(frozen=True)
class CdcFlow(Flow):
    """AUTO CDC: applies the change events read from ``source`` (a dataset's name) to ``target``, by key.

    ``sequence_by``, ``deletes``, ``truncates`` and ``where`` are SQL text or Columns over the source's columns.
    ``ignore_nulls``: None, or the columns whose nulls in an update keep the stored value.
    """

    source: str = field(kw_only=True)
    keys: tuple[str, ...] = field(kw_only=True)
    sequence_by: str | Column = field(kw_only=True)
    where: str | Column | None = None
    deletes: str | Column | None = None
    truncates: str | Column | None = None
    columns: ColumnChoice = ColumnChoice()
    scd_type: int = 1
    track: ColumnChoice = ColumnChoice()
    ignore_nulls: ColumnChoice | None = None
    once: bool = False


SnapshotFunction = Callable[[Any], "tuple[DataFrame, Any] | None"]
"""``f(latest version or None) -> (snapshot, its version)``, or None when there is no newer snapshot."""


@dataclass(frozen=True)
class SnapshotFlow(Flow):
    """AUTO CDC from snapshots: the changes are what differs between a snapshot and the table, by key."""

    source: str | SnapshotFunction = field(kw_only=True)
    keys: tuple[str, ...] = field(kw_only=True)
    scd_type: int = 1
    track: ColumnChoice = ColumnChoice()
    once: bool = False


@dataclass(frozen=True)
class Definitions:
    """All that a pipeline's files define, in the order in which they do."""

    datasets: tuple[Dataset, ...]
    flows: tuple[Flow, ...]
