from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.errors import LakePathError
from houseboat.lake import Lake

if TYPE_CHECKING:
    from pathlib import Path

ABFSS = "abfss://raw@acc.dfs.core.windows.net"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake below a project."""
    return Lake(tmp_path / "project/.houseboat/lake", allowed=[tmp_path / "project"])


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{ABFSS}/a/b.csv", "acc/raw/a/b.csv"),
        (ABFSS, "acc/raw"),
        (f"{ABFSS}/", "acc/raw"),
        (f"{ABFSS}//a///b/./c", "acc/raw/a/b/c"),
        ("ABFSS://Raw@ACC.dfs.core.windows.net/A", "acc/raw/A"),
        ("wasbs://raw@acc.blob.core.windows.net/a", "acc/raw/a"),
        ("abfs://raw@acc.dfs.core.windows.net/a", "acc/raw/a"),
        ("adl://acc.azuredatalakestore.net/a/b", "acc/a/b"),
        ("dbfs:/a/b", "dbfs/a/b"),
        ("DBFS:/a", "dbfs/a"),
        ("dbfs:///a", "dbfs/a"),
        ("/dbfs/a", "dbfs/a"),
        ("/mnt/raw/a", "dbfs/mnt/raw/a"),
        ("/FileStore/a", "dbfs/FileStore/a"),
        ("/Volumes/c/s/v/a", "Volumes/c/s/v/a"),
        ("dbfs:/Volumes/c/s/v/a", "Volumes/c/s/v/a"),
        ("/Volumes", "Volumes"),
        (f"{ABFSS}/with blank/ä/a%20b/t:1", "acc/raw/with blank/ä/a%20b/t:1"),
    ],
)
def test_addresses_are_folders_of_the_lake(lake: Lake, address: str, place: str) -> None:
    """Every documented form of an address has its folder."""
    assert lake.is_address(address)
    assert lake.local(address) == lake.root / place


@pytest.mark.parametrize(
    "address",
    [
        f"{ABFSS}/../x",
        f"{ABFSS}/a/../../../x",
        f"{ABFSS}/a/..",
        f"{ABFSS}/%2e%2e/x",
        f"{ABFSS}/%2E./x",
        f"{ABFSS}/.%2e/x",
        f"{ABFSS}/%252e%252e/x",
        f"{ABFSS}/%25252e%25252e/x",
        f"{ABFSS}/a%2f..%2f..%2fx",
        f"{ABFSS}/a%5c..%5cx",
        f"{ABFSS}/a\\..\\x",
        f"{ABFSS}/a\0b",
        f"{ABFSS}/a%00b",
        f"{ABFSS}/{{..,a}}/x",
        f"{ABFSS}/{{a,..}}/x",
        "abfss://..@acc.dfs.core.windows.net/x",
        "abfss://raw@...dfs.core.windows.net/x",
        "abfss://%2e%2e@acc.dfs.core.windows.net/x",
        "abfss://.hidden@acc.dfs.core.windows.net/x",
        "dbfs:/../x",
        "dbfs:/%2e%2e/%2e%2e/x",
        "/dbfs/../../x",
        "/mnt/../../x",
        "/Volumes/../x",
        "file:/etc/passwd",
        "FILE:/etc/passwd",
        "file:///etc/passwd",
        "file:/%65tc/passwd",
        "s3://bucket/x",
        "abfss://no-account/x",
        "abfss:/raw@acc.dfs.core.windows.net/x",
    ],
)
def test_nothing_leaves_its_folder(lake: Lake, address: str) -> None:
    """Dots, encodings, backslashes, NUL, odd names and other schemes are refused by name."""
    with pytest.raises(LakePathError) as caught:
        lake.local(address)
    assert repr(address) in str(caught.value)


def test_a_malformed_cloud_address_is_still_the_lakes_business(lake: Lake) -> None:
    """No engine ever tries a cloud scheme by itself."""
    for address in ("abfss://no-account/x", "wasbs://x", "ABFSS://c@a/x", "adl://x"):
        assert lake.is_address(address)


def test_links_that_lead_out_are_refused(lake: Lake, tmp_path: Path) -> None:
    """A link in the lake cannot be followed out of its container, whatever is behind it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    container = lake.local(ABFSS)
    container.mkdir(parents=True)
    (container / "out").symlink_to(outside)
    with pytest.raises(LakePathError, match="link"):
        lake.local(f"{ABFSS}/out/x.csv")
    (container / "in").mkdir()
    (container / "near").symlink_to(container / "in")
    assert lake.local(f"{ABFSS}/near/x.csv").name == "x.csv"


def test_links_inside_a_folder_that_is_read_are_refused(lake: Lake, tmp_path: Path) -> None:
    """A folder, or a pattern, that would bring in files from outside is refused before it is read."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("x")
    folder = lake.local(f"{ABFSS}/a")
    (folder / "b").mkdir(parents=True)
    (folder / "b/fine.csv").write_text("x")
    lake.refuse_links(f"{ABFSS}/a")
    (folder / "b/l.csv").symlink_to(outside / "secret.csv")
    for address in (f"{ABFSS}/a", f"{ABFSS}/*/b", f"{ABFSS}/a/*/l.csv", f"{ABFSS}/a/b/*.csv"):
        with pytest.raises(LakePathError, match="link"):
            lake.refuse_links(address)


def test_containers_do_not_see_each_other(lake: Lake) -> None:
    """A link from one container into another is refused, too."""
    raw, gold = lake.local(ABFSS), lake.local(ABFSS.replace("raw", "gold"))
    raw.mkdir(parents=True)
    gold.mkdir(parents=True)
    (raw / "gold").symlink_to(gold)
    with pytest.raises(LakePathError, match="link"):
        lake.local(f"{ABFSS}/gold/x")


def test_local_paths_are_no_addresses(lake: Lake, tmp_path: Path) -> None:
    """Paths in the project and the lake's own folder pass as they are; others elsewhere are not the lake's."""
    assert not lake.is_address(str(tmp_path / "project/data.csv"))
    assert not lake.is_address(str(lake.root / "acc/raw/x"))
    assert not lake.is_address("relative/x")
    assert not lake.is_address("/home/somebody/x")
    assert lake.local(str(tmp_path / "project/data.csv")) == tmp_path / "project/data.csv"
    assert lake.local(f"file:{tmp_path}/project/data.csv") == tmp_path / "project/data.csv"


def test_a_project_reached_by_a_link_is_still_the_project(tmp_path: Path) -> None:
    """The project's own paths are known under both of its names."""
    (tmp_path / "mnt").mkdir()
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "mnt/alias").symlink_to(real)
    lake = Lake(tmp_path / "mnt/alias/lake", allowed=[tmp_path / "mnt/alias"])
    assert not lake.is_address(str(tmp_path / "mnt/alias/x.csv"))
    assert lake.local(str(tmp_path / "mnt/alias/x.csv")).resolve() == real / "x.csv"


def test_places_come_back_as_addresses(lake: Lake, tmp_path: Path) -> None:
    """What is shown to users is an address, never a folder of this machine."""
    for address in (f"{ABFSS}/a/b", "dbfs:/a/b", "/Volumes/c/s/v/a"):
        assert lake.address(lake.local(address)) == address
    assert lake.address(tmp_path).startswith("file:///")


def test_mounts_stand_for_their_source(lake: Lake) -> None:
    """Paths below a mount mean its source, in every spelling, until it is unmounted; the longest mount wins."""
    lake.mount("/mnt/raw", f"{ABFSS}/base/")
    lake.mount("/mnt/raw/deep", ABFSS.replace("raw", "deep"))
    for path in ("/mnt/raw/x", "dbfs:/mnt/raw/x", "/dbfs/mnt/raw/x"):
        assert lake.local(path) == lake.root / "acc/raw/base/x"
    assert lake.local("/mnt/raw/deep/x") == lake.root / "acc/deep/x"
    assert lake.local("/mnt/rawer/x") == lake.root / "dbfs/mnt/rawer/x"
    with pytest.raises(LakePathError):
        lake.local("/mnt/raw/../../../x")
    assert lake.unmount("/mnt/raw")
    assert not lake.unmount("/mnt/raw")
    assert lake.local("/mnt/raw/x") == lake.root / "dbfs/mnt/raw/x"


def test_a_mount_cannot_lead_to_itself(lake: Lake) -> None:
    """A circle of mounts is refused when it is made."""
    with pytest.raises(LakePathError, match="itself"):
        lake.mount("/mnt/a", "dbfs:/mnt/a/b")
    lake.mount("/mnt/b", "dbfs:/mnt/c")
    with pytest.raises(LakePathError, match="itself"):
        lake.mount("/mnt/c", "/mnt/b")


def test_a_mount_needs_a_known_source(lake: Lake) -> None:
    """Sources with tricks or unknown schemes are refused when the mount is made."""
    for source in ("s3a://bucket", "abfss://..@acc.dfs.core.windows.net", f"{ABFSS}/../x", "file:/etc"):
        with pytest.raises(LakePathError):
            lake.mount("/mnt/x", source)
    assert lake.mounts() == {}
