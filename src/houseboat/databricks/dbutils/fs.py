"""``dbutils.fs``: files of the lake, by Databricks' addresses.

Bare ``/x`` means ``dbfs:/x``. Errors carry the Java class that Databricks' users match on in their texts.
"""

# ruff: noqa: ARG002, N802, N803, N815, T201 - names and signatures are Databricks'

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from houseboat.databricks.errors import DbutilsError

if TYPE_CHECKING:
    from houseboat.databricks.dbutils.mounts import Mounts
    from houseboat.lake import Lake


class FileInfo(NamedTuple):
    """One entry of ``ls``: directories have a name that ends in ``/`` and size 0; times are in milliseconds."""

    path: str
    name: str
    size: int
    modificationTime: int

    def isDir(self) -> bool:
        """Whether this is a directory."""
        return self.name.endswith("/")

    def isFile(self) -> bool:
        """Whether this is a file."""
        return not self.isDir()


class MountInfo(NamedTuple):
    """One mount."""

    mountPoint: str
    source: str
    encryptionType: str = ""


class FileSystem:
    """The ``dbutils.fs`` of a project."""

    def __init__(self, lake: Lake, mounts: Mounts) -> None:
        self._lake = lake
        self._mounts = mounts

    def ls(self, dir: str) -> list[FileInfo]:
        """The entries of a directory by name; a file lists itself."""
        place = self._existing(dir)
        base = _shown(dir)
        if place.is_file():
            return [_info(place, base)]
        return [_info(entry, f"{base.rstrip('/')}/{entry.name}") for entry in sorted(place.iterdir())]

    def head(self, file: str, maxBytes: int = 65536) -> str:
        """The first bytes of a file as UTF-8 text."""
        place = self._existing(file)
        with place.open("rb") as stream:
            data = stream.read(maxBytes)
        if place.stat().st_size > maxBytes:
            print(f"[Truncated to first {maxBytes} bytes]")
        return data.decode("utf-8", errors="replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Write a text as a file."""
        place = self._lake.local(file)
        if place.exists() and not overwrite:
            raise DbutilsError(
                f"org.apache.hadoop.fs.FileAlreadyExistsException: {_shown(file)} already exists",
                hint="pass overwrite=True to replace it",
            )
        data = contents.encode()
        _write(place, data)
        print(f"Wrote {len(data)} bytes.")
        return True

    def mkdirs(self, dir: str) -> bool:
        """Make a directory and its parents."""
        self._lake.local(dir).mkdir(parents=True, exist_ok=True)
        return True

    def rm(self, dir: str, recurse: bool = False) -> bool:
        """Remove a file, or with ``recurse`` a directory; False when there is nothing."""
        place = self._lake.local(dir)
        if not place.exists():
            return False
        if place.is_dir():
            if any(place.iterdir()) and not recurse:
                raise DbutilsError(
                    f"java.io.IOException: Directory {_shown(dir)} is not empty", hint="pass recurse=True"
                )
            shutil.rmtree(place)
        else:
            place.unlink()
        return True

    def cp(self, source: str, to: str, recurse: bool = False) -> bool:
        """Copy a file, or with ``recurse`` what a directory holds."""
        origin, target = self._existing(source), self._lake.local(to)
        if origin.is_dir():
            self._needs_recurse(source, recurse)
            for file in sorted(path for path in origin.rglob("*") if path.is_file()):
                _copy(file, target / file.relative_to(origin))
            target.mkdir(parents=True, exist_ok=True)
        else:
            _copy(origin, target / origin.name if target.is_dir() else target)
        return True

    def mv(self, source: str, to: str, recurse: bool = False) -> bool:
        """Move: a copy, then a removal, as on object storage."""
        self.cp(source, to, recurse)
        return self.rm(source, recurse)

    def mounts(self) -> list[MountInfo]:
        """What is mounted where."""
        return [MountInfo("/", "DatabricksRoot"), *(MountInfo(*item) for item in sorted(self._mounts.all().items()))]

    def mount(
        self,
        source: str,
        mount_point: str | None = None,
        encryption_type: str = "",
        owner: str | None = None,
        extra_configs: Mapping[str, str] | None = None,
        *,
        mountPoint: str | None = None,
        encryptionType: str = "",
        extraConfigs: Mapping[str, str] | None = None,
    ) -> bool:
        """Mount a container; credentials in ``extra_configs`` are neither needed, kept nor logged."""
        point = mount_point or mountPoint or ""
        if point.rstrip("/") in self._mounts.all():
            raise DbutilsError(
                f"java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement failed: "
                f"Directory already mounted: {point}; nested exception is: \n\t"
                f"java.lang.IllegalArgumentException: requirement failed: Directory already mounted: {point}",
                hint="unmount it first, or look into dbutils.fs.mounts()",
            )
        self._mounts.add(point, source)
        return True

    def updateMount(self, source: str, mount_point: str, *_: object, **__: object) -> bool:
        """Mount, replacing what is mounted there."""
        self._mounts.add(mount_point, source)
        return True

    def unmount(self, mount_point: str = "", *, mountPoint: str = "") -> bool:
        """Forget a mount."""
        point = mount_point or mountPoint
        if not self._mounts.remove(point):
            raise DbutilsError(f"java.rmi.RemoteException: Directory not mounted: {point}")
        print(f"{point} has been unmounted.")
        return True

    def refreshMounts(self) -> bool:
        """Nothing to do: every session sees the same mounts."""
        return True

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.fs: ls head put mkdirs rm cp mv mounts mount updateMount unmount refreshMounts")

    def _existing(self, address: str) -> Path:
        place = self._lake.local(address)
        if not place.exists():
            raise DbutilsError(
                f"java.io.FileNotFoundException: No such file or directory: {_shown(address)}",
                hint="dbutils.fs.ls of its parent shows what is there",
            )
        return place

    @staticmethod
    def _needs_recurse(address: str, recurse: bool) -> None:
        if not recurse:
            raise DbutilsError(f"java.io.IOException: {_shown(address)} is a directory", hint="pass recurse=True")


def _shown(address: str) -> str:
    """The address as Databricks spells it back."""
    return f"dbfs:{address}" if address.startswith("/") else address


def _info(place: Path, address: str) -> FileInfo:
    facts = place.stat()
    slash = "/" if place.is_dir() else ""
    size = 0 if place.is_dir() else facts.st_size
    return FileInfo(address.rstrip("/") + slash, place.name + slash, size, int(facts.st_mtime * 1000))


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid.uuid4().hex}.partial")
    shutil.copyfile(origin, partial)
    os.replace(partial, target)


def _write(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{uuid.uuid4().hex}.partial")
    partial.write_bytes(data)
    os.replace(partial, place)
