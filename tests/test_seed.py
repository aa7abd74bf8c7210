from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.errors import HouseboatError, LakePathError
from houseboat.lake import Lake, WebSources
from houseboat.project import Project, SeedRule
from houseboat.seed import drops, seed, stand_ins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Titles land in the lake, lookups are published on the web."""
    drop = tmp_path / "sample/drop-1"
    drop.mkdir(parents=True)
    (drop / "titles_a.csv").write_text("t")
    (drop / "cast.csv").write_text("c")
    (drop / "notes.txt").write_text("n")
    return Project(
        root=tmp_path,
        name="p",
        manifest=tmp_path / "houseboat.toml",
        web={"https://h/repo": "state:github"},
        seeds=(
            SeedRule(("titles*.csv",), "abfss://raw@st.dfs.core.windows.net/titles/{drop}/"),
            SeedRule(("cast.csv",), "https://h/repo/data"),
        ),
        sample=tmp_path / "sample",
    )


def deliver(project: Project, folder: Path, drop: str | None = None) -> dict[str, tuple[str, bool]]:
    """Seed, and tell file -> (address, new)."""
    lake, web = Lake(project.state / "lake"), WebSources(stand_ins(project))
    return {item.file: (item.to, item.new) for item in seed(project, lake, web, folder, drop=drop)}


def test_files_go_where_their_rule_says(project: Project) -> None:
    """The first rule that matches decides; files without a rule stay."""
    done = deliver(project, project.root / "sample/drop-1")
    assert done == {
        "titles_a.csv": ("abfss://raw@st.dfs.core.windows.net/titles/drop-1/titles_a.csv", True),
        "cast.csv": ("https://h/repo/data/cast.csv", True),
    }
    assert (project.state / "lake/st/raw/titles/drop-1/titles_a.csv").read_text() == "t"
    assert WebSources(stand_ins(project)).request("https://h/repo/data/cast.csv").body == b"c"
    assert [path.name for path in project.state.rglob("*.part")] == []


def test_the_same_files_again_are_not_new(project: Project) -> None:
    """A file with the same content is left as it is; a changed one is replaced."""
    folder = project.root / "sample/drop-1"
    deliver(project, folder)
    before = (project.state / "lake/st/raw/titles/drop-1/titles_a.csv").stat().st_mtime_ns
    (folder / "cast.csv").write_text("d")
    assert {file: new for file, (_, new) in deliver(project, folder).items()} == {
        "titles_a.csv": False,
        "cast.csv": True,
    }
    assert (project.state / "lake/st/raw/titles/drop-1/titles_a.csv").stat().st_mtime_ns == before
    assert (project.state / "github/data/cast.csv").read_text() == "d"


def test_drops_are_listed_by_number(project: Project) -> None:
    """Ten comes after two."""
    for number in (10, 2):
        (project.root / f"sample/drop-{number}").mkdir()
    assert list(drops(project)) == ["drop-1", "drop-2", "drop-10"]


def test_a_drop_can_be_named(project: Project) -> None:
    """Any folder is a drop; its name is a part of the address."""
    done = deliver(project, project.root / "sample/drop-1", drop="2024-01-01")
    assert "/titles/2024-01-01/" in done["titles_a.csv"][0]
    with pytest.raises(LakePathError):
        deliver(project, project.root / "sample/drop-1", drop="../../..")


def test_nothing_to_deliver_is_an_error(project: Project, tmp_path: Path) -> None:
    """No matching file, no folder, no rule, no stand-in: each says what was expected."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(HouseboatError, match=r"no file in .* matches") as caught:
        deliver(project, tmp_path / "empty")
    assert "titles*.csv, cast.csv" in (caught.value.hint or "")
    with pytest.raises(HouseboatError, match="not a folder of files"):
        deliver(project, tmp_path / "none")
    bare = Project(root=tmp_path, name="p", manifest=None)
    with pytest.raises(HouseboatError, match=r"no \[\[seed\]\] rules"):
        deliver(bare, tmp_path)
    odd = Project(root=tmp_path, name="p", manifest=None, seeds=(SeedRule(("*.csv",), "https://other/x"),))
    with pytest.raises(HouseboatError, match=r"no \[web\] entry"):
        deliver(odd, project.root / "sample/drop-1")
