"""Every error a user of Houseboat can meet.

    HouseboatError                  base: catch this one
    +-- ProjectError                the project's own files are wrong or missing
    +-- LakePathError               a lake path is unknown or leaves its root
    +-- Unsupported                 a declared gap: Azure has it, Houseboat does not (yet)
    +-- EngineError                 the engine cannot be started, reached or used
    +-- DiskFull                    something could not be written for want of space
    +-- RunFailed                   something that was run failed; carries the failing step

Services raise errors of their own kind by subclassing these in their own ``errors`` module where the original has
a named error (``UnknownFieldException``, ``InputWidgetNotDefined``); the name a user knows is kept.
"""

from __future__ import annotations

import errno
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where in the user's files something was found.

    ``file`` is the user's file, ``line`` its 1-based line, ``at`` a path inside it, such as
    ``properties.activities[2].typeProperties`` or ``cell 3``.
    """

    file: Path | None = None
    line: int | None = None
    at: str | None = None

    def __str__(self) -> str:
        where = str(self.file) if self.file else ""
        if self.line is not None:
            where = f"{where}:{self.line}" if where else f"line {self.line}"
        return ", ".join(part for part in (where, self.at) if part)


class HouseboatError(Exception):
    """Something the user can act upon.

    ``message`` names the thing and what was expected, ``place`` where it stands in the user's files, ``hint`` the
    next step. ``code`` is the original's error code where it has one (``UserErrorFileNotFound``,
    ``UNKNOWN_FIELD_EXCEPTION``).
    """

    exit_code = 1

    def __init__(
        self, message: str, *, place: Place | None = None, hint: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        text = f"[{self.code}] {self.message}" if self.code else self.message
        if self.place and str(self.place):
            text += f"\n  at: {self.place}"
        if self.hint:
            text += f"\n  next: {self.hint}"
        return text


class ProjectError(HouseboatError):
    """A file of the project is missing, malformed or contradicts another."""

    exit_code = 2


class LakePathError(HouseboatError):
    """A lake path names no known place, or would leave the lake's folder."""


class Unsupported(HouseboatError):  # noqa: N818 - reads as what it is: "unsupported: ..."
    """Azure or Databricks has this feature, Houseboat does not; the support table lists it."""


class EngineError(HouseboatError):
    """The Spark Connect engine cannot be started, reached or used."""


class RunFailed(HouseboatError):  # noqa: N818
    """A run ended without success; the message names the innermost failing step."""


class DiskFull(HouseboatError):  # noqa: N818 - reads as what it is
    """Something could not be written: no space, a quota, or a limit on the size of files."""


SPACE_HINT = (
    "free some space on the disk (or lift the quota or file size limit) and run again: what was committed is whole"
)
"""The next step when a disk is full."""

_NO_SPACE = re.compile(
    r"No space left on device|StorageFull|File too large|Disk quota exceeded|disk is full", re.IGNORECASE
)
_NO_SPACE_NUMBERS = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_SPACE_SQLITE = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMMAP"}


def disk_full(error: BaseException) -> DiskFull | None:
    """The error in plain words when a full disk is behind it, wherever in its chain; else None."""
    for one in _chain(error):
        if _says_full(one):
            return DiskFull(f"the disk is full: {one}", hint=SPACE_HINT, code="DISK_FULL")
    return None


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _NO_SPACE_NUMBERS:
        return True
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorname", "") in _NO_SPACE_SQLITE:
        return True
    return _NO_SPACE.search(str(error)) is not None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
