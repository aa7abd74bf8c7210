"""Which files a stream has met: one small SQLite file in the source's folder of the checkpoint.

Each file has a sequence number; a batch is a range of numbers, so what it reads is settled once and a replay reads the
same. A row costs the bytes of the path and about 40 more. Every change is one transaction; a killed process leaves the
state before or after it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader.errors import CloudFilesError

if TYPE_CHECKING:
    from houseboat.autoloader.listing import Found

_TABLES = """
CREATE TABLE IF NOT EXISTS file (
    seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, path TEXT NOT NULL, modified INTEGER NOT NULL, size INTEGER NOT NULL,
    discovered INTEGER NOT NULL, skipped INTEGER, committed INTEGER, archived INTEGER);
CREATE INDEX IF NOT EXISTS file_key ON file (key);
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A file that the stream has met; ``path`` relative to the source's folder, times in milliseconds since 1970."""

    seq: int
    path: str
    modified: int
    size: int
    discovered: int


@dataclass(frozen=True)
class Backlog:
    """What waits behind an offset: number of files and of bytes."""

    files: int
    size: int


class FileStore:
    """The files of one source, by sequence number."""

    def __init__(self, folder: Path, *, versions: bool = False) -> None:
        """``folder``: the source's own (``<checkpoint>/sources/0``). ``versions``: a changed file is a new file."""
        self._path = folder / "files.db"
        self._versions = versions

    @property
    def exists(self) -> bool:
        """Whether this source was ever listed."""
        return self._path.is_file()

    def add(self, found: Iterable[Found], *, root: str, skip: bool = False) -> int:
        """Record the files that are new, in the given order; the number of new ones.

        ``root``: the folder to which paths are kept relative. ``skip``: they are known from now on and never read.
        """
        now = int(time.time() * 1000)
        rows = [
            (self._key(path, f.modified), path, f.modified, f.size) for f in found for path in [_relative(f.path, root)]
        ]
        with self._connection() as db:
            db.execute(
                "CREATE TEMP TABLE seen (at INTEGER PRIMARY KEY, key INTEGER, path TEXT, modified INTEGER, size INTEGER)"
            )
            db.executemany("INSERT INTO seen (key, path, modified, size) VALUES (?, ?, ?, ?)", rows)
            same = "f.key = s.key AND f.path = s.path" + (" AND f.modified = s.modified" if self._versions else "")
            added = db.execute(
                "INSERT INTO file (key, path, modified, size, discovered, skipped)"
                " SELECT s.key, s.path, s.modified, s.size, ?, ? FROM seen s"
                f" WHERE NOT EXISTS (SELECT 1 FROM file f WHERE {same}) ORDER BY s.at",
                (now, 1 if skip else None),
            ).rowcount
            db.execute("DROP TABLE seen")
        return added

    def between(self, start: int, end: int) -> list[Known]:
        """The files after sequence number ``start`` up to and with ``end``."""
        if not self.exists:
            raise CloudFilesError(
                f"the checkpoint's list of files is missing: {self._path}",
                hint="restore it, or start with a new checkpoint, which reads everything again",
            )
        with self._connection() as db:
            rows = db.execute(
                "SELECT seq, path, modified, size, discovered FROM file WHERE seq > ? AND seq <= ? AND skipped IS NULL ORDER BY seq",
                (start, end),
            )
            return [Known(*row) for row in rows]

    def cut(self, start: int, max_files: int | None, max_bytes: int | None) -> int | None:
        """The last sequence number of the next batch after ``start``; None when nothing waits.

        At least one file is taken, and whole files only: a byte limit is exceeded by at most the file that meets it.
        """
        with self._connection() as db:
            rows = db.execute(
                "SELECT seq, size FROM file WHERE seq > ? AND skipped IS NULL ORDER BY seq LIMIT ?",
                (start, -1 if max_files is None else max_files),
            )
            end, taken = None, 0
            for seq, size in rows:
                if max_bytes is not None and end is not None and taken >= max_bytes:
                    break
                end, taken = seq, taken + size
            return end

    def backlog(self, after: int) -> Backlog:
        """What waits after a sequence number."""
        if not self.exists:
            return Backlog(0, 0)
        with self._connection() as db:
            row = db.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM file WHERE seq > ? AND skipped IS NULL", (after,)
            )
            return Backlog(*row.fetchone())

    def commit(self, end: int) -> None:
        """All files up to ``end`` are in the sink."""
        with self._connection() as db:
            db.execute(
                "UPDATE file SET committed = ? WHERE seq <= ? AND committed IS NULL AND skipped IS NULL",
                (int(time.time() * 1000), end),
            )

    def committed_before(self, moment: int) -> list[Known]:
        """Files in the sink since before ``moment`` (milliseconds) that were not yet cleaned away."""
        with self._connection() as db:
            rows = db.execute(
                "SELECT seq, path, modified, size, discovered FROM file WHERE committed <= ? AND archived IS NULL ORDER BY seq",
                (moment,),
            )
            return [Known(*row) for row in rows]

    def archive(self, seqs: Sequence[int]) -> None:
        """These files were cleaned away."""
        with self._connection() as db:
            db.executemany(
                "UPDATE file SET archived = ? WHERE seq = ?", [(int(time.time() * 1000), seq) for seq in seqs]
            )

    def forget(self, moment: int) -> None:
        """Forget the files in the sink that were found before ``moment`` (milliseconds), and those never to be read.

        The newest stays: sequence numbers go on from it.
        """
        with self._connection() as db:
            db.execute(
                "DELETE FROM file WHERE discovered <= ? AND (committed IS NOT NULL OR skipped IS NOT NULL)"
                " AND seq < (SELECT max(seq) FROM file)",
                (moment,),
            )

    def _key(self, path: str, modified: int) -> int:
        label = f"{path}\0{modified}" if self._versions else path
        return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big", signed=True)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # Opened for each use, so that a checkpoint can be moved or deleted between batches on every system.
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.executescript(_TABLES)
                with db:
                    yield db
        except sqlite3.DatabaseError as error:
            raise CloudFilesError(
                f"the checkpoint's list of files cannot be read: {self._path}: {error}",
                hint="restore it from a copy, or start with a new checkpoint, which reads everything again",
            ) from error


def _relative(path: str, root: str) -> str:
    """The path below the root, with forward slashes on every system."""
    inside = path[len(root) + 1 :] if path.startswith(root) and len(path) > len(root) + 1 else path
    return inside.replace(os.sep, "/")
