"""Keeps the versions of an inferred schema in ``<schemaLocation>/_schemas/<n>``.

A version is a text file: ``v1``, then one JSON object with ``dataSchemaJson`` and ``partitionSchemaJson`` (Spark's own
schema JSON). It is written beside its place and moved into it, so a version is whole or absent; one that exists is
never written again.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader.errors import CloudFilesError

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


@dataclass(frozen=True)
class StreamSchema:
    """What a stream reads: the files' own columns, then the partition columns (without the rescued column)."""

    data: StructType
    partitions: StructType


class SchemaStore:
    """The versions below one schema location."""

    def __init__(self, location: Path) -> None:
        self.folder = location / "_schemas"

    def latest(self) -> StreamSchema | None:
        """The newest version; None before the first. Raises ``CloudFilesError`` for a version that cannot be read."""
        version = self._latest_version()
        if version is None:
            return None
        place = self.folder / str(version)
        from pyspark.sql.types import StructType

        try:
            mark, body = place.read_text(encoding="utf-8").split("\n", 1)
            held = {"v1": json.loads}[mark](body)
            parts = [StructType.fromJson(json.loads(held[key])) for key in ("dataSchemaJson", "partitionSchemaJson")]
        except (ValueError, KeyError, TypeError) as error:
            raise CloudFilesError(
                f"the stored schema {place} cannot be read: {error}",
                hint="restore it from a copy, or delete the folder _schemas to infer the schema again",
            ) from error
        return StreamSchema(*parts)

    def add(self, schema: StreamSchema) -> int:
        """Store the next version; its number. Storing what is already the newest version adds nothing."""
        newest = self._latest_version()
        if newest is not None and self.latest() == schema:
            return newest
        number = 0 if newest is None else newest + 1
        self.folder.mkdir(parents=True, exist_ok=True)
        body = {"dataSchemaJson": schema.data.json(), "partitionSchemaJson": schema.partitions.json()}
        draft = self.folder / f".{number}.{uuid.uuid4().hex}.tmp"
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            out.write("v1\n" + json.dumps(body))
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, self.folder / str(number))
        return number

    def _latest_version(self) -> int | None:
        if not self.folder.is_dir():
            return None
        return max((int(entry.name) for entry in self.folder.iterdir() if entry.name.isdigit()), default=None)
