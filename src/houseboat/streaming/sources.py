"""Which source reads which format: one readable table.

A factory gets the leaf (what the user wrote), the session, the folder for the source's state (None when only the
schema is asked) and the places; it returns a ``Source``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.streaming.errors import analysis_error

if TYPE_CHECKING:
    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.leaves import Leaf
    from houseboat.streaming.places import Places
    from houseboat.streaming.source import Source

SourceFactory = Callable[["Leaf", "SessionContext", Path | None, "Places"], "Source"]


def delta(leaf: Leaf, session: SessionContext, state: Path | None, places: Places) -> Source:
    """A Delta table, by path or name."""
    from houseboat.streaming.delta_options import delta_options
    from houseboat.streaming.delta_source import DeltaSource

    options = delta_options(leaf)
    if leaf.table:
        return DeltaSource(places.existing_table(leaf.table, session), options, state)
    if not leaf.path:
        raise analysis_error("'path' is not specified", code="DELTA_PATH_DOES_NOT_EXIST", hint="give load() the table's path")
    return DeltaSource(places.folder(leaf.path), options, state)


def rate(leaf: Leaf, session: SessionContext, state: Path | None, places: Places) -> Source:  # noqa: ARG001
    """Rows made from the clock."""
    from houseboat.streaming.rate_source import rate_source

    return rate_source(leaf, state)


SOURCES: Mapping[str, SourceFactory] = {"delta": delta, "rate": rate}
"""Format in lower case -> factory. The workspace adds those of ``autoloader`` (cloudFiles and the file formats)."""

UNSUPPORTED = {
    "kafka": "land the messages as files and read them with cloudFiles",
    "eventhubs": "land the messages as files and read them with cloudFiles",
    "kinesis": "land the messages as files and read them with cloudFiles",
    "pubsub": "land the messages as files and read them with cloudFiles",
    "pulsar": "land the messages as files and read them with cloudFiles",
    "socket": "use the rate source, or read files",
    "rate-micro-batch": "use the rate source",
    "statestore": "queries keep no state",
    "orc": "use cloudFiles with parquet, csv or json files",
}
"""Streaming formats that Houseboat does not have -> what to do instead."""


def source_of(
    leaf: Leaf, session: SessionContext, state: Path | None, places: Places, registry: Mapping[str, SourceFactory]
) -> Source:
    """The source for a leaf."""
    name = leaf.format.lower()
    factory = registry.get(name)
    if factory is not None:
        return factory(leaf, session, state, places)
    if name in UNSUPPORTED:
        raise Unsupported(f"a stream of format {leaf.format} is not supported", hint=UNSUPPORTED[name])
    known = ", ".join(sorted(registry))
    raise analysis_error(
        f"Failed to find the data source: {leaf.format}. Make sure the provider name is correct.",
        code="DATA_SOURCE_NOT_FOUND",
        hint=f"streams are read from {known}",
    )
