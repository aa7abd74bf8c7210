"""The contract between a streaming query and what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.engine.handler import SessionContext

Offset = Any
"""A JSON value that says how far a source was read; only the source knows what is in it."""


class Source(Protocol):
    """One streaming leaf of a query. Its state lives in ``<checkpoint>/sources/<i>/``, given when it is made."""

    @property
    def description(self) -> str:
        """As in ``StreamingQueryProgress``: ``CloudFilesSource[<path>]``, ``DeltaSource[<path>]``."""

    def schema(self) -> StructType:
        """The columns, resolved when the DataFrame is defined."""

    def next_offset(self, start: Offset | None, *, limit: bool) -> Offset | None:
        """How far the next batch may read, from ``start`` (None: from the beginning); None when nothing is new.

        ``limit``: honour ``maxFilesPerTrigger`` and its like (``Trigger.Once`` does not).
        """

    def batch(self, start: Offset | None, end: Offset, session: SessionContext) -> relations_pb2.Relation:
        """A batch relation of exactly the rows between two offsets, the same whenever it is asked again."""

    def commit(self, end: Offset) -> None:
        """The batch that ended here is in the sink; state that only a replay needs may go."""

    def metrics(self) -> dict[str, str]:
        """Backlog figures for the progress object, values as text."""


@runtime_checkable
class Freezes(Protocol):
    """A source that can be told to stop at what there is now, for ``Trigger.AvailableNow``."""

    def freeze(self) -> None:
        """From now on, read up to what is there at this moment and no further."""


@runtime_checkable
class CountsRows(Protocol):
    """A source that knows, without reading data, how many rows lie between two offsets."""

    def input_rows(self, start: Offset | None, end: Offset) -> int | None:
        """The number of rows; None when it is not known."""
