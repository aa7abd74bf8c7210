"""Finds the files of a streaming source and cuts them into batches.

An offset is ``{"seqNum": n, ...}``: all files up to number ``n`` of the store. The files are in the store before the
offset is handed out. Source: Databricks' progress of ``CloudFilesSource`` for the offset's other fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.autoloader import listing, partitions
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.reader import InputFile

if TYPE_CHECKING:
    from houseboat.autoloader.options import Discovery
    from houseboat.autoloader.store import FileStore, Known
    from houseboat.lake import Lake

SOURCE_VERSION = 3


class Folder:
    """The place that a source reads: an address, perhaps with patterns, and what is in it."""

    def __init__(self, address: str, lake: Lake, rules: Discovery) -> None:
        """Raises ``LakePathError`` for an address outside the lake and the project."""
        self.address = address
        self._rules = rules
        fixed, self._pattern = listing.fixed_part(address)
        self._given = lake.local(fixed)
        # paths are kept relative to a folder; a source may also be a single file
        self.root = self._given.parent if self._given.is_file() else self._given
        self._base = (fixed.rsplit("/", 1)[0] if self._given.is_file() else fixed).rstrip("/")

    @property
    def exists(self) -> bool:
        """Whether there is anything at the address."""
        return self._given.exists()

    def files(self) -> list[listing.Found]:
        """All files there now, oldest first."""
        return listing.files(self._given, self._pattern, self._rules)

    def input(self, relative: str, size: int, modified: int) -> InputFile:
        """A file of this folder as the readers want it."""
        path = self.root.joinpath(*relative.split("/"))
        return InputFile(str(path), f"{self._base}/{relative}", size, modified, partitions.values(relative))

    def found(self, file: listing.Found) -> InputFile:
        """A listed file as the readers want it."""
        relative = Path(file.path).relative_to(self.root).as_posix()
        return self.input(relative, file.size, file.modified)


class Discoverer:
    """Batches of the files in a folder, remembered in a checkpoint."""

    def __init__(self, folder: Folder, store: FileStore, rules: Discovery) -> None:
        self._folder = folder
        self._store = store
        self._rules = rules
        self._frozen = False

    def freeze(self) -> None:
        """List once more at the most: what arrives later waits for the next run (``Trigger.AvailableNow``)."""
        self._list()
        self._frozen = True

    def next_offset(self, start: dict[str, Any] | None, *, limit: bool) -> dict[str, Any] | None:
        """The end of the next batch after ``start``; None when nothing is new."""
        if not self._frozen:
            self._list()
        after = number(start)
        rules = self._rules if limit else replace(self._rules, max_files=None, max_bytes=None)
        end = self._store.cut(after, rules.max_files, rules.max_bytes)
        if end is None:
            return None
        last = self._store.between(end - 1, end)[0]
        moment = last.discovered
        return {
            "seqNum": end,
            "sourceVersion": SOURCE_VERSION,
            "lastBackfillStartTimeMs": moment,
            "lastBackfillFinishTimeMs": moment,
            "lastInputPath": self._folder.address,
        }

    def files(self, start: dict[str, Any] | None, end: dict[str, Any]) -> list[InputFile]:
        """The files of the batch between two offsets, always the same."""
        return [self._input(known) for known in self._store.between(number(start), number(end))]

    def commit(self, end: dict[str, Any]) -> None:
        """The batch that ended here is in the sink."""
        self._store.commit(number(end))

    def metrics(self, after: dict[str, Any] | None) -> dict[str, str]:
        """The backlog after an offset."""
        left = self._store.backlog(number(after))
        return {
            "numFilesOutstanding": str(left.files),
            "numBytesOutstanding": str(left.size),
            "isBacklogComputationComplete": "true",
        }

    def clean(self, moment: int, act: Callable[[InputFile], None]) -> None:
        """Call ``act`` on each file that was committed before ``moment`` (milliseconds), once."""
        done = self._store.committed_before(moment)
        for known in done:
            act(self._input(known))
        if done:
            self._store.archive([known.seq for known in done])

    def forget(self, moment: int) -> None:
        """No longer remember files that were found before ``moment`` (milliseconds) and are in the sink."""
        self._store.forget(moment)

    def _input(self, known: Known) -> InputFile:
        return self._folder.input(known.path, known.size, known.modified)

    def _list(self) -> None:
        first = not self._store.exists
        skip = first and not self._rules.include_existing
        self._store.add(self._folder.files(), root=str(self._folder.root), skip=skip)


@dataclass(frozen=True)
class Counted:
    """How many rows the batch between two offsets was found to have; what a source keeps for ``input_rows``."""

    start: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    rows: int | None = None

    def between(self, start: dict[str, Any] | None, end: dict[str, Any]) -> int | None:
        """The number, if it is that of this batch."""
        return self.rows if (start, end) == (self.start, self.end) else None


def number(offset: dict[str, Any] | None) -> int:
    """The sequence number in an offset; 0 before the first batch. Raises ``CloudFilesError`` for a foreign offset."""
    if offset is None:
        return 0
    try:
        return int(offset["seqNum"])
    except (KeyError, TypeError, ValueError):
        raise CloudFilesError(
            f"the checkpoint holds an offset that is none of Auto Loader's: {offset!r}",
            hint="the sources of a query may not change their order or kind; use a new checkpoint",
        ) from None
