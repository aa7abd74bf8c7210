"""Places and offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.autoloader.discovery import Discoverer, Folder, number
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.options import Discovery
from houseboat.autoloader.store import FileStore
from houseboat.errors import LakePathError

if TYPE_CHECKING:
    from pathlib import Path

    from houseboat.lake import Lake

RAW = "abfss://raw@acct.dfs.core.windows.net/in"


def test_an_offset_is_as_on_the_cloud_and_its_files_are_recorded_first(lake: Lake, tmp_path: Path) -> None:
    """Fields of the progress object; the same offset for the same state."""
    place = lake.local(f"{RAW}/d/1 é.csv")
    place.parent.mkdir(parents=True)
    place.write_text("a\n")
    finder = Discoverer(Folder(f"{RAW}/", lake, Discovery()), FileStore(tmp_path), Discovery())
    end = finder.next_offset(None, limit=True)
    assert end is not None
    assert sorted(end) == [
        "lastBackfillFinishTimeMs",
        "lastBackfillStartTimeMs",
        "lastInputPath",
        "seqNum",
        "sourceVersion",
    ]
    assert finder.next_offset(None, limit=True) == end
    (file,) = finder.files(None, end)
    assert (file.path, file.address) == (str(place), f"{RAW}/d/1 é.csv")


def test_a_source_may_be_one_file(lake: Lake) -> None:
    """Its address stays whole."""
    place = lake.local(f"{RAW}/1.csv")
    place.parent.mkdir(parents=True)
    place.write_text("a\n")
    folder = Folder(f"{RAW}/1.csv", lake, Discovery())
    assert [folder.found(file).address for file in folder.files()] == [f"{RAW}/1.csv"]


def test_nothing_outside_the_lake_is_listed(lake: Lake) -> None:
    """A path that would leave it is refused, a link in it is not followed."""
    with pytest.raises(LakePathError):
        Folder("abfss://raw@acct.dfs.core.windows.net/../../x", lake, Discovery())
    folder = lake.local(RAW)
    folder.mkdir(parents=True)
    outside = lake.root.parent / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n")
    (folder / "link").symlink_to(outside, target_is_directory=True)
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    assert Folder(RAW, lake, Discovery()).files() == []


def test_foreign_offsets_are_refused() -> None:
    """A checkpoint of another source."""
    assert number(None) == 0
    with pytest.raises(CloudFilesError, match="none of Auto Loader's"):
        number({"reservoirVersion": 1})
