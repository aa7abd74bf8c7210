"""Lookup: the first row of a dataset, or its first 5,000 rows."""

from __future__ import annotations

import datetime as dt
import decimal
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.output import tail
from houseboat.factory.connectors import resolve, store_of
from houseboat.factory.copying.formats import format_of
from houseboat.factory.copying.staging import staging
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("dataset",)
_MOST_ROWS = 5000


def run(call: Call) -> Mapping[str, Json]:
    """``firstRow`` (absent when there is none), or ``count`` and ``value``."""
    started = time.monotonic()
    first_only = call.settings.get("firstRowOnly") is not False
    rows = _rows(call, 1 if first_only else _MOST_ROWS)
    end = tail(time.monotonic() - started)
    if first_only:
        return {**({"firstRow": rows[0]} if rows else {}), **end}
    return {"count": len(rows), "value": rows, **end}


def _rows(call: Call, limit: int) -> list[dict[str, Json]]:
    import duckdb

    dataset = resolve(call.step.type_properties["dataset"], call.context, call.step.at("typeProperties.dataset"))
    source = call.settings.get("source") or {}
    settings = {**source, **(source.get("formatSettings") or {}), **(source.get("storeSettings") or {})}
    services = call.context.services
    files = store_of(dataset, services).select(dataset, settings)
    with staging(services.lake.root) as folder, duckdb.connect() as connection:
        queries = [f"({format_of(dataset).query(file.fetch(folder), dataset, settings)})" for file in files]
        if not queries:
            return []
        try:
            found = connection.execute(f"select * from ({' union all by name '.join(queries)}) limit {limit}")
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, map(_plain, row), strict=True)) for row in found.fetchall()]
        except duckdb.Error as error:
            reason = str(error).strip().partition("\n")[0]
            raise ActivityError(f"{files[0].address}: {reason}", code="2011") from None


def _plain(value: object) -> Json:
    """A value as JSON has it."""
    match value:
        case decimal.Decimal():
            return float(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
