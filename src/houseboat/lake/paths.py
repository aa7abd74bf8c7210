"""Maps lake addresses to folders, and refuses whatever would leave them.

========================================================  ==========================================
address                                                   folder below the lake's root
========================================================  ==========================================
``abfss://container@account.dfs.core.windows.net/path``   ``account/container/path``
``wasbs://container@account.blob.core.windows.net/path``  ``account/container/path`` (the same bytes)
``adl://account.azuredatalakestore.net/path``             ``account/path``
``dbfs:/path``, ``/path`` (as DBFS does), ``/dbfs/path``  ``dbfs/path``
``/mnt/point/path``                                       what was mounted there, else ``dbfs/mnt/...``
``/Volumes/catalog/schema/volume/path``                   ``Volumes/catalog/schema/volume/path``
``file:/path``                                            the local file, if below an allowed folder
========================================================  ==========================================

Source: Azure Databricks' and ADLS Gen2's documented URI forms. As in Azure, the account decides the place: the
``dfs`` and ``blob`` end points of one account show the same files.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from houseboat.errors import LakePathError

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOUD = re.compile(
    r"^(?:abfss?|wasbs?)://(?P<container>[^@/]+)@(?P<account>[^./]+)\.[^/]+(?P<path>/.*)?$", re.IGNORECASE
)
_CLOUD_SCHEME = re.compile(r"^(?:abfss?|wasbs?|adl):/", re.IGNORECASE)
_ADL = re.compile(r"^adl://(?P<account>[^./]+)\.[^/]+(?P<path>/.*)?$", re.IGNORECASE)
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:/")
_PATTERN = re.compile(r"[*?\[{]")
_NAME = re.compile(r"^[$A-Za-z0-9][A-Za-z0-9_-]*$")
_DBFS_ROOTS = ("mnt", "tmp", "FileStore", "databricks-datasets", "user", "dbfs", "Volumes", "Workspace")


class Lake:
    """The folders that stand in for storage accounts, DBFS and volumes."""

    def __init__(self, root: Path, *, allowed: Iterable[Path] = ()) -> None:
        """``root``: the lake's folder (made if absent). ``allowed``: further folders that ``file:`` and plain local
        paths may name, such as the project's own.
        """
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        given = [root, *allowed]
        self._allowed = list(dict.fromkeys([*(path.resolve() for path in given), *(path.absolute() for path in given)]))
        self._mounts: dict[str, str] = {}
        self._lock = threading.Lock()

    def is_address(self, text: str) -> bool:
        """Whether this text is an address that only the lake can resolve (a cloud scheme or a DBFS root)."""
        if _CLOUD_SCHEME.match(text) or text.lower().startswith("dbfs:/"):
            return True
        if not text.startswith("/") or self._own(text):
            return False
        return PurePosixPath(text).parts[1:2] != () and PurePosixPath(text).parts[1] in _DBFS_ROOTS

    def local(self, address: str) -> Path:
        """The place on this machine of a lake address; it need not exist.

        Raises ``LakePathError`` for an unknown scheme and for anything outside its root (``..``, links, encoded
        tricks).
        """
        folder, path = self._split(address)
        place = folder / Path(*_parts(path, address)) if path else folder
        _refuse_link(place, folder, address)
        return place

    def refuse_links(self, address: str) -> None:
        """Raise ``LakePathError`` when reading this folder or pattern would follow a link out of its container.

        A Delta table is read by its log, not by listing: it is not walked.
        """
        folder, path = self._split(address)
        fixed = [*itertools.takewhile(lambda part: not _PATTERN.search(part), _parts(path, address))]
        base = folder.joinpath(*fixed)
        _refuse_link(base, folder, address)
        if (base / "_delta_log").is_dir():
            return
        for where, folders, files in os.walk(base):
            for name in (*folders, *files):
                found = Path(where, name)
                if found.is_symlink():
                    _refuse_link(found, folder, address)

    def address(self, place: Path) -> str:
        """The ``abfss://`` or ``dbfs:/`` address of a place below the root; a local path comes back as ``file:``."""
        try:
            parts = place.resolve().relative_to(self.root).parts
        except ValueError:
            return place.resolve().as_uri()
        if parts and parts[0] in ("dbfs", "Volumes"):
            return f"dbfs:/{'/'.join(parts[1:])}" if parts[0] == "dbfs" else "/" + "/".join(parts)
        if len(parts) < 2:  # noqa: PLR2004 - account and container
            return place.resolve().as_uri()
        return f"abfss://{parts[1]}@{parts[0]}.dfs.core.windows.net/{'/'.join(parts[2:])}"

    def mount(self, point: str, source: str) -> None:
        """``dbutils.fs.mount``: from now on paths below ``point`` mean ``source``."""
        self.local(source)
        key = "/" + point.strip("/")
        with self._lock:
            before = self._mounts.get(key)
            self._mounts[key] = source.rstrip("/")
        try:
            self.local(key)
        except LakePathError:
            with self._lock:
                del self._mounts[key]
                self._mounts.update({} if before is None else {key: before})
            raise

    def unmount(self, point: str) -> bool:
        """Forget a mount; False when there was none."""
        with self._lock:
            return self._mounts.pop("/" + point.strip("/"), None) is not None

    def mounts(self) -> dict[str, str]:
        """Mount point -> source address."""
        return dict(self._mounts)

    def _own(self, path: str) -> bool:
        local = Path(path)
        return any(_inside(local, folder) for folder in self._allowed)

    def _split(self, address: str, hops: int = 0) -> tuple[Path, str]:
        """The folder that an address must not leave, and the path below it. ``hops``: mounts followed so far."""
        if "\0" in address or "\\" in address:
            raise LakePathError(f"{address!r} holds a character that no lake path may hold")
        if match := _CLOUD.match(address):
            account, container = match["account"].lower(), match["container"].lower()
            self._check(account, address)
            self._check(container, address)
            return self.root / account / container, match["path"] or ""
        if match := _ADL.match(address):
            self._check(match["account"], address)
            return self.root / match["account"].lower(), match["path"] or ""
        path = address
        if path.lower().startswith("dbfs:"):
            path = "/" + path[5:].lstrip("/")
        elif path.lower().startswith("file:"):
            return self._file(unquote(path[5:]), address)
        elif _SCHEME.match(path):
            raise LakePathError(
                f"no place is known for {address!r}",
                hint="use abfss://, wasbs://, adl://, dbfs:/, /mnt/, /Volumes/ or a path in the project",
            )
        elif path.startswith("/") and self._own(path):
            return self._file(path, address)
        if path.startswith("/dbfs/"):
            path = path[5:]
        if path == "/Volumes" or path.startswith("/Volumes/"):
            return self.root / "Volumes", path[len("/Volumes") :]
        return self._mounted(path, address, hops) or (self.root / "dbfs", path)

    def _mounted(self, path: str, address: str, hops: int) -> tuple[Path, str] | None:
        with self._lock:
            mounts = sorted(self._mounts.items(), key=lambda item: -len(item[0]))
        if hops > len(mounts):
            raise LakePathError(f"the mount of {address!r} leads to itself", hint="mount a storage account's address")
        for point, source in mounts:
            if path == point or path.startswith(point + "/"):
                folder, inner = self._split(source, hops + 1)
                return folder, f"{inner}/{path[len(point) :]}"
        return None

    def _file(self, path: str, address: str) -> tuple[Path, str]:
        place = Path("/" + path.lstrip("/")) if not re.match(r"^/*[A-Za-z]:/", path) else Path(path.lstrip("/"))
        resolved = place.resolve()
        for folder in self._allowed:
            if _inside(resolved, folder):
                return folder, resolved.relative_to(folder).as_posix()
        raise LakePathError(
            f"{address!r} is outside the lake and the project", hint="copy the file into the project or the lake"
        )

    @staticmethod
    def _check(name: str, address: str) -> None:
        if not _NAME.match(name):
            raise LakePathError(f"{name!r} in {address!r} is not a name of an account or container")


def _parts(path: str, address: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for part in parts:
        decoded = _decoded(part)
        choices = re.split(r"[{,}]", decoded) if "{" in decoded else [decoded]
        if any(choice in ("..", ".") for choice in choices) or any(sign in decoded for sign in "/\\\0"):
            raise LakePathError(f"{address!r} would leave its folder", hint="write the path without '..'")
    return parts


def _decoded(part: str) -> str:
    """A part of a path with all its layers of percent signs taken off."""
    while (decoded := unquote(part)) != part:
        part = decoded
    return part


def _refuse_link(place: Path, folder: Path, address: str) -> None:
    if not _inside(place.resolve(), folder.resolve()):
        raise LakePathError(f"{address!r} leaves its folder through a link", hint="remove the link in the lake")


def _inside(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
