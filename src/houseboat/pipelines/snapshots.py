"""AUTO CDC from snapshots: finds what differs between a snapshot and the table by key, and applies it as events.

Source: Databricks' ``create_auto_cdc_from_snapshot_flow``. A source by name is read once per update, its version is the
time of reading. A source that is a function is asked again until it returns None; a version that is not greater than
the last one is passed over. A key that a snapshot holds twice is an error.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from houseboat.pipelines import cdc
from houseboat.pipelines.errors import CdcError
from houseboat.pipelines.tables import Tables, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from houseboat.pipelines.definitions import SnapshotFlow
    from houseboat.pipelines.flows import Outcome, Surroundings
    from houseboat.pipelines.graph import Node


def run(around: Surroundings, node: Node, flow: SnapshotFlow) -> Outcome:
    """Apply every snapshot that is new."""
    from houseboat.pipelines.flows import Outcome

    outcome = Outcome(change=cdc.Change())
    if isinstance(flow.source, str):
        if not (flow.once and around.state.ran_once(node.name, flow.name)):
            now = dt.datetime.now(tz=dt.UTC).replace(tzinfo=None)
            _apply(around, node, flow, around.spark.read.table(flow.source), now, outcome)
            if flow.once:
                around.state.note_once(node.name, flow.name)
        return outcome
    while True:
        last = around.state.snapshot(node.name, flow.name)
        found = flow.source(last)
        if found is None:
            return outcome
        if not (isinstance(found, tuple) and len(found) == 2):  # noqa: PLR2004 - (snapshot, version)
            raise CdcError(f"the source of flow {flow.name!r} must return (DataFrame, version) or None, not {found!r}",
                           place=flow.location.place)  # fmt: skip
        snapshot, version = found
        if last is not None and version <= last:
            return outcome
        _apply(around, node, flow, snapshot, version, outcome)
        around.state.note_snapshot(node.name, flow.name, version)


def _apply(
    around: Surroundings, node: Node, flow: SnapshotFlow, snapshot: DataFrame, version: Any, outcome: Outcome
) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    from houseboat.pipelines.flows import apply_events

    tables = Tables(around.spark)
    sequence = F.lit(version).cast("timestamp") if isinstance(version, dt.datetime) else F.lit(version)
    field = around.spark.range(1).select(sequence.alias(cdc.SEQUENCE)).schema.fields[0]
    columns = snapshot.schema
    target = cdc.target_of(node.name, _keys(flow, columns), columns, field, scd_type=flow.scd_type, track=flow.track)
    tables.create(node.name, cdc.visible_schema(target, columns), node.dataset)
    with cdc.view_of(around.spark, snapshot) as new:
        _check_keys(tables, target, new, flow)
        difference = around.spark.sql(_difference(target, new))
        events = difference.withColumn(cdc.SEQUENCE, sequence).select(target.event_columns)
        if events.limit(1).collect():
            apply_events(tables, node, target, events, outcome, flow.name)


def _keys(flow: SnapshotFlow, columns: StructType) -> tuple[str, ...]:
    lowered = {name.lower() for name in columns.names}
    missing = [key for key in flow.keys if key.lower() not in lowered]
    if missing:
        raise CdcError(f"flow {flow.name!r}: the key {missing[0]!r} is not a column of the snapshot",
                       place=flow.location.place, hint=f"its columns: {', '.join(columns.names)}")  # fmt: skip
    return flow.keys


def _check_keys(tables: Tables, target: cdc.Target, view: str, flow: SnapshotFlow) -> None:
    keys = cdc.columns(target.keys)
    twice = tables.spark.sql(f"select {keys} from {view} group by {keys} having count(1) > 1 limit 1").collect()
    if twice:
        raise CdcError(f"the snapshot of flow {flow.name!r} holds the key {tuple(twice[0])!r} more than once",
                       place=flow.location.place, hint="remove duplicates in a view before")  # fmt: skip


def _difference(target: cdc.Target, view: str) -> str:
    """New and changed rows as upserts, keys that are gone as deletes."""
    key, now = target.keys[0], f"select * from {quoted(target.full)}"
    if target.scd_type != 1:
        now += f" where {cdc.END} is null"
    chosen = [f"coalesce(n.{cdc.quote(name)}, o.{cdc.quote(name)}) as {cdc.quote(name)}" for name in target.keys]
    chosen += [f"n.{cdc.quote(name)}" for name in target.names]
    operation = f"case when n.{cdc.quote(key)} is null then '{cdc.DELETE}' else '{cdc.UPSERT}' end as {cdc.OPERATION}"
    return (
        f"select {', '.join(chosen)}, {operation} from (select * from {view}) as n full outer join ({now}) as o"
        f" on {cdc.equal(target.keys, 'n', 'o')} where n.{cdc.quote(key)} is null or o.{cdc.quote(key)} is null"
        f" or {cdc.differ(target.names, 'n', 'o')}"
    )
