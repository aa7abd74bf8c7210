"""Parquet, CSV and JSON folders as sinks: each batch's files appear whole, once.

The engine writes a batch into a hidden folder; its files are then moved beside the others under names that hold the
batch's number, and ``_spark_metadata/N`` lists them, as Spark does. A replay first removes what an earlier try moved.
Source: Apache Spark, ``FileStreamSink``.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2, commands_pb2

from houseboat.streaming.checkpoint import write_atomically
from houseboat.streaming.sinks import UNKNOWN_ROWS, Batch, SimpleSink

if TYPE_CHECKING:
    from houseboat.engine.handler import SessionContext

FORMATS = ("parquet", "csv", "json")


class FileSink(SimpleSink):
    """Appends files of one format to a folder."""

    def __init__(
        self,
        format_: str,
        folder: Path,
        options: Mapping[str, str],
        partition_by: Sequence[str],
        session: SessionContext,
    ) -> None:
        self._format = format_
        self._folder = folder
        self._options = dict(options)
        self._partition_by = list(partition_by)
        self._session = session

    @property
    def description(self) -> str:
        """``FileSink[<path>]``."""
        return f"FileSink[{self._folder}]"

    def add(self, batch: Batch) -> int:
        """Write, move, list."""
        listed = self._folder / "_spark_metadata" / str(batch.number)
        if batch.replay and listed.exists():
            return UNKNOWN_ROWS
        mark = f"part-{batch.number:05d}-"
        if batch.replay:
            for left in self._folder.rglob(f"{mark}*"):
                left.unlink()
        work = self._folder / f"_batch-{batch.number}"
        shutil.rmtree(work, ignore_errors=True)
        self._write(batch, work)
        moved = self._move(work, mark) if work.exists() else []
        shutil.rmtree(work, ignore_errors=True)
        write_atomically(listed, "\n".join(["v1", *(self._entry(file) for file in moved)]), sync=True)
        return UNKNOWN_ROWS

    def _write(self, batch: Batch, work: Path) -> None:
        plan = base_pb2.Plan()
        write = plan.command.write_operation
        write.input.CopyFrom(batch.relation)
        write.source = self._format
        write.path = work.as_posix()
        write.mode = commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE
        for key, value in self._options.items():
            write.options[key] = value
        write.partitioning_columns.extend(self._partition_by)
        self._session.execute(plan)

    def _move(self, work: Path, mark: str) -> list[Path]:
        moved = []
        for index, file in enumerate(sorted(path for path in work.rglob(f"*.{self._format}*") if path.is_file())):
            parent = self._folder / file.parent.relative_to(work)
            parent.mkdir(parents=True, exist_ok=True)
            ending = "".join(file.suffixes[-2:]) if file.suffix in (".gz", ".zst", ".bz2") else f".{self._format}"
            target = parent / f"{mark}{index:04d}{ending}"
            file.replace(target)
            moved.append(target)
        return moved

    def _entry(self, file: Path) -> str:
        value = {
            "path": file.absolute().as_uri(),
            "size": file.stat().st_size,
            "isDir": False,
            "modificationTime": int(time.time() * 1000),
            "blockReplication": 1,
            "blockSize": 0,
            "action": "add",
        }
        return json.dumps(value, separators=(",", ":"))
