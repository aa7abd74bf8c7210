"""A Delta table as a stream: a first snapshot, then what each commit appended.

An offset says which files were read: all of the versions before ``reservoirVersion`` and, of that version, those up to
``index``; ``isStartingVersion`` while the first snapshot is being read. The cost of a batch follows the commits since
the last one. Source of the offset: Delta Lake, ``DeltaSourceOffset``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.delta import log
from houseboat.streaming import delta_log
from houseboat.streaming.checkpoint import write_atomically
from houseboat.streaming.delta_files import files_relation, snapshot_relation, union
from houseboat.streaming.errors import DeltaStreamError

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.delta_log import AddedFile
    from houseboat.streaming.delta_options import DeltaOptions

_BEFORE_FIRST = -1


@dataclass(frozen=True)
class Position:
    """All files before ``version`` are read, and of ``version`` those up to ``index``. ``starting``: of the snapshot of
    ``version``, not of its commit.
    """

    version: int
    index: int = _BEFORE_FIRST
    starting: bool = False

    def passes(self, other: Position) -> bool:
        """Whether this is further on than another."""
        return (self.version, self.index) > (other.version, other.index)


@dataclass(frozen=True)
class _Step:
    after: Position
    file: AddedFile | None


class DeltaSource:
    """One table read as a stream by one query (or, without ``state``, asked for its schema only)."""

    def __init__(self, folder: Path, options: DeltaOptions, state: Path | None) -> None:
        self._table = delta_log.open_table(folder)
        self._options = options
        self._state = state
        self._snapshots: dict[int, list[AddedFile]] = {}
        self._idle: tuple[Position, Position] | None = None
        self._ceiling: int | None = None

    @property
    def description(self) -> str:
        """``DeltaSource[<path>]``."""
        return f"DeltaSource[{self._table.folder}]"

    def schema(self) -> StructType:
        """The table's columns when the query was defined."""
        from pyspark.sql.types import StructType

        return StructType.fromJson(self._table.schema)

    def freeze(self) -> None:
        """Read up to the table's present version and no further."""
        self._ceiling = log.latest_version(self._table.folder)

    def next_offset(self, start: Any | None, *, limit: bool) -> Any | None:
        """How far the next batch reads: a whole number of files within the limits, at least one."""
        begin = self._begin(start)
        walk_from = self._idle[1] if self._idle and self._idle[0] == begin else begin
        files, size, reached = 0, 0, walk_from
        for step in self._steps(walk_from):
            if step.file is not None:
                if limit and self._full(files, size):
                    break
                files, size = files + 1, size + step.file.size
            reached = step.after
        if files == 0:
            self._idle = (begin, reached)
            return None
        return self._offset(reached)

    def batch(self, start: Any | None, end: Any, session: SessionContext) -> relations_pb2.Relation:  # noqa: ARG002
        """The rows of the files between two offsets."""
        begin, until = self._begin(start), self._position(end)
        first = self._whole_snapshot(begin, until)
        if first is not None:
            rest = self._files(Position(first + 1), until)
            whole = snapshot_relation(self._table, first)
            return union([whole, files_relation(self._table, rest)]) if rest else whole
        return files_relation(self._table, self._files(begin, until))

    def input_rows(self, start: Any | None, end: Any) -> int | None:
        """How many rows lie between two offsets, by the files' statistics; None when a file has none."""
        counts = [file.rows for file in self._files(self._begin(start), self._position(end))]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def commit(self, end: Any) -> None:
        """Nothing to do: the table's log is the state."""

    def metrics(self) -> dict[str, str]:
        """The backlog is not measured: it would cost reading commits that no batch needs yet."""
        return {}

    def _full(self, files: int, size: int) -> bool:
        most, bytes_ = self._options.max_files, self._options.max_bytes
        return files > 0 and ((most is not None and files >= most) or (bytes_ is not None and size >= bytes_))

    def _begin(self, start: Any | None) -> Position:
        return self._initial() if start is None else self._position(start)

    def _position(self, offset: Any) -> Position:
        if offset.get("reservoirId") != self._table.id:
            raise delta_log.other_table(self._table, str(offset.get("reservoirId")))
        return Position(offset["reservoirVersion"], offset["index"], bool(offset.get("isStartingVersion")))

    def _offset(self, position: Position) -> dict[str, Any]:
        return {
            "sourceVersion": 1,
            "reservoirId": self._table.id,
            "reservoirVersion": position.version,
            "index": position.index,
            "isStartingVersion": position.starting,
        }

    def _initial(self) -> Position:
        """Where a new checkpoint begins; kept, so that a replay of the first batch begins there too."""
        file = self._state / "start" if self._state else None
        if file and file.exists():
            return self._position(json.loads(file.read_text(encoding="utf-8")))
        position = self._resolve()
        if file:
            write_atomically(file, json.dumps(self._offset(position)), sync=True)
        return position

    def _resolve(self) -> Position:
        options = self._options
        if options.starting_version == "latest":
            return Position((log.latest_version(self._table.folder) or 0) + 1)
        if isinstance(options.starting_version, int):
            if options.starting_version > self._table.version + 1:
                raise DeltaStreamError(
                    f"Cannot time travel Delta table to version {options.starting_version}. Available versions: "
                    f"[0, {self._table.version}]. Table: {self._table.folder}",
                    hint="choose a smaller startingVersion, or 'latest'",
                    code="DELTA_VERSION_NOT_FOUND",
                )
            return Position(options.starting_version)
        if options.starting_timestamp is not None:
            return Position(_version_at(self._table.folder, options.starting_timestamp))
        return Position(self._table.version, starting=True)

    def _files(self, begin: Position, until: Position) -> list[AddedFile]:
        files: list[AddedFile] = []
        if begin == until:
            return files
        for step in self._steps(begin):
            if step.after.passes(until):
                break
            if step.file is not None:
                files.append(step.file)
            if step.after == until:
                break
        return files

    def _steps(self, begin: Position) -> Iterator[_Step]:
        """The files after a position, each with the position reached once it is read, and the ends of versions."""
        at = begin
        if at.starting:
            files = self._snapshot(at.version)
            for index in range(at.index + 1, len(files)):
                last = index == len(files) - 1
                yield _Step(
                    Position(at.version + 1) if last else Position(at.version, index, starting=True), files[index]
                )
            at = Position(at.version + 1)
            if not files:
                yield _Step(at, None)
        while self._ceiling is None or at.version <= self._ceiling:
            added = delta_log.added_by(self._table, at.version, self._options)
            if added is None:
                oldest = self._after_gap(at.version)
                if oldest is None:
                    return
                at = Position(oldest)
                continue
            for index in range(at.index + 1, len(added)):
                last = index == len(added) - 1
                yield _Step(Position(at.version + 1) if last else Position(at.version, index), added[index])
            at = Position(at.version + 1)
            if not added:
                yield _Step(at, None)

    def _snapshot(self, version: int) -> list[AddedFile]:
        if version not in self._snapshots:
            self._snapshots[version] = delta_log.snapshot(self._table, version)
        return self._snapshots[version]

    def _whole_snapshot(self, begin: Position, until: Position) -> int | None:
        """The version to read with time travel, when a batch takes all of a snapshot whose schema is the query's."""
        version = begin.version
        whole = begin.starting and begin.index == _BEFORE_FIRST and not until.starting and until.version > version
        return version if whole and version == self._table.version else None

    def _after_gap(self, version: int) -> int | None:
        """Where to go on when there is no commit ``version``: None when it has yet to come, the oldest one left when
        those before were cleaned up and the user accepts the loss.
        """
        newest = log.latest_version(self._table.folder)
        if newest is None or newest + 1 < version:
            raise DeltaStreamError(
                f"the Delta table {self._table.folder} is at version {newest}, but the stream has read up to version "
                f"{version - 1}: it was deleted and re-created, or restored from a copy",
                hint="delete the streaming query's checkpoint to restart from scratch",
                code="DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE",
            )
        if newest < version or log.commit(self._table.folder, version) is not None:
            return None
        if self._options.fail_on_data_loss:
            raise DeltaStreamError(
                f"The stream from your Delta table was expecting process data from version {version}, but the earliest "
                f"available version in the _delta_log directory is later. The files in the transaction log may have "
                f"been deleted due to log cleanup. Table: {self._table.folder}",
                hint="delete the streaming query's checkpoint to restart from scratch, or set failOnDataLoss to false",
                code="DELTA_STREAM_DATA_LOSS",
            )
        return next(v for v in range(version + 1, newest + 1) if log.commit(self._table.folder, v) is not None)


def _version_at(folder: Path, milliseconds: int) -> int:
    """The first version committed at or after a time; looks from the newest backwards."""
    found: int | None = None
    newest = None
    for version, actions in log.commits_backwards(folder):
        info: dict[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
        stamp = int(info.get("timestamp", 0))
        newest = stamp if newest is None else newest
        if stamp < milliseconds:
            break
        found = version
    if found is None:
        raise DeltaStreamError(
            f"The provided timestamp ({milliseconds} ms) is after the latest version available to {folder} "
            f"({newest} ms)",
            hint="choose an earlier startingTimestamp, or startingVersion 'latest'",
            code="DELTA_TIMESTAMP_GREATER_THAN_COMMIT",
        )
    return found
