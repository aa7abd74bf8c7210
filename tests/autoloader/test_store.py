"""The list of files of a stream."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from houseboat.autoloader.listing import Found
from houseboat.autoloader.store import FileStore


def found(*names: str, size: int = 10, modified: int = 1) -> list[Found]:
    """Files below /r."""
    return [Found(str(Path("/r") / name), modified, size) for name in names]


def test_a_file_is_known_by_its_path(tmp_path: Path) -> None:
    """Numbers go up and are never given twice."""
    store = FileStore(tmp_path)
    assert store.add(found("a", "b"), root="/r") == 2
    assert store.add(found("b", "c", modified=9), root="/r") == 1
    assert [(file.seq, file.path) for file in store.between(0, 99)] == [(1, "a"), (2, "b"), (3, "c")]


def test_a_file_is_known_by_path_and_time_where_versions_count(tmp_path: Path) -> None:
    """``allowOverwrites``."""
    store = FileStore(tmp_path, versions=True)
    store.add(found("a"), root="/r")
    assert store.add(found("a", modified=2), root="/r") == 1


def test_a_batch_ends_at_the_first_limit(tmp_path: Path) -> None:
    """Files, or bytes exceeded by the file that meets the limit."""
    store = FileStore(tmp_path)
    store.add(found(*"abcde"), root="/r")
    assert store.cut(0, 2, None) == 2
    assert store.cut(0, None, 15) == 2
    assert store.cut(0, None, 5) == 1
    assert store.cut(4, 10, None) == 5
    assert store.cut(5, 10, None) is None
    assert (store.backlog(3).files, store.backlog(3).size) == (2, 20)


def test_the_store_grows_by_bytes_per_file(tmp_path: Path) -> None:
    """20,000 files with paths of 40 characters cost less than 140 bytes each."""
    store = FileStore(tmp_path)
    store.add(found(*(f"{n:040}" for n in range(20_000))), root="/r")
    assert (tmp_path / "files.db").stat().st_size < 20_000 * 140


def test_a_killed_process_leaves_whole_transactions(tmp_path: Path) -> None:
    """Killed inside ``add``: the next process finds all of it or nothing, and goes on."""
    script = (
        "import os, sys, itertools\n"
        "from pathlib import Path\n"
        "from houseboat.autoloader.listing import Found\n"
        "from houseboat.autoloader.store import FileStore\n"
        "store = FileStore(Path(sys.argv[1]))\n"
        "store.add([Found('/r/a', 1, 1)], root='/r')\n"
        "def files():\n"
        "    for n in range(1000):\n"
        "        yield Found(f'/r/{n}', 1, 1)\n"
        "import sqlite3\n"
        "real = sqlite3.connect\n"
        "class Db(sqlite3.Connection):\n"
        "    def execute(self, sql, *more):\n"
        "        answer = super().execute(sql, *more)\n"
        "        if sql.startswith('INSERT INTO file'):\n"
        "            os._exit(9)\n"
        "        return answer\n"
        "sqlite3.connect = lambda *a, **k: real(*a, factory=Db, **k)\n"
        "store.add(files(), root='/r')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == 9
    store = FileStore(tmp_path)
    assert [file.path for file in store.between(0, 9999)] == ["a"]
    assert store.add(found("a", "b"), root="/r") == 1


def test_old_files_are_forgotten_once_they_are_in_the_sink(tmp_path: Path) -> None:
    """What waits stays, and so does the newest, from which numbers go on; what was forgotten is new again."""
    store = FileStore(tmp_path)
    root = str(tmp_path)
    files = [Found(f"{root}/{name}", at, 1) for at, name in enumerate("abc", 1)]
    store.add(files, root=root)
    store.commit(1)
    now = int(time.time() * 1000) + 1000
    store.forget(now - 5000)
    assert store.add(files, root=root) == 0
    store.forget(now)
    assert [known.path for known in store.between(0, 3)] == ["b", "c"]
    store.commit(3)
    store.forget(now)
    assert [known.path for known in store.between(0, 3)] == ["c"]
    assert store.add(files, root=root) == 2
    assert [known.seq for known in store.between(3, 9)] == [4, 5]
