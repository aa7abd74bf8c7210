"""A query's checkpoint: a folder in Spark's shape.

    metadata            {"id": "<uuid>"}: the query, across restarts
    offsets/N           v1, {batchWatermarkMs, batchTimestampMs, conf}, one line a source: written before batch N runs
    commits/N           v1, {nextBatchWatermarkMs}: written when batch N is in the sink
    sources/<i>/        what a source keeps

Every write is a temporary file and a rename. Offsets and metadata are synced to disk before the batch runs, because
the sink's commit must never outlive them; a lost commit file is harmless, the batch is recognised in the sink's log.
Source of the layout: Apache Spark, ``OffsetSeqLog``, ``CommitLog``, ``StreamMetadata``.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from houseboat.streaming.errors import CheckpointError, corrupt_checkpoint

KEEP = 100
"""Batches whose offsets and commits are kept (``spark.sql.streaming.minBatchesToRetain``)."""

_VERSION = "v1"
_NONE = "-"


@dataclass(frozen=True)
class Planned:
    """What batch ``number`` reads: the end offset of each source (None: nothing of it yet), and settings to replay by."""

    number: int
    ends: tuple[Any, ...]
    conf: Mapping[str, str] = field(default_factory=dict)
    timestamp_ms: int = 0


class Checkpoint:
    """The folder of one query. Not for two queries at a time: see ``lock``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._offsets = folder / "offsets"
        self._commits = folder / "commits"

    def query_id(self) -> str:
        """The query's id; a new checkpoint gets one."""
        file = self.folder / "metadata"
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            if _newest(self._offsets) is not None:
                raise CheckpointError(
                    f"the checkpoint {self.folder} has offsets but no metadata file",
                    hint="put the file back from a copy, or delete the folder to start the stream from the beginning",
                    code="CHECKPOINT_CORRUPT",
                ) from None
            made = str(uuid.uuid4())
            self._offsets.mkdir(parents=True, exist_ok=True)
            self._commits.mkdir(exist_ok=True)
            write_atomically(file, json.dumps({"id": made}), sync=True)
            return made
        try:
            return str(json.loads(text)["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f'the checkpoint file {file} is damaged: expected {{"id": ...}}, found {text[:60]!r}',
                hint=f"put it back from a copy, or delete {self.folder} to start the stream from the beginning",
                code="CHECKPOINT_CORRUPT",
            ) from error

    def source_folder(self, index: int) -> Path:
        """Where source ``index`` keeps its state."""
        return self.folder / "sources" / str(index)

    def last_planned(self) -> Planned | None:
        """The newest batch that was begun."""
        number = _newest(self._offsets)
        return None if number is None else self.planned(number)

    def last_committed(self) -> int | None:
        """The newest batch that is known to be in the sink. An empty file is what a power cut leaves: not a commit."""
        number = _newest(self._commits)
        while number is not None and number >= 0:
            file = self._commits / str(number)
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            if text.strip():
                if text.splitlines()[0] != _VERSION:
                    raise corrupt_checkpoint(file, f"expected {_VERSION!r} on the first line, found {text[:20]!r}")
                return number
            number -= 1
        return None

    def plan(self, planned: Planned) -> None:
        """Write down what a batch will read, before it runs."""
        head = {
            "batchWatermarkMs": 0,
            "batchTimestampMs": planned.timestamp_ms or int(time.time() * 1000),
            "conf": dict(planned.conf),
        }
        lines = [_NONE if end is None else json.dumps(end, separators=(",", ":")) for end in planned.ends]
        text = "\n".join([_VERSION, json.dumps(head, separators=(",", ":")), *lines])
        write_atomically(self._offsets / str(planned.number), text, sync=True)

    def planned(self, number: int) -> Planned:
        """What batch ``number`` was to read."""
        file = self._offsets / str(number)
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise corrupt_checkpoint(file, f"it cannot be read ({error})") from error
        if not lines or lines[0] != _VERSION:
            raise corrupt_checkpoint(file, f"expected {_VERSION!r} on the first line, found {lines[:1]}")
        try:
            head, *rest = lines[1:]
            values = json.loads(head)
            ends = tuple(None if line == _NONE else json.loads(line) for line in rest)
            return Planned(number, ends, values.get("conf", {}), int(values.get("batchTimestampMs", 0)))
        except (ValueError, AttributeError, TypeError) as error:
            raise corrupt_checkpoint(file, f"not the JSON of an offset ({error})") from error

    def commit(self, number: int) -> None:
        """Write down that a batch is in the sink, and forget the batch that is now too old to matter."""
        write_atomically(self._commits / str(number), f'{_VERSION}\n{{"nextBatchWatermarkMs":0}}', sync=False)
        old = str(number - KEEP)
        for folder in (self._offsets, self._commits):
            with contextlib.suppress(FileNotFoundError):
                (folder / old).unlink()


def write_atomically(file: Path, text: str, *, sync: bool) -> None:
    """Put ``text`` into ``file`` so that a reader (or a crash) sees all of it or none. ``sync``: survive a power cut."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())
    temporary.replace(file)


def _newest(folder: Path) -> int | None:
    try:
        with os.scandir(folder) as entries:
            return max((int(entry.name) for entry in entries if entry.name.isdigit()), default=None)
    except FileNotFoundError:
        return None
