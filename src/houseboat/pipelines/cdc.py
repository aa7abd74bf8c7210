"""AUTO CDC: turns a batch of change events into the rows of a target, by key, in the order of a sequence.

Here: what both kinds of history share, and the checks of a batch. ``scd1.py`` and ``scd2.py`` hold the SQL of each.

A batch may arrive in any order, may be cut anywhere, and may come twice: the target equals that of the sorted events.
What the visible rows cannot express is kept in a hidden table beside the target, ``__houseboat_cdc_<target>``.
At one key and sequence a delete beats an upsert; among upserts the choice is arbitrary but always the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from houseboat.pipelines.errors import CdcError
from houseboat.pipelines.spec import split_name
from houseboat.pipelines.tables import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructField, StructType

    from houseboat.pipelines.definitions import CdcFlow, ColumnChoice, Expectation
    from houseboat.pipelines.tables import Tables

SEQUENCE, OPERATION = "__sequence", "__operation"
START, END = "__START_AT", "__END_AT"
UPSERT, DELETE, TRUNCATE = "U", "D", "T"
MARK = {"houseboat": "auto cdc"}


@dataclass(frozen=True)
class Change:
    """What a batch did to the target, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __add__(self, other: Change) -> Change:
        return Change(self.inserted + other.inserted, self.updated + other.updated, self.deleted + other.deleted)

    @property
    def any(self) -> bool:
        """Whether the target changed."""
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True)
class Target:
    """Where events go: the target's full name and columns. ``data`` are the columns besides the keys, ``tracked``
    those whose change opens a version (SCD type 2), ``coalesced`` those whose null keeps the stored value.
    """

    full: str
    keys: tuple[str, ...]
    data: tuple[StructField, ...]
    key_fields: tuple[StructField, ...]
    sequence: StructField
    scd_type: int
    tracked: tuple[str, ...] = ()
    coalesced: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The data columns' names."""
        return [field.name for field in self.data]

    @property
    def aux(self) -> str:
        """The hidden table's full name."""
        return hidden_table(self.full)

    @property
    def event_columns(self) -> list[str]:
        """Keys, data, sequence, operation."""
        return [*self.keys, *self.names, SEQUENCE, OPERATION]


def hidden_table(full: str) -> str:
    """The name of the table that keeps what a CDC target's own rows cannot say."""
    *home, name = split_name(full)
    return ".".join([*home, f"__houseboat_cdc_{name}"])


def events_of(flow: CdcFlow, source: DataFrame) -> tuple[DataFrame, list[str]]:
    """A batch of a flow's source as events: the output's columns, the sequence and the operation (U, D or T).

    Returns the events and the names of the output's columns; raises ``CdcError`` for a key that is not among them.
    """
    from pyspark.sql import functions as F  # noqa: N812

    if flow.where is not None:
        source = source.where(flow.where)
    chosen = flow.columns.of(source.columns)
    lowered = {name.lower(): name for name in chosen}
    for key in flow.keys:
        if key.lower() not in lowered:
            raise CdcError(
                f"flow {flow.name!r}: the key {key!r} is not a column of {flow.source} that the target takes",
                place=flow.location.place, hint=f"its columns: {', '.join(chosen)}",
            )  # fmt: skip
    sequence = _column(flow.sequence_by)
    operation = F.lit(UPSERT)
    if flow.deletes is not None:
        operation = F.when(_column(flow.deletes), DELETE).otherwise(operation)
    if flow.truncates is not None:
        operation = F.when(_column(flow.truncates), TRUNCATE).otherwise(operation)
    events = source.select(
        *[F.col(f"`{name}`") for name in chosen], sequence.alias(SEQUENCE), operation.alias(OPERATION)
    )
    return events, chosen


def target_of(
    full: str, keys: Sequence[str], columns: StructType, sequence: StructField, *, scd_type: int,
    track: ColumnChoice, ignore_nulls: ColumnChoice | None = None,
) -> Target:  # fmt: skip
    """A target from the events' columns (without sequence and operation)."""
    lowered = {key.lower() for key in keys}
    data = tuple(field for field in columns.fields if field.name.lower() not in lowered)
    names = [field.name for field in data]
    by_name = {field.name.lower(): field for field in columns.fields}
    key_fields = tuple(by_name[key.lower()] for key in keys)
    return Target(
        full, tuple(field.name for field in key_fields), data, key_fields, sequence, scd_type,
        tuple(track.of(names)) if scd_type != 1 else (),
        tuple(ignore_nulls.of(names)) if ignore_nulls is not None else (),
    )  # fmt: skip


def grown(target: Target, flow: CdcFlow, events: DataFrame, chosen: Sequence[str]) -> Target:
    """The target with the columns that events have and it lacks: its source grew after the graph was examined."""
    from pyspark.sql.types import StructType

    if {name.lower() for name in chosen} <= {name.lower() for name in (*target.keys, *target.names)}:
        return target
    fields = {field.name: field for field in events.schema.fields}
    columns = StructType([fields[name] for name in chosen])
    return target_of(
        target.full, target.keys, columns, fields[SEQUENCE], scd_type=target.scd_type, track=flow.track,
        ignore_nulls=flow.ignore_nulls,
    )  # fmt: skip


def visible_schema(target: Target, columns: StructType) -> StructType:
    """The columns of the target table."""
    from pyspark.sql.types import StructField, StructType

    fields = list(columns.fields)
    if target.scd_type != 1:
        fields += [StructField(name, target.sequence.dataType, nullable=True) for name in (START, END)]
    return StructType(fields)


@dataclass(frozen=True)
class Batch:
    """A checked batch: the name of a temporary view of its events, and what is in it."""

    view: str
    rows: int
    deletes: int
    truncates: int


def apply(tables: Tables, target: Target, events: DataFrame, *, rules: Sequence[Expectation] = ()) -> Change:  # noqa: ARG001
    """Apply events to a target. Applying the same again changes nothing and commits nothing."""
    from houseboat.pipelines import scd1, scd2

    with view_of(tables.spark, events) as name:
        batch = _checked(tables.spark, target, name)
        if not batch.rows:
            return Change()
        for table in (target.full, target.aux):  # what a killed batch left
            tables.drop(_staged(table))
        _widen(tables, target)
        return (scd1 if target.scd_type == 1 else scd2).apply(tables, target, batch)


def _widen(tables: Tables, target: Target) -> None:
    """Columns that the source has grown are added to the target, and to the hidden table of type 2, which holds whole events;
    earlier rows hold null there.
    """
    from pyspark.sql.types import StructType

    data = StructType([*target.key_fields, *target.data])
    tables.widen(target.full, data)
    if target.scd_type != 1 and tables.exists(target.aux):
        tables.widen(target.aux, data)


@contextmanager
def view_of(spark: SparkSession, frame: DataFrame) -> Iterator[str]:
    """A temporary view of a DataFrame, inside the ``with``."""
    name = f"__houseboat_{uuid.uuid4().hex[:12]}"
    frame.createOrReplaceTempView(name)
    try:
        yield name
    finally:
        spark.catalog.dropTempView(name)


def _checked(spark: SparkSession, target: Target, view: str) -> Batch:
    keyless = " or ".join(f"{quote(key)} is null" for key in target.keys)
    row = spark.sql(
        f"select count(1) as n, sum(case when {SEQUENCE} is null then 1 else 0 end) as unordered,"
        f" sum(case when {OPERATION} <> '{TRUNCATE}' and ({keyless}) then 1 else 0 end) as keyless,"
        f" sum(case when {OPERATION} = '{DELETE}' then 1 else 0 end) as deletes,"
        f" sum(case when {OPERATION} = '{TRUNCATE}' then 1 else 0 end) as truncates from {view}"
    ).collect()[0]
    if row["unordered"]:
        raise CdcError(
            f"{row['unordered']} change events for {target.full} have no sequence", code="NULL_SEQUENCE",
            hint="sequence_by must have a value in every event; drop the others in a view with an expectation",
        )  # fmt: skip
    if row["keyless"]:
        raise CdcError(
            f"{row['keyless']} change events for {target.full} have no key ({', '.join(target.keys)})", code="NULL_KEY",
            hint="drop events without key in a view with an expectation",
        )  # fmt: skip
    return Batch(view, int(row["n"]), int(row["deletes"] or 0), int(row["truncates"] or 0))


def quote(name: str) -> str:
    """A column's name for SQL."""
    return "`" + name.replace("`", "``") + "`"


def columns(names: Sequence[str], alias: str = "") -> str:
    """A comma list of columns, each with a table's alias."""
    return ", ".join(f"{alias}.{quote(name)}" if alias else quote(name) for name in names)


def equal(names: Sequence[str], left: str, right: str) -> str:
    """The condition that two rows have the same values here; for keys, which are never null."""
    return " and ".join(f"{left}.{quote(name)} = {right}.{quote(name)}" for name in names)


def differ(names: Sequence[str], left: str, right: str) -> str:
    """The condition that two rows differ in one of these columns; null equals null."""
    same = [f"{left}.{quote(name)} <=> {right}.{quote(name)}" for name in names]
    return f"not ({' and '.join(same)})" if same else "false"


def tie(target: Target, alias: str = "") -> str:
    """An order among events of one key and sequence: deletes first, then always the same upsert."""
    from pyspark.sql.types import ArrayType, MapType, StructType

    prefix = f"{alias}." if alias else ""
    parts = [
        f"to_json(named_struct('v', {prefix}{quote(field.name)}))"
        if isinstance(field.dataType, (ArrayType, MapType, StructType))
        else f"cast({prefix}{quote(field.name)} as string)"
        for field in target.data
    ]
    return f"{prefix}{OPERATION}" + (f", xxhash64({', '.join(parts)})" if parts else "")


def ordered(target: Target, *, newest_first: bool = False) -> str:
    """The sequence as it stands after ORDER BY: a struct field by field, because the embedded engine's windows do not
    order by structs.
    """
    suffix = " desc" if newest_first else ""
    return ", ".join(f"{part}{suffix}" for part in _parts(SEQUENCE, target.sequence.dataType))


def _parts(name: str, kind: Any) -> list[str]:
    from pyspark.sql.types import StructType

    if not isinstance(kind, StructType):
        return [name]
    return [part for field in kind.fields for part in _parts(f"{name}.{quote(field.name)}", field.dataType)]


def counted(spark: SparkSession, difference: str) -> Change:
    """How many rows a difference (a query with ``__change``: I, U or X) inserts, updates and removes."""
    row = spark.sql(
        "select " + ", ".join(f"sum(case when __change = '{c}' then 1 else 0 end) as {c}" for c in "IUX")
        + f" from ({difference})"
    ).collect()[0]  # fmt: skip
    return Change(*(int(row[c] or 0) for c in "IUX"))


def merge(tables: Tables, table: str, difference: str, on: Sequence[str], others: Sequence[str]) -> None:
    """Make a table differ by nothing any more: insert, update and remove what ``difference`` says.

    The difference is written down first and dropped afterwards: it reads the table that the MERGE changes, and Sail 0.7.2
    then sees too few of that table's rows now and then.
    """
    staged = _staged(table)
    tables.overwrite(tables.spark.sql(difference), staged, MARK)
    names = [*on, *others]
    updates = ", ".join(f"{quote(name)} = s.{quote(name)}" for name in others)
    tables.spark.sql(
        f"merge into {quoted(table)} as t using {quoted(staged)} as s on {equal(on, 't', 's')}"
        " when matched and s.__change = 'X' then delete"
        + (f" when matched then update set {updates}" if others else "")
        + f" when not matched then insert ({columns(names)}) values ({columns(names, 's')})"
    ).collect()
    tables.drop(staged)


def _staged(table: str) -> str:
    *home, name = split_name(table)
    return ".".join([*home, f"{name}__staged"])


def _column(value: Any) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.expr(value) if isinstance(value, str) else value
