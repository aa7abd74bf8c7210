"""Spark's own streaming file source (``readStream.format("csv")`` and its kin) on the same discovery and readers.

Source: Spark, "Structured Streaming: file source". Differs from ``cloudFiles``: the schema is the user's, CSV columns go
by position, nothing is rescued, a stream has no limit per batch unless asked.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.autoloader import inference, options, rows
from houseboat.autoloader.discovery import Counted, Discoverer, Folder, number
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.reader import FORMATS, ReadJob
from houseboat.autoloader.store import FileStore
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.engine.handler import SessionContext
    from houseboat.lake import Lake

GAPS = {
    "cleansource": "use cloudFiles.cleanSource, or remove the files in a later task",
    "maxfileage": "leave it out: every file is remembered",
    "filenameonly": "leave it out: whole paths are compared",
}
"""Options of Spark's source that are not served -> what to do instead."""


class FileSource:
    """The files of one format below a path, each read once."""

    def __init__(
        self,
        kind: str,
        path: str,
        given: Mapping[str, str],
        schema: StructType | None,
        state: Path | None,
        lake: Lake,
        *,
        with_metadata: bool = False,
        time_zone: str = "UTC",
        infer: bool = False,
    ) -> None:
        """``kind``: csv, json, parquet, text or binaryFile. ``schema``: the user's. ``infer``: find it in the files when none
        is given (conf ``spark.sql.streaming.schemaInference``). The others as in ``CloudFilesSource``.
        """
        kinds = {name.lower(): name for name in FORMATS}
        if kind.lower() not in kinds:
            raise Unsupported(f"a stream of {kind} files is not supported", hint=f"use one of {', '.join(FORMATS)}")
        self._kind, self._path = kinds[kind.lower()], path
        self._reader = {key.lower(): str(value) for key, value in given.items()}
        for key, instead in GAPS.items():
            if key in self._reader:
                raise Unsupported(f"the option {key} of a file stream is not supported", hint=instead)
        options.check_reader(self._reader, infers=infer and schema is None)
        self._rules = options.file_discovery(given)
        self._folder = Folder(path, lake, self._rules)
        self._state = state
        self._with_metadata = with_metadata
        self._time_zone = time_zone
        self._schema = schema if schema is not None else self._inferred(infer=infer)
        self._discoverer = None if state is None else Discoverer(self._folder, FileStore(state), self._rules)
        self._last: dict[str, Any] | None = None
        self._counted = Counted()

    @property
    def description(self) -> str:
        """``FileStreamSource[<path>]``."""
        return f"FileStreamSource[{self._path}]"

    def schema(self) -> StructType:
        """The user's columns, and ``_metadata`` where asked for."""
        return rows.columns(self._job([]))

    def next_offset(self, start: dict[str, Any] | None, *, limit: bool) -> dict[str, Any] | None:
        """The end of the next batch; None when nothing is new."""
        self._last = start
        return self._discovery().next_offset(start, limit=limit)

    def freeze(self) -> None:
        """From now on only what is there at this moment is found (``Trigger.AvailableNow``)."""
        self._discovery().freeze()

    def batch(
        self, start: dict[str, Any] | None, end: dict[str, Any], session: SessionContext | None
    ) -> relations_pb2.Relation:
        """The rows of the files between two offsets."""
        del session
        files = self._discovery().files(start, end)
        relation, count = rows.counted(self._kind, self._job(files), self._staging() / str(number(end)))
        self._counted = Counted(start, end, count)
        return relation

    def commit(self, end: dict[str, Any]) -> None:
        """The batch is in the sink."""
        self._last = end
        self._discovery().commit(end)
        if self._staging().is_dir():
            for place in self._staging().iterdir():
                if not place.name.isdigit() or int(place.name) <= number(end):
                    shutil.rmtree(place, ignore_errors=True)

    def input_rows(self, start: dict[str, Any] | None, end: dict[str, Any]) -> int | None:
        """How many rows the batch had that was asked for last; None for another one, or when nobody knows."""
        return self._counted.between(start, end)

    def metrics(self) -> dict[str, str]:
        """Spark's file source reports none."""
        return {}

    def _inferred(self, *, infer: bool) -> StructType:
        if self._kind in ("text", "binaryFile") or infer:
            files = [self._folder.found(file) for file in self._folder.files()]
            return inference.of_files(self._kind, files, self._reader, types=True)
        raise CloudFilesError(
            "Schema must be specified when creating a streaming source DataFrame.",
            hint="add .schema(...), or set spark.sql.streaming.schemaInference to true",
            code="STREAMING_SOURCE_SCHEMA_REQUIRED",
        )

    def _discovery(self) -> Discoverer:
        if self._discoverer is None:
            raise CloudFilesError(
                "a stream of files needs a checkpoint", hint='add .option("checkpointLocation", "...")'
            )
        return self._discoverer

    def _staging(self) -> Path:
        return (self._state or Path()) / "staging"

    def _job(self, files: list[Any]) -> ReadJob:
        from pyspark.sql.types import StructType

        keys = {
            key
            for file in files or [self._folder.found(f) for f in self._folder.files()[:1]]
            for key in file.partitions
        }
        held = self._schema.fields
        data, partitions = [f for f in held if f.name not in keys], [f for f in held if f.name in keys]
        return ReadJob(
            files,
            StructType(data),
            StructType(partitions),
            with_metadata=self._with_metadata,
            options=self._reader,
            by_position=self._kind == "csv",
            time_zone=self._time_zone,
        )
