"""When a query runs its next batch.

Source: Databricks, "Configure Structured Streaming trigger intervals"; Apache Spark, ``ProcessingTimeExecutor``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.streaming.errors import analysis_error

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import commands_pb2

UNSUPPORTED = {
    "continuous": "use processingTime, or availableNow in a scheduled job (Databricks does not support continuous either)",
    "realTime": "use processingTime with a short interval",
}
"""Triggers that Houseboat does not have -> what to do instead."""

_SECONDS = {
    "microsecond": 1e-6, "millisecond": 1e-3, "ms": 1e-3, "second": 1.0, "sec": 1.0, "s": 1.0,
    "minute": 60.0, "min": 60.0, "m": 60.0, "hour": 3600.0, "h": 3600.0, "day": 86400.0, "week": 604800.0,
}  # fmt: skip
_TERM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Trigger:
    """``interval`` seconds between the starts of batches, for a query that goes on until it is stopped; None for one
    that ends by itself. ``limited``: sources honour their limits per batch. ``several``: more than one batch.
    """

    name: str
    interval: float | None = None
    limited: bool = True
    several: bool = True

    @property
    def ends(self) -> bool:
        """Whether the query ends by itself."""
        return self.interval is None


AVAILABLE_NOW = Trigger("availableNow")
ONCE = Trigger("once", limited=False, several=False)


def trigger_of(start: commands_pb2.WriteStreamOperationStart) -> Trigger:
    """The trigger that a ``writeStream`` asks for; none means batches back to back."""
    kind = start.WhichOneof("trigger")
    if kind == "available_now":
        return AVAILABLE_NOW
    if kind == "once":
        return ONCE
    if kind == "processing_time_interval":
        return Trigger("processingTime", seconds(start.processing_time_interval))
    if kind is not None:
        name = "continuous" if kind == "continuous_checkpoint_interval" else "realTime"
        raise Unsupported(f"trigger({name}=...) is not supported", hint=UNSUPPORTED[name])
    return Trigger("processingTime", 0.0)


def seconds(text: str) -> float:
    """Spark's interval text in seconds: ``10 seconds``, ``interval 1 minute 30 seconds``."""
    rest = re.sub(r"^\s*interval\b", "", text.strip(), flags=re.IGNORECASE)
    total, at = 0.0, 0
    while at < len(rest.rstrip()):
        term = _TERM.match(rest, at)
        unit = term[2].lower() if term else ""
        factor = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
        if term is None or factor is None:
            raise analysis_error(f"Error parsing {text!r} to interval", hint="for example '10 seconds' or '1 minute'")
        total += float(term[1]) * factor
        at = term.end()
    if at == 0:
        raise analysis_error("interval cannot be empty", hint="for example '10 seconds'")
    return total
