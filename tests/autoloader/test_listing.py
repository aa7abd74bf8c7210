"""Which files a path means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.listing import files, fixed_part, has_glob
from houseboat.autoloader.options import Discovery

STRICT = Discovery(strict_globber=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few files, all of another age."""
    names = ["a/1.csv", "a/b/2.csv", "ab/3.json", "c/_x/4.csv", "c/.y.csv", "_d/5.csv", "k=_v/6.csv"]
    for at, name in enumerate(names):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x" * at)
        os.utime(place, (1000 + at, 1000 + at))
    return tmp_path


def names(folder: Path, pattern: str, rules: Discovery) -> list[str]:
    """Relative paths of the files found."""
    return [Path(file.path).relative_to(folder).as_posix() for file in files(folder, pattern, rules)]


def test_all_files_below_oldest_first_without_hidden_ones(folder: Path) -> None:
    """Names with ``_`` or ``.`` in front are hidden, partition folders are not."""
    assert names(folder, "", STRICT) == ["a/1.csv", "a/b/2.csv", "ab/3.json", "k=_v/6.csv"]


def test_patterns_match_folders_and_files(folder: Path) -> None:
    """Strict: a star stays in its folder. Lax: it crosses, and a beginning is enough."""
    assert names(folder, "a*", STRICT) == ["a/1.csv", "a/b/2.csv", "ab/3.json"]
    assert names(folder, "*/*.csv", STRICT) == ["a/1.csv", "k=_v/6.csv"]
    assert names(folder, "*/*.csv", Discovery()) == ["a/1.csv", "a/b/2.csv", "k=_v/6.csv"]
    assert names(folder, "{ab,zz}", STRICT) == ["ab/3.json"]
    assert names(folder, "?b", STRICT) == ["ab/3.json"]
    assert names(folder, "[!a]*", STRICT) == ["k=_v/6.csv"]


def test_filters_on_name_and_time(folder: Path) -> None:
    """``pathGlobFilter``, ``modifiedAfter``, ``modifiedBefore``, ``latestFirst``."""
    assert names(folder, "", Discovery(path_glob="*.json")) == ["ab/3.json"]
    after = Discovery(modified_after="1970-01-01T00:16:41+00:00", modified_before="1970-01-01T00:16:46+00:00")
    assert names(folder, "", after) == ["ab/3.json"]
    assert names(folder, "", Discovery(latest_first=True))[0] == "k=_v/6.csv"
    with pytest.raises(CloudFilesError, match="modifiedAfter"):
        files(folder, "", Discovery(modified_after="yesterday"))


def test_a_single_file_and_no_file(folder: Path) -> None:
    """A path may name one file; one that is not there has none."""
    assert len(files(folder / "a" / "1.csv", "", STRICT)) == 1
    assert files(folder / "nothing", "", STRICT) == []


def test_the_fixed_part_of_a_pattern() -> None:
    """Up to the folder before the first pattern character."""
    assert fixed_part("abfss://c@a/x/y*/z") == ("abfss://c@a/x", "y*/z")
    assert fixed_part("abfss://c@a/x") == ("abfss://c@a/x", "")
    assert has_glob("a{b,c}")
    assert not has_glob("a b")
