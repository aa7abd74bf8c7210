"""What a store of files can do for an activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from houseboat.factory.connectors.dataset import Dataset
    from houseboat.runs import Json


@dataclass(frozen=True)
class Entry:
    """A file or folder in a store. ``size`` in bytes, ``modified`` in seconds since the epoch."""

    name: str
    address: str
    is_folder: bool
    size: int
    modified: float
    place: Path


@dataclass(frozen=True)
class SourceFile:
    """A file to be read: ``relative`` to the folder that is copied, ``address`` for people.

    ``fetch(folder)`` gives a local file with its bytes: the file itself, or one made in ``folder``. ``remove`` takes
    it away from the store.
    """

    relative: str
    address: str
    fetch: Callable[[Path], Path]
    remove: Callable[[], None]


@dataclass(frozen=True)
class Target:
    """Where a copy goes: a local ``folder`` below ``root``, and the file's ``name`` when the dataset gives one."""

    folder: Path
    name: str | None
    root: Path
    address: str


class Store(Protocol):
    """One kind of store; the functions raise ``ActivityError`` or ``Unsupported``."""

    def address(self, dataset: Dataset) -> str:
        """What people call this place."""
        ...

    def entry(self, dataset: Dataset) -> Entry | None:
        """The file or folder that the dataset names; None when it is not there."""
        ...

    def children(self, dataset: Dataset) -> list[Entry]:
        """What is directly in the folder, by name."""
        ...

    def select(self, dataset: Dataset, settings: Mapping[str, Json]) -> list[SourceFile]:
        """The files that a read with these ``storeSettings`` covers."""
        ...

    def target(self, dataset: Dataset) -> Target:
        """Where a write goes."""
        ...
