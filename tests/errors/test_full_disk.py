"""A full disk: the error names it, and when there is room again a plain re-run goes on with nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from houseboat.errors import DiskFull, disk_full
from tests.errors.small_project import kept, write

posix = pytest.mark.skipif(os.name != "posix", reason="limits of file size are POSIX")
ROWS = 20_000
LANDED = ".houseboat/lake/account/raw/in/people.csv"


def houseboat(*words: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; with ``limit``, in a process that may not write files beyond so many bytes."""
    command = [sys.executable, "-m", "houseboat", *words]
    if limit is not None:
        code = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", code, *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)


def people(project: Path) -> int:
    """Rows in the table."""
    told = houseboat(
        "sql", str(project), "select count(*) as n, count(distinct id) as ids from main.default.people", "--json"
    )
    row = json.loads(told.stdout)[0]
    assert row["n"] == row["ids"]
    return int(row["n"])


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    """A project of which nothing was loaded yet, with a file of people in the lake."""
    write(tmp_path, {})
    file = tmp_path / LANDED
    file.parent.mkdir(parents=True)
    rows = (f"{number},{number * 7919 % 1_000_003:x}{number * 104_729:x}{number**3:x}" for number in range(ROWS))
    file.write_text("id,name\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


@posix
@pytest.mark.parametrize(
    ("limit", "where"),
    [(300_000, "the engine writes the table"), (40_000, "the records are written"), (0, "anything is written")],
    ids=str,
)
def test_when_nothing_more_can_be_written_the_run_says_so_and_the_next_one_loses_nothing(
    landed: Path, limit: int, where: str
) -> None:
    """The disk fills up while {where}; no table has a row, and the re-run has every row once."""
    failed = houseboat("job", str(landed), "daily", limit=limit)
    assert failed.returncode == 1, (where, failed.stderr)
    assert "Traceback" not in failed.stderr
    assert "free some space" in failed.stderr
    written = [name for name in kept(landed) if name.endswith(".json") and "_delta_log" in name]
    assert all(
        name.endswith("people/_delta_log/00000000000000000000.json") for name in written
    )  # CREATE TABLE, no rows
    again = houseboat("job", str(landed), "daily")
    assert again.returncode == 0, again.stderr
    assert people(landed) == ROWS


@posix
def test_a_copy_to_a_full_disk_leaves_no_part_of_the_file(landed: Path) -> None:
    """Data Factory's Copy fails by name; the file is there whole after the re-run, and before it not at all."""
    source = landed / "web" / "people.csv"
    shutil.copyfile(landed / LANDED, source)
    (landed / LANDED).unlink()
    failed = houseboat("factory", str(landed), "main", limit=200_000)
    assert failed.returncode == 1
    assert "Operation on target Fetch failed: the disk is full" in failed.stderr
    assert "properties.activities[0]" in failed.stderr
    assert "free some space" in failed.stderr
    assert not (landed / LANDED).exists()
    assert houseboat("factory", str(landed), "main").returncode == 0
    assert (landed / LANDED).read_bytes() == source.read_bytes()
    assert people(landed) == ROWS


def _mounted(size: str, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script beside a small file system of its own, where the kernel lets one be made."""
    inside = f'mount -t tmpfs -o size={size} none "{folder}" && {script}'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", inside], capture_output=True, text=True, check=False, timeout=250
    )


def test_a_disk_that_is_really_full_is_named(tmp_path: Path) -> None:
    """On a file system of 48 MB with no byte left, every verb that writes fails with the same words, and none is a bug."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("unshare") is None or _mounted("1m", disk, "true").returncode != 0:
        pytest.skip("this system lets nobody mount a small disk; the tests above fill one by limits")
    write(tmp_path / "project", {})
    run = f'"{sys.executable}" -m houseboat job "{disk}/project" daily'
    script = f"""cp -r "{tmp_path}/project" "{disk}/project" && mkdir -p "{disk}/project/.houseboat/lake/account/raw/in" &&
        cp "{disk}/project/web/people.csv" "{disk}/project/.houseboat/lake/account/raw/in/" &&
        (cat /dev/zero > "{disk}/ballast" 2>/dev/null; true) &&
        ! {run} && rm "{disk}/ballast" && {run}"""
    told = _mounted("48m", disk, script)
    assert told.returncode == 0, told.stderr
    assert "the disk is full" in told.stderr
    assert "free some space" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "make",
    [
        lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.csv"),
        lambda: OSError(errno.EFBIG, os.strerror(errno.EFBIG)),
        lambda: sqlite3.OperationalError("database or disk is full"),
        lambda: RuntimeError(
            "Generic LocalFileSystem error: Unable to copy data to file: No space left on device (os error 28)"
        ),
    ],
)
def test_a_full_disk_is_recognised_in_every_spelling(make: Callable[[], Exception]) -> None:
    """Python's, SQLite's and the engine's words; also as the cause of another error."""
    assert isinstance(disk_full(make()), DiskFull)
    outer = ValueError("the run failed")
    outer.__cause__ = make()
    found = disk_full(outer)
    assert found is not None
    assert found.code == "DISK_FULL"


def test_other_errors_are_not_taken_for_a_full_disk() -> None:
    """A missing file stays what it is."""
    assert disk_full(FileNotFoundError(errno.ENOENT, "No such file or directory", "full disk.csv")) is None
