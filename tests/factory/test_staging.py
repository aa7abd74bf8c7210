"""Files in the making are out of sight, and never in each other's way."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from houseboat.factory.copying.staging import publish, staging


def test_many_copies_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Folders come and go while others look for abandoned ones."""

    def copy(number: int) -> int:
        with staging(tmp_path) as folder:
            (folder / "x").write_text(str(number))
            publish(folder / "x", tmp_path / "out" / str(number))
        return number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(copy, range(300))) == list(range(300))
    assert len(list((tmp_path / "out").iterdir())) == 300


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path: Path) -> None:
    """Younger folders may belong to someone who is still at work."""
    for name, age in (("old", 2 * 86_400), ("young", 60)):
        folder = tmp_path / ".staging" / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age,) * 2)
    with staging(tmp_path):
        pass
    assert [folder.name for folder in (tmp_path / ".staging").iterdir()] == ["young"]


def test_nothing_stays_when_the_work_fails(tmp_path: Path) -> None:
    """The folder goes with the exception."""
    with pytest.raises(ValueError, match="boom"), staging(tmp_path):
        raise ValueError("boom")
    assert list((tmp_path / ".staging").iterdir()) == []
