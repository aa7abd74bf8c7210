"""The ``rate`` source: rows of (timestamp, value), so many a second.

Source: Apache Spark, ``RateStreamProvider``. An offset is the number of seconds since the first start.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import relations_pb2

from houseboat.errors import Unsupported
from houseboat.streaming.checkpoint import write_atomically
from houseboat.streaming.delta_options import positive
from houseboat.streaming.gaps import GAPS

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.leaves import Leaf


def rate_source(leaf: Leaf, state: Path | None) -> RateSource:
    """A rate source from its options."""
    if leaf.option("rampUpTime", "0s") not in ("0s", "0"):
        raise Unsupported("rampUpTime of the rate source is not supported", hint=GAPS["rampUpTime of the rate source"])
    return RateSource(positive("rowsPerSecond", leaf.option("rowsPerSecond", "1") or "1"), state)


class RateSource:
    """Made from the clock: ``rows`` a second since the checkpoint's first start."""

    def __init__(self, rows: int, state: Path | None) -> None:
        self._rows = rows
        self._state = state
        self._ceiling: int | None = None
        self._started = self._start_ms()

    @property
    def description(self) -> str:
        """As Spark names it."""
        return f"RateStreamV2[rowsPerSecond={self._rows}, rampUpTimeSeconds=0, numPartitions=default]"

    def schema(self) -> StructType:
        """``timestamp``, ``value``."""
        from pyspark.sql.types import LongType, StructField, StructType, TimestampType

        return StructType([StructField("timestamp", TimestampType()), StructField("value", LongType())])

    def freeze(self) -> None:
        """Nothing later than this second."""
        self._ceiling = self._seconds()

    def next_offset(self, start: Any | None, *, limit: bool) -> Any | None:  # noqa: ARG002
        """The whole seconds that have passed."""
        now = self._ceiling if self._ceiling is not None else self._seconds()
        return now if now > (start or 0) else None

    def batch(self, start: Any | None, end: Any, session: SessionContext) -> relations_pb2.Relation:  # noqa: ARG002
        """The rows between two seconds."""
        first, last = (start or 0) * self._rows, int(end) * self._rows
        micros = f"{self._started * 1000} + id * 1000000 div {self._rows}"
        relation = relations_pb2.Relation()
        relation.sql.query = f"select timestamp_micros({micros}) as timestamp, id as value from range({first}, {last})"
        return relation

    def input_rows(self, start: Any | None, end: Any) -> int | None:
        """Counted by the offsets."""
        return (int(end) - int(start or 0)) * self._rows

    def commit(self, end: Any) -> None:
        """Nothing to do."""

    def metrics(self) -> dict[str, str]:
        """None."""
        return {}

    def _seconds(self) -> int:
        return max(0, int(time.time() - self._started / 1000))

    def _start_ms(self) -> int:
        file = self._state / "0" if self._state else None
        if file and file.exists():
            return int(json.loads(file.read_text(encoding="utf-8"))["startTimeMs"])
        now = int(time.time() * 1000)
        if file:
            write_atomically(file, json.dumps({"startTimeMs": now}), sync=True)
        return now
