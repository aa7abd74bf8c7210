"""AUTO CDC with full history (SCD type 2): the SQL that recomputes the history of the keys in a batch.

For each key in the batch, its whole past is put together as events: each visible row is an upsert at its start; a row
that ends where no other begins was ended by a delete; what rows cannot say (repeats that changed nothing, values
overwritten in place, deletes without a row) is in the hidden table. The batch joins them, and windows over the sorted
events give the rows as they should be. Only rows that differ are merged. The hidden table is only ever added to, and
before the target is written, so that a batch that is cut off by a crash finds everything again when it is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.pipelines.cdc import (
    DELETE,
    END,
    MARK,
    OPERATION,
    SEQUENCE,
    START,
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


def apply(tables: Tables, target: Target, batch: Batch) -> Change:
    """Apply a batch of events."""
    spark = tables.spark
    has_aux = tables.exists(target.aux)
    first = not has_aux and tables.is_empty(target.full)
    if first and not batch.deletes and not _repeated(tables, target, batch):
        return _load(tables, target, batch)
    known = None if first else (target.full, target.aux if has_aux else None)
    walked = _walked(target, batch, known)
    hidden = _hidden(target, walked, has_aux=has_aux)
    if spark.sql(f"{hidden} limit 1").collect():
        _remember(tables, target, hidden)
    difference = _difference(target, batch, walked, first=first)
    change = counted(spark, difference)
    if first and change.any:
        rows = columns([*target.keys, *target.names, START, END])
        tables.append(spark.sql(f"select {rows} from ({difference})"), target.full, MARK)
    elif change.any:
        merge(tables, target.full, difference, [*target.keys, START], [*target.names, END])
    return change


def _repeated(tables: Tables, target: Target, batch: Batch) -> bool:
    query = f"select 1 as one from {batch.view} group by {columns(target.keys)} having count(1) > 1 limit 1"
    return bool(tables.spark.sql(query).collect())


def _load(tables: Tables, target: Target, batch: Batch) -> Change:
    """One event to a key, nothing there yet: the events are the rows."""
    names = [*target.keys, *target.names]
    end = f"cast(null as {target.sequence.dataType.simpleString()})"
    rows = f"select {columns(names)}, {SEQUENCE} as {START}, {end} as {END} from {batch.view}"
    tables.append(tables.spark.sql(rows), target.full, MARK)
    return Change(inserted=batch.rows)


def _events(target: Target, batch: Batch, known: tuple[str, str | None] | None) -> str:
    """Common table expressions up to ``e``: all events of the batch's keys, as they came."""
    names = columns(target.event_columns)
    new = f"select {names} from {batch.view}"
    if known is None:
        return f"e as ({new})"
    table, aux = known
    keys = columns(target.keys)
    nulls = ", ".join(f"cast(null as {field.dataType.simpleString()}) as {quote(field.name)}" for field in target.data)
    data = columns(target.names, "v")
    names_of = columns([*target.keys, *target.names], "v")
    both = f"{equal(target.keys, 'v', 'k')}"
    parts = [
        f"k as (select distinct {keys} from {batch.view})",
        f"v as (select {names_of}, v.{START} as __from, v.{END} as __to from {quoted(table)} as v left semi join k on {both})",
        (
            "d as ("
            f"select {columns(target.keys, 'v')}{_comma(data)}, v.__from as {SEQUENCE}, '{UPSERT}' as {OPERATION} from v"
            f" union all select {columns(target.keys, 'v')}{_comma(nulls)}, v.__to, '{DELETE}' from v"
            f" left anti join v as w on {equal(target.keys, 'v', 'w')} and v.__to = w.__from"
            " where v.__to is not null)"
        ),
    ]
    if aux is None:
        return ", ".join([*parts, f"e as (select {names} from d union all {new})"])
    parts += [
        f"h as (select {names} from {quoted(aux)} as v left semi join k on {both})",
        (
            f"e as (select {names} from h union all {new} union all select {columns(target.event_columns, 'd')} from d"
            f" left anti join h on {equal([*target.keys, SEQUENCE], 'd', 'h')})"
        ),
    ]
    return ", ".join(parts)


def _walked(target: Target, batch: Batch, known: tuple[str, str | None] | None) -> str:
    """Common table expressions up to ``m``: every event with the start of its run (``start``), whether it opens one
    (``opens``), whether it is the last of one (``closes``), and the next event's sequence (``next``).
    """
    over = f"over (partition by {columns(target.keys)} order by {ordered(target)})"
    rows = f"over (partition by {columns(target.keys)} order by {ordered(target)} rows between unbounded preceding and current row)"
    raw = [f"case when {OPERATION} = '{UPSERT}' then {quote(name)} end as {quote(name)}" for name in target.names]
    number = f"row_number() over (partition by {columns([*target.keys, SEQUENCE])} order by {tie(target)})"
    parts = [
        _events(target, batch, known),
        f"r as (select *, {number} as __n from e)",
        f"u as (select {', '.join([columns(target.keys), *raw, SEQUENCE, OPERATION])} from r where __n = 1)",
    ]
    source = "u"
    if target.coalesced:
        parts += _coalesced(target, rows)
        source = "c"
    same = [f"{quote(name)} <=> lag({quote(name)}) {over}" for name in target.tracked]
    previous = f"lag({OPERATION}) {over}"
    fresh = f"{OPERATION} = '{DELETE}' or {previous} is null or {previous} = '{DELETE}'"
    opens = f"{fresh} or not ({' and '.join(same)})" if same else fresh
    parts += [
        f"b as (select *, {previous} as __previous, ({opens}) as __opens from {source})",
        (
            f"m as (select *, last(case when __opens then {SEQUENCE} end, true) {rows} as __start,"
            f" coalesce(lead(__opens) {over}, true) as __closes, lead({SEQUENCE}) {over} as __next from b)"
        ),
    ]
    return "with " + ", ".join(parts)


def _coalesced(target: Target, rows: str) -> list[str]:
    """``ignore_null_updates``: a null takes the last value since the key was last deleted. Raw values stay as
    ``__raw_<column>``: they are what the hidden table keeps.
    """
    deletes = f"sum(case when {OPERATION} = '{DELETE}' then 1 else 0 end) {rows}"
    within = rows.replace("partition by ", "partition by __life, ")
    values = [
        f"last({quote(name)}, true) {within} as {quote(name)}" if name in target.coalesced else quote(name)
        for name in target.names
    ]
    raw = [f"{quote(name)} as {quote('__raw_' + name)}" for name in target.coalesced]
    return [
        f"g as (select *, {deletes} as __life from u)",
        f"c as (select {', '.join([columns(target.keys), *values, *raw, SEQUENCE, OPERATION])} from g)",
    ]


def _hidden(target: Target, walked: str, *, has_aux: bool) -> str:
    """The events that the rows will not show and that the hidden table does not hold yet."""
    untracked = [name for name in target.names if name not in target.tracked]
    lost = ["not __opens", f"({OPERATION} = '{DELETE}' and coalesce(__previous, '{DELETE}') = '{DELETE}')"]
    if untracked or target.coalesced:
        lost.append(f"({OPERATION} = '{UPSERT}' and not __closes)")
    lost += [f"not ({quote('__raw_' + name)} <=> {quote(name)})" for name in target.coalesced]
    raw = [
        f"{quote('__raw_' + name)} as {quote(name)}" if name in target.coalesced else quote(name)
        for name in target.names
    ]
    wanted = f"select {', '.join([columns(target.keys), *raw, SEQUENCE, OPERATION])} from m where {' or '.join(lost)}"
    if not has_aux:
        return f"{walked} select * from ({wanted})"
    on = equal([*target.keys, SEQUENCE, OPERATION], "x", "a")
    return f"{walked} select x.* from ({wanted}) as x left anti join {quoted(target.aux)} as a on {on}"


def _remember(tables: Tables, target: Target, hidden: str) -> None:
    from pyspark.sql.types import StringType, StructField, StructType

    tables.create(
        target.aux,
        StructType([
            *target.key_fields, *target.data,
            StructField(SEQUENCE, target.sequence.dataType), StructField(OPERATION, StringType()),
        ]),
    )  # fmt: skip
    frame = tables.spark.sql(hidden)
    tables.append(frame, target.aux, MARK)


def _difference(target: Target, batch: Batch, walked: str, *, first: bool) -> str:
    """The rows to insert (I), update (U) or remove (X)."""
    should = (
        f"select {columns([*target.keys, *target.names])}, __start as {START}, __next as {END} from m"
        f" where {OPERATION} = '{UPSERT}' and __closes"
    )
    names = [*target.keys, *target.names, START, END]
    if first:
        return f"{walked} select {columns(names)}, 'I' as __change from ({should})"
    is_now = (
        f"select v.* from {quoted(target.full)} as v left semi join"
        f" (select distinct {columns(target.keys)} from {batch.view}) as k on {equal(target.keys, 'v', 'k')}"
    )
    key = [*target.keys, START]
    chosen = [f"coalesce(n.{quote(name)}, o.{quote(name)}) as {quote(name)}" for name in key]
    changed = differ([*target.names, END], "n", "o")
    kind = f"case when o.{START} is null then 'I' when n.{START} is null then 'X' when {changed} then 'U' end"
    return (
        f"{walked} select * from (select {', '.join(chosen)}{_comma(columns(target.names, 'n'))}, n.{END},"
        f" {kind} as __change from ({should}) as n full outer join ({is_now}) as o on {equal(key, 'n', 'o')})"
        " where __change is not null"
    )


def _comma(text: str) -> str:
    return f", {text}" if text else ""
