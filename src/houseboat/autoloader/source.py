"""``cloudFiles``: Auto Loader as a source of a streaming query."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.autoloader import evolution, inference, options, rows
from houseboat.autoloader.discovery import Counted, Discoverer, Folder, number
from houseboat.autoloader.errors import CloudFilesError, no_schema_location
from houseboat.autoloader.reader import InputFile, ReadJob
from houseboat.autoloader.schema_store import SchemaStore, StreamSchema
from houseboat.autoloader.store import FileStore

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.engine.handler import SessionContext
    from houseboat.lake import Lake

FIXED = ("text", "binaryFile")
"""Formats whose schema is always the same: nothing to infer, nothing to evolve."""


class CloudFilesSource:
    """The files that land below a path, each read once.

    The schema is settled when the source is made (``load()``). Batches need ``state``, the source's folder in the
    checkpoint; a source without it can only tell its schema.
    """

    def __init__(
        self,
        path: str,
        given: Mapping[str, str],
        user_schema: StructType | None,
        state: Path | None,
        lake: Lake,
        *,
        with_metadata: bool = False,
        schema_location: Path | None = None,
        time_zone: str = "UTC",
        rescued_path: bool = True,
    ) -> None:
        """``path``: a lake address, perhaps with patterns. ``given``: the options of the reader. ``user_schema``: that of
        ``.schema(...)``. ``with_metadata``: add the hidden ``_metadata`` struct as the last column. ``schema_location``: where
        the schema is kept when no option says so (pipelines). ``time_zone``: ``spark.sql.session.timeZone``.
        ``rescued_path``: conf ``spark.databricks.sql.rescuedDataColumn.filePath.enabled``.

        Raises ``CloudFilesError``, ``Unsupported`` or ``LakePathError`` for what cannot be read as asked.
        """
        self._path = path
        self._options = options.parse(given, has_schema=user_schema is not None)
        self._folder = Folder(path, lake, self._options.discovery)
        self._lake = lake
        self._state = state
        self._with_metadata = with_metadata
        self._time_zone = time_zone
        self._rescued_path = rescued_path
        self._store = self._schema_store(schema_location) if user_schema is None else None
        self._schema = self._settle(user_schema)
        self._discoverer = self._discover() if state is not None else None
        self._last: dict[str, Any] | None = None
        self._counted = Counted()

    @property
    def description(self) -> str:
        """``CloudFilesSource[<path>]``."""
        return f"CloudFilesSource[{self._path}]"

    def schema(self) -> StructType:
        """Data columns, partition columns, the rescued column, and ``_metadata`` where asked for."""
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
        """The rows of the files between two offsets.

        Raises ``UnknownFieldException`` when they hold columns that the schema lacks and the evolution mode says so.
        """
        del session
        files = self._discovery().files(start, end)
        if self._options.reader.get("ignoremissingfiles", "false").lower() == "true":
            files = [file for file in files if Path(file.path).is_file()]
        self._evolve(files)
        relation, count = rows.counted(self._options.format, self._job(files), self._staging() / str(number(end)))
        self._counted = Counted(start, end, count)
        return relation

    def commit(self, end: dict[str, Any]) -> None:
        """The batch is in the sink: staged rows up to here go, and files that ``cloudFiles.cleanSource`` wants gone."""
        self._last = end
        self._discovery().commit(end)
        if self._staging().is_dir():
            for place in self._staging().iterdir():
                if not place.name.isdigit() or int(place.name) <= number(end):
                    shutil.rmtree(place, ignore_errors=True)
        if self._options.cleaning.mode != "OFF":
            moment = int((time.time() - self._options.cleaning.retention) * 1000)
            self._discovery().clean(moment, self._clean)
        if self._options.cleaning.max_age is not None:
            self._discovery().forget(int((time.time() - self._options.cleaning.max_age) * 1000))

    def input_rows(self, start: dict[str, Any] | None, end: dict[str, Any]) -> int | None:
        """How many rows the batch had that was asked for last; None for another one, or when nobody knows."""
        return self._counted.between(start, end)

    def metrics(self) -> dict[str, str]:
        """The backlog behind the newest batch."""
        return self._discovery().metrics(self._last)

    def _schema_store(self, fallback: Path | None) -> SchemaStore | None:
        if self._options.schema_location is not None:
            return SchemaStore(self._lake.local(self._options.schema_location))
        if fallback is not None:
            return SchemaStore(fallback)
        if self._options.format in FIXED:
            return None
        raise no_schema_location()

    def _settle(self, user_schema: StructType | None) -> StreamSchema:
        from pyspark.sql.types import StructType

        if user_schema is None:
            return inference.stream_schema(self._folder, self._options, self._store)
        keys = set(self._options.partition_columns or ())
        if self._options.partition_columns is None:
            for file in self._folder.files()[:1]:
                keys = set(self._folder.found(file).partitions)
        held = [f for f in user_schema.fields if f.name != self._options.rescued_column]
        return StreamSchema(
            StructType([f for f in held if f.name not in keys]), StructType([f for f in held if f.name in keys])
        )

    def _discover(self) -> Discoverer:
        rules = self._options.discovery
        return Discoverer(self._folder, FileStore(self._state or Path(), versions=rules.allow_overwrites), rules)

    def _discovery(self) -> Discoverer:
        if self._discoverer is None:
            raise CloudFilesError(
                "a cloudFiles stream needs a checkpoint", hint='add .option("checkpointLocation", "...")'
            )
        return self._discoverer

    def _staging(self) -> Path:
        return (self._state or Path()) / "staging"

    def _job(self, files: list[InputFile]) -> ReadJob:
        chosen = self._options
        return ReadJob(
            files,
            self._schema.data,
            self._schema.partitions,
            rescued=chosen.rescued_column if chosen.format not in FIXED else None,
            with_metadata=self._with_metadata,
            options=chosen.reader,
            rescued_path=self._rescued_path,
            time_zone=self._time_zone,
        )

    def _evolve(self, files: list[InputFile]) -> None:
        chosen = self._options
        if chosen.mode not in evolution.STOPPING or chosen.format in FIXED or not files:
            return
        ignore = {key.lower() for file in files for key in file.partitions}
        ignore |= {f.name.lower() for f in self._schema.partitions.fields}
        ignore |= {chosen.rescued_column.lower()} if chosen.rescued_column else set()
        seen = inference.of_files(chosen.format, files, chosen.reader, types=False)
        if chosen.infer_types and evolution.new_fields(self._schema.data, seen, frozenset(ignore)):
            # only now do types matter, and finding them reads every value
            seen = inference.of_files(chosen.format, files, chosen.reader, types=True)
        shown = files[0].address if len(files) == 1 else f"{files[0].address} (and {len(files) - 1} more)"
        evolution.evolve(self._schema, seen, mode=chosen.mode, store=self._store, path=shown, ignore=frozenset(ignore))

    def _clean(self, file: InputFile) -> None:
        place = Path(file.path)
        if self._options.cleaning.mode == "DELETE":
            place.unlink(missing_ok=True)
            return
        target = self._lake.local(self._options.cleaning.destination or "") / place.relative_to(self._folder.root)
        if place.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(place, target)
