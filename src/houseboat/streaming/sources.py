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
    from pyspark.sql.types import StructType

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
        raise analysis_error(
            "'path' is not specified", code="DELTA_PATH_DOES_NOT_EXIST", hint="give load() the table's path"
        )
    return DeltaSource(places.folder(leaf.path), options, state)


def rate(leaf: Leaf, session: SessionContext, state: Path | None, places: Places) -> Source:  # noqa: ARG001
    """Rows made from the clock."""
    from houseboat.streaming.rate_source import rate_source

    return rate_source(leaf, state)


def cloud_files(leaf: Leaf, session: SessionContext, state: Path | None, places: Places) -> Source:
    """Auto Loader."""
    from houseboat.autoloader.source import CloudFilesSource

    rescued_path = session.setting(_RESCUED_PATH, "true") or ""
    return CloudFilesSource(
        _path(leaf),
        leaf.options,
        _schema(leaf),
        state,
        places.lake,
        with_metadata=leaf.with_metadata,
        time_zone=_time_zone(session),
        rescued_path=rescued_path.lower() == "true",
    )


def files(leaf: Leaf, session: SessionContext, state: Path | None, places: Places) -> Source:
    """Spark's own file source."""
    from houseboat.autoloader.file_source import FileSource

    infer = session.setting("spark.sql.streaming.schemaInference", "false") or ""
    return FileSource(
        leaf.format,
        _path(leaf),
        leaf.options,
        _schema(leaf),
        state,
        places.lake,
        with_metadata=leaf.with_metadata,
        time_zone=_time_zone(session),
        infer=infer.lower() == "true",
    )


_RESCUED_PATH = "spark.databricks.sql.rescuedDataColumn.filePath.enabled"

SOURCES: Mapping[str, SourceFactory] = {
    "cloudfiles": cloud_files,
    "delta": delta,
    "rate": rate,
    **dict.fromkeys(("csv", "json", "parquet", "text", "binaryfile"), files),
}
"""Format in lower case -> factory."""

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


def _path(leaf: Leaf) -> str:
    if not leaf.path:
        raise analysis_error("'path' is not specified", hint="give load() the folder to read")
    return leaf.path


def _schema(leaf: Leaf) -> StructType | None:
    """The user's schema, given as DDL or as Spark's JSON."""
    import json

    from pyspark.sql.types import StructField, StructType

    from houseboat.autoloader.ddl import parse_fields

    if not leaf.schema:
        return None
    if leaf.schema.lstrip().startswith("{"):
        return StructType.fromJson(json.loads(leaf.schema))
    return StructType([StructField(name, kind) for name, kind in parse_fields(leaf.schema)])


def _time_zone(session: SessionContext) -> str:
    return session.setting("spark.sql.session.timeZone", "UTC") or "UTC"
