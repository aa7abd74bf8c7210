"""AUTO CDC without history (SCD type 1): the SQL that finds each key's newest row.

The hidden table remembers, for every key, the sequence of the row shown (``__upsert``) and of the newest delete
(``__delete``), as Databricks' own storage table does (``__UpsertVersion``, ``__DeleteVersion``); for each column whose
nulls are ignored, the sequence of its value. A truncate is one row of it without key. The target is written before the
hidden table: a batch that a crash cuts off in between gives the same rows when it is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.pipelines.cdc import (
    DELETE,
    MARK,
    OPERATION,
    SEQUENCE,
    TRUNCATE,
    UPSERT,
    Change,
    columns,
    counted,
    differ,
    equal,
    merge,
    ordered,
    quote,
    tie,
)  # fmt: skip
from houseboat.pipelines.tables import quoted

if TYPE_CHECKING:
    from houseboat.pipelines.cdc import Batch, Target
    from houseboat.pipelines.tables import Tables

UPSERTED, DELETED = "__upsert", "__delete"


def apply(tables: Tables, target: Target, batch: Batch) -> Change:
    """Apply a batch of events."""
    _ensure_aux(tables, target)
    state = _state(target, batch)
    rows = _rows_difference(target, state)
    change = counted(tables.spark, rows)
    marks = _marks_difference(target, state)
    if change.any:
        if change.updated or change.deleted or not tables.is_empty(target.full):
            merge(tables, target.full, rows, target.keys, target.names)
        else:
            names = columns([*target.keys, *target.names])
            tables.append(tables.spark.sql(f"select {names} from ({rows})"), target.full, MARK)
    if counted(tables.spark, marks).any:
        merge(tables, target.aux, marks, target.keys, _marks(target))
    if batch.truncates:
        _note_truncate(tables, target, batch)
    return change


def _marks(target: Target) -> list[str]:
    return [UPSERTED, DELETED, *(f"__at_{name}" for name in target.coalesced)]


def _ensure_aux(tables: Tables, target: Target) -> None:
    from pyspark.sql.types import StructField, StructType

    if not tables.exists(target.aux):
        marks = [StructField(name, target.sequence.dataType) for name in _marks(target)]
        tables.create(target.aux, StructType([*target.key_fields, *marks]))


def _state(target: Target, batch: Batch) -> str:
    """Common table expressions up to ``n``: for every key in question its row and marks as they should be.

    ``s``: the marks so far and the newest delete, the batch's included. ``live``: upserts of the batch newer than
    that. ``g``: the newest of them. ``c``: the newest value of each column whose nulls are ignored.
    """
    keys, aux = columns(target.keys), quoted(target.aux)
    keyless = " and ".join(f"{quote(key)} is null" for key in target.keys)
    asked = f"select {keys} from {batch.view} where {OPERATION} <> '{TRUNCATE}'"
    if batch.truncates:
        asked += f" union all select {keys} from {aux} where not ({keyless})"
    number = f"row_number() over (partition by {keys} order by {ordered(target, newest_first=True)}, {tie(target)})"
    truncated = f"select max({DELETED}) as __t from {aux} where {keyless}"
    if batch.truncates:
        truncated = (
            f"select max(__t) as __t from (select {DELETED} as __t from {aux} where {keyless}"
            f" union all select {SEQUENCE} from {batch.view} where {OPERATION} = '{TRUNCATE}')"
        )
    marks = columns(_marks(target), "a")
    parts = [
        f"k as (select distinct {keys} from ({asked}))",
        f"t as ({truncated})",
        f"d as (select {keys}, max({SEQUENCE}) as __d from {batch.view} where {OPERATION} = '{DELETE}' group by {keys})",
        (
            f"s0 as (select {columns(target.keys, 'k')}, {marks}, d.__d from k left join {aux} as a on {equal(target.keys, 'k', 'a')}"
            f" left join d on {equal(target.keys, 'k', 'd')})"
        ),
        f"s as (select {keys}, {columns(_marks(target))}, {_later(DELETED, '__d')} as __gone, t.__t from s0 cross join t)",
        (
            f"live as (select {columns(target.event_columns, 'e')} from {batch.view} as e join s on {equal(target.keys, 'e', 's')}"
            f" where e.{OPERATION} = '{UPSERT}' and not ({_dead(f'e.{SEQUENCE}')}))"
        ),
        f"g as (select * from (select *, {number} as __n from live) where __n = 1)",
    ]
    if target.coalesced:
        newest = [
            f"max_by({quote(name)}, case when {quote(name)} is not null then {SEQUENCE} end) as {quote(name)},"
            f" max(case when {quote(name)} is not null then {SEQUENCE} end) as {quote('__at_' + name)}"
            for name in target.coalesced
        ]
        parts.append(f"c as (select {keys}, {', '.join(newest)} from live group by {keys})")
    return "with " + ", ".join([*parts, f"n as ({_joined(target)})"])


def _joined(target: Target) -> str:
    old = f"(s.{UPSERTED} is not null and not ({_dead(f's.{UPSERTED}')}) and (g.{SEQUENCE} is null or s.{UPSERTED} > g.{SEQUENCE}))"
    chosen = [columns(target.keys, "s"), "s.__gone"]
    chosen.append(f"case when {old} then s.{UPSERTED} else g.{SEQUENCE} end as {UPSERTED}")
    joins = f"left join {quoted(target.full)} as o on {equal(target.keys, 's', 'o')} left join g on {equal(target.keys, 's', 'g')}"
    if target.coalesced:
        joins += f" left join c on {equal(target.keys, 's', 'c')}"
    for name in target.names:
        column = quote(name)
        if name in target.coalesced:
            at = quote(f"__at_{name}")
            keep = f"(s.{at} is not null and not ({_dead(f's.{at}')}) and (c.{at} is null or s.{at} > c.{at}))"
            chosen.append(f"case when {keep} then o.{column} else c.{column} end as {column}")
            chosen.append(f"case when {keep} then s.{at} else c.{at} end as {at}")
        else:
            chosen.append(f"case when {old} then o.{column} else g.{column} end as {column}")
    return f"select {', '.join(chosen)} from s {joins}"


def _rows_difference(target: Target, state: str) -> str:
    """The rows of the target to insert (I), update (U) or remove (X)."""
    present = f"o.{quote(target.keys[0])} is not null"
    changed = differ(target.names, "n", "o")
    kind = (
        f"case when n.{UPSERTED} is not null and not ({present}) then 'I' when n.{UPSERTED} is null and {present} then 'X'"
        f" when n.{UPSERTED} is not null and {changed} then 'U' end"
    )
    return (
        f"{state} select * from (select {columns([*target.keys, *target.names], 'n')}, {kind} as __change from n"
        f" left join {quoted(target.full)} as o on {equal(target.keys, 'n', 'o')}) where __change is not null"
    )


def _marks_difference(target: Target, state: str) -> str:
    """The rows of the hidden table to insert or update."""
    marks = _marks(target)
    now = ", ".join(
        [f"{UPSERTED}", f"__gone as {DELETED}"]
        + [
            f"case when {UPSERTED} is not null then {quote('__at_' + name)} end as {quote('__at_' + name)}"
            for name in target.coalesced
        ]
    )
    kind = f"case when a.{quote(target.keys[0])} is null then 'I' when {differ(marks, 'w', 'a')} then 'U' end"
    return (
        f"{state} select * from (select {columns([*target.keys, *marks], 'w')}, {kind} as __change from"
        f" (select {columns(target.keys)}, {now} from n) as w"
        f" left join {quoted(target.aux)} as a on {equal(target.keys, 'w', 'a')}) where __change is not null"
    )


def _note_truncate(tables: Tables, target: Target, batch: Batch) -> None:
    keyless = " and ".join(f"{quote(key)} is null" for key in target.keys)
    newest = f"select max({SEQUENCE}) as {DELETED} from {batch.view} where {OPERATION} = '{TRUNCATE}'"
    known = f"select 1 as one from {quoted(target.aux)} as a join b on a.{DELETED} >= b.{DELETED} where {keyless}"
    if tables.spark.sql(f"with b as ({newest}) {known}").collect():
        return
    kind = target.sequence.dataType.simpleString()
    row = [f"cast(null as {field.dataType.simpleString()}) as {quote(field.name)}" for field in target.key_fields]
    row += [DELETED if name == DELETED else f"cast(null as {kind}) as {quote(name)}" for name in _marks(target)]
    tables.append(tables.spark.sql(f"select {', '.join(row)} from ({newest})"), target.aux, MARK)


def _dead(sequence: str) -> str:
    """Whether an upsert of this sequence is undone by a delete at it or later, or by a truncate after it."""
    return f"(s.__gone is not null and {sequence} <= s.__gone) or (s.__t is not null and {sequence} < s.__t)"


def _later(left: str, right: str) -> str:
    return f"case when {left} is null or {right} > {left} then coalesce({right}, {left}) else {left} end"
