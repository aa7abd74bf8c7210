"""``create_auto_cdc_flow`` and ``create_auto_cdc_from_snapshot_flow``: checks arguments, makes definitions.

Source: Databricks' Python reference of AUTO CDC; the older names ``apply_changes`` and
``apply_changes_from_snapshot`` take the same arguments (``flow_name`` for ``name``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from houseboat.errors import Unsupported
from houseboat.pipelines.definitions import CdcFlow, ColumnChoice, SnapshotFlow
from houseboat.pipelines.errors import DefinitionError
from houseboat.pipelines.gaps import GAPS
from houseboat.pipelines.registry import active_registry, caller_location

NOT_SUPPORTED: dict[str, str] = {
    "columns_to_update": "use ignore_null_updates",
    "system_sequence_by": "use sequence_by",
}
"""Arguments of Databricks that Houseboat does not have yet, and what to do instead."""

_COLUMN = re.compile(r"^Column<'`?(?P<name>[^']*?)`?'>$")


def create_auto_cdc_flow(
    target: str,
    source: str,
    keys: Sequence[Any],
    sequence_by: Any,
    where: Any = None,
    ignore_null_updates: bool = False,
    apply_as_deletes: Any = None,
    apply_as_truncates: Any = None,
    column_list: Sequence[Any] | None = None,
    except_column_list: Sequence[Any] | None = None,
    stored_as_scd_type: Any = 1,
    track_history_column_list: Sequence[Any] | None = None,
    track_history_except_column_list: Sequence[Any] | None = None,
    flow_name: str | None = None,
    once: bool = False,
    *,
    name: str | None = None,
    ignore_null_updates_column_list: Sequence[Any] | None = None,
    ignore_null_updates_except_column_list: Sequence[Any] | None = None,
    spark_conf: Mapping[str, str] | None = None,
    **others: Any,
) -> None:
    """Apply the change events of ``source`` to ``target`` by key, in the order of ``sequence_by``."""
    location = caller_location()
    _check_names(target=target, source=source)
    _refuse_others("create_auto_cdc_flow", others)
    scd_type = _scd_type(stored_as_scd_type)
    track = _choice("track_history", track_history_column_list, track_history_except_column_list)
    if apply_as_truncates is not None and scd_type != 1:
        raise DefinitionError("apply_as_truncates works with SCD type 1 only", place=location.place)
    if scd_type == 1 and track != ColumnChoice():
        raise DefinitionError("track_history works with SCD type 2 only", place=location.place)
    nulls = _choice("ignore_null_updates", ignore_null_updates_column_list, ignore_null_updates_except_column_list)
    if nulls != ColumnChoice() and ignore_null_updates:
        raise DefinitionError("give ignore_null_updates or a list of its columns, not both", place=location.place)
    active_registry().add_flow(
        CdcFlow(
            name or flow_name or target,
            target,
            location,
            {str(key): str(value) for key, value in (spark_conf or {}).items()},
            source=source,
            keys=_columns("keys", keys) or (),
            sequence_by=_expression("sequence_by", sequence_by),
            where=where,
            deletes=apply_as_deletes,
            truncates=apply_as_truncates,
            columns=_choice("column_list", column_list, except_column_list),
            scd_type=scd_type,
            track=track,
            ignore_nulls=nulls if ignore_null_updates or nulls != ColumnChoice() else None,
            once=once,
        )
    )


def create_auto_cdc_from_snapshot_flow(
    target: str,
    source: Any = None,
    keys: Sequence[Any] = (),
    stored_as_scd_type: Any = 1,
    track_history_column_list: Sequence[Any] | None = None,
    track_history_except_column_list: Sequence[Any] | None = None,
    *,
    snapshot_and_version: Any = None,
    flow_name: str | None = None,
    name: str | None = None,
    once: bool = False,
    **others: Any,
) -> None:
    """Apply what differs between a snapshot and ``target``; ``source`` is a name, or a function of the last version."""
    location = caller_location()
    _check_names(target=target)
    _refuse_others("create_auto_cdc_from_snapshot_flow", others)
    source = source if source is not None else snapshot_and_version
    if not (isinstance(source, str) or callable(source)):
        raise DefinitionError("source must be the name of a table or a function", place=location.place)
    active_registry().add_flow(
        SnapshotFlow(
            name or flow_name or target,
            target,
            location,
            source=source,
            keys=_columns("keys", keys) or (),
            scd_type=_scd_type(stored_as_scd_type),
            track=_choice("track_history", track_history_column_list, track_history_except_column_list),
            once=once,
        )
    )


def _check_names(**names: Any) -> None:
    for argument, value in names.items():
        if not isinstance(value, str) or not value:
            raise DefinitionError(
                f"{argument} must be the name of a dataset, not {value!r}", place=caller_location().place
            )


def _refuse_others(function: str, others: Mapping[str, Any]) -> None:
    for argument, value in others.items():
        if argument not in NOT_SUPPORTED:
            raise DefinitionError(f"{function} got an unexpected argument {argument!r}", place=caller_location().place)
        if value is not None:
            raise Unsupported(
                f"{argument} is not supported yet", place=caller_location().place, hint=NOT_SUPPORTED[argument]
            )


def _scd_type(value: Any) -> int:
    if str(value) in ("1", "2"):
        return int(value)
    if str(value) == "bitemporal":
        raise Unsupported(
            "bitemporal history is not supported",
            place=caller_location().place,
            hint=GAPS["stored_as_scd_type='bitemporal'"],
        )
    raise DefinitionError(f"stored_as_scd_type must be 1 or 2, not {value!r}", place=caller_location().place)


def _choice(argument: str, only: Any, but: Any) -> ColumnChoice:
    if only is not None and but is not None:
        raise DefinitionError(
            f"give a list of columns for {argument} or its except list, not both", place=caller_location().place
        )
    return ColumnChoice(_columns(argument, only), _columns(argument, but))


def _columns(argument: str, values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise DefinitionError(f"{argument} must be a list of columns, not {values!r}", place=caller_location().place)
    return tuple(_column(argument, value) for value in values)


def _column(argument: str, value: Any) -> str:
    name = value.strip("`") if isinstance(value, str) else None
    if name is None and (match := _COLUMN.match(repr(value))):
        name = match["name"]
    if not name:
        raise DefinitionError(
            f"{argument}: {value!r} is not a column name", place=caller_location().place, hint="use text or col('name')"
        )
    return name


def _expression(argument: str, value: Any) -> Any:
    if isinstance(value, str) or hasattr(value, "alias"):
        return value
    raise DefinitionError(f"{argument} must be SQL text or a Column, not {value!r}", place=caller_location().place)
