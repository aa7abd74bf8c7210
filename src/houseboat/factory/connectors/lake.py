"""AzureBlobFS and AzureBlobStorage: the lake's containers.

Source of the read settings: Data Factory's published reference. Wildcards (``*`` any run, ``?`` one character or none,
``^`` escapes) are relative to the container and take the place of the dataset's folder and file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from houseboat.errors import Unsupported
from houseboat.factory.connectors.store import Entry, SourceFile, Target
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.functions.moments import parse
from houseboat.factory.expressions.scope import Refused

if TYPE_CHECKING:
    from houseboat.factory.connectors.dataset import Dataset, LinkedService
    from houseboat.lake import Lake
    from houseboat.runs import Json

_GAPS = ("fileListPath",)


class LakeStore:
    """Files in the lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def address(self, dataset: Dataset) -> str:
        """The ``abfss://`` address of the file or folder that the dataset names."""
        folder, file = _path(dataset)
        return _root(dataset) + "/".join(part for part in (folder, file) if part)

    def entry(self, dataset: Dataset) -> Entry | None:
        """The file or folder; None when it is not there."""
        place = self._lake.local(self.address(dataset))
        return self._entry(place) if place.exists() else None

    def children(self, dataset: Dataset) -> list[Entry]:
        """Files and folders directly inside, by name."""
        place = self._lake.local(self.address(dataset))
        return [self._entry(child) for child in sorted(place.iterdir())] if place.is_dir() else []

    def select(self, dataset: Dataset, settings: Mapping[str, Json]) -> list[SourceFile]:
        """The files to read. A file or folder that is not there is an error, an empty folder is not."""
        for gap in _GAPS:
            if settings.get(gap):
                raise Unsupported(f"the read setting '{gap}' is not known here", hint="use a folder or a wildcard")
        root = self._lake.local(_root(dataset))
        folder, name = _path(dataset)
        if settings.get("wildcardFolderPath") or settings.get("wildcardFileName"):
            found = list(_matching(root, folder, settings))
        elif settings.get("prefix"):
            found = list(_with_prefix(root, str(settings["prefix"])))
        elif name:
            found = [(root / folder / name, name)] if (root / folder / name).is_file() else []
        else:
            start = root / folder
            recursive = settings.get("recursive") is not False
            found = [(file, file.relative_to(start).as_posix()) for file in _files(start, recursive=recursive)]
        if not found and (name or not (root / folder).is_dir()):
            raise missing(self.address(dataset))
        return [self._source(file, relative) for file, relative in found if _in_time(file, settings)]

    def target(self, dataset: Dataset) -> Target:
        """The folder to write to, and the file's name when the dataset gives one."""
        folder, name = _path(dataset)
        address = _root(dataset) + folder
        if name:
            self._lake.local(f"{address}/{name}")  # refuses names that lead elsewhere
        return Target(self._lake.local(address), name or None, self._lake.root, address)

    def _entry(self, place: Path) -> Entry:
        known = place.stat()
        is_folder = place.is_dir()
        size = 0 if is_folder else known.st_size
        return Entry(place.name, self._lake.address(place), is_folder, size, known.st_mtime, place)

    def _source(self, file: Path, relative: str) -> SourceFile:
        return SourceFile(
            relative,
            self._lake.address(file),
            lambda _folder: file,
            lambda: file.unlink(missing_ok=True),
        )


def missing(address: str) -> ActivityError:
    """The error of a file or folder that is not there."""
    return ActivityError(
        f"ErrorCode=UserErrorFileNotFound,Message=The required file is missing: {address}",
        code="2200",
        hint="has what writes it run? names are case-sensitive",
    )


def _root(dataset: Dataset) -> str:
    location = dataset.location
    container = location.get("fileSystem") or location.get("container")
    if not container:
        container, _, _ = str(location.get("folderPath") or "").strip("/").partition("/")
    if not container:
        raise ActivityError(f"dataset '{dataset.name}' names no container", code="2200", place=dataset.place)
    return f"abfss://{container}@{account(dataset.linked)}.dfs.core.windows.net/"


def _path(dataset: Dataset) -> tuple[str, str]:
    """Folder and file name inside the container; either may be empty."""
    location = dataset.location
    folder = str(location.get("folderPath") or "").strip("/")
    if not (location.get("fileSystem") or location.get("container")):
        folder = folder.partition("/")[2]  # the older form begins with the container
    return folder, str(location.get("fileName") or "").strip("/")


def account(linked: LinkedService) -> str:
    """The storage account that a linked service names. Raises ``ActivityError``."""
    settings = linked.settings
    for key in ("url", "serviceEndpoint", "sasUri", "serviceUri"):
        host = urlsplit(_plain(settings.get(key))).hostname or ""
        if host:
            return host.partition(".")[0]
    if match := re.search(r"AccountName=([^;]+)", _plain(settings.get("connectionString")), re.IGNORECASE):
        return match[1]
    raise ActivityError(
        f"linked service '{linked.name}' does not say which storage account it means",
        code="2200",
        place=linked.place,
        hint="give it a 'url' such as https://account.dfs.core.windows.net",
    )


def _plain(value: Json) -> str:
    return str(value.get("value") or "") if isinstance(value, Mapping) else str(value or "")


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(file for file in (folder.rglob("*") if recursive else folder.iterdir()) if file.is_file())


def _matching(root: Path, folder: str, settings: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Files by wildcard; what is kept of their path begins after the part without wildcards."""
    folders = str(settings.get("wildcardFolderPath") or folder).strip("/")
    fixed = PurePosixPath(*_fixed_parts(folders))
    folder_pattern = re.compile("/".join(_pattern(part) for part in folders.split("/")) if folders else "")
    name_pattern = re.compile(_pattern(str(settings.get("wildcardFileName") or "*")))
    recursive = settings.get("recursive") is not False
    start = root / fixed
    for file in _files(start, recursive=True):
        parent = file.parent.relative_to(root).as_posix()
        parent = "" if parent == "." else parent
        covered = folder_pattern.fullmatch(parent) or (recursive and _below(folder_pattern, parent))
        if covered and name_pattern.fullmatch(file.name):
            yield file, file.relative_to(start).as_posix()


def _below(pattern: re.Pattern[str], folder: str) -> bool:
    parents = [parent.as_posix() for parent in PurePosixPath(folder).parents]
    return any(pattern.fullmatch("" if parent == "." else parent) for parent in parents)


def _fixed_parts(folders: str) -> list[str]:
    parts: list[str] = []
    for part in folders.split("/"):
        if any(mark in part for mark in "*?^"):
            break
        parts.append(part)
    return parts


def _pattern(wildcard: str) -> str:
    out, escaped = "", False
    for mark in wildcard:
        if escaped or mark not in "*?^":
            out, escaped = out + re.escape(mark), False
        elif mark == "^":
            escaped = True
        else:
            out += "[^/]*" if mark == "*" else "[^/]?"
    return out


def _with_prefix(root: Path, prefix: str) -> Iterator[tuple[Path, str]]:
    kept = prefix.rpartition("/")[0]
    for file in _files(root, recursive=True):
        if file.relative_to(root).as_posix().startswith(prefix):
            yield file, file.relative_to(root / kept).as_posix()


def _in_time(file: Path, settings: Mapping[str, Json]) -> bool:
    """Modified at or after the start and before the end, where the settings name them."""
    ticks = int((file.stat().st_mtime + 62_135_596_800) * 10_000_000)
    try:
        start, end = (
            parse(str(settings[key])).ticks if settings.get(key) else None
            for key in ("modifiedDatetimeStart", "modifiedDatetimeEnd")
        )
    except Refused as reason:
        raise ActivityError(str(reason), code="2200") from None
    return (start is None or ticks >= start) and (end is None or ticks < end)
