"""``houseboat seed``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import Command, write

if TYPE_CHECKING:
    import pytest


def test_a_drop_is_delivered_once(say: Command, project: Path) -> None:
    """Each file is listed with its size and place; what is there already is the same."""
    first = say("seed", project, "--drop", 1)
    assert first.code == 0
    assert first.out.split()[:2] == ["new", "people.csv"]
    assert "abfss://raw@account.dfs.core.windows.net/in/drop-1/people.csv" in first.out
    assert say("seed", project, "--drop", 1).out.split()[0] == "same"


def test_json_is_a_list_of_files(say: Command, project: Path) -> None:
    """File, address, size in bytes, and whether it is new."""
    assert say("seed", project, "--drop", 2, "--json").json == [
        {
            "file": "people.csv",
            "to": "abfss://raw@account.dfs.core.windows.net/in/drop-2/people.csv",
            "size": len("id,name\n3,Cy\n"),
            "new": True,
        }
    ]


def test_an_unknown_drop_names_those_there_are(say: Command, project: Path) -> None:
    """The message says which drops the sample has."""
    said = say("seed", project, "--drop", 9)
    assert said.code == 1
    assert "the sample has no drop 9" in said.err
    assert "there are: drop-1, drop-2" in said.err


def test_a_project_without_a_sample_has_no_drops(say: Command, tmp_path: Path) -> None:
    """The hint says none."""
    write(tmp_path, {"houseboat.toml": '[databricks]\npath = "."\n'})
    assert "there are: none" in say("seed", tmp_path, "--drop", 1).err


def test_drop_and_data_exclude_each_other(say: Command, project: Path) -> None:
    """One of them, not both."""
    said = say("seed", project, "--drop", 1, "--data", project)
    assert said.code == 2
    assert "either --drop NUMBER or --data FOLDER" in said.err


def test_a_folder_that_is_none_is_named(say: Command, project: Path) -> None:
    """A wrong --data is answered with the folder and the way out."""
    said = say("seed", project, "--data", project / "nowhere")
    assert said.code == 2
    assert "nowhere' does not exist" in said.err


def test_a_file_appears_whole_or_not_at_all(say: Command, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that is cut off leaves the file that was there, and the next delivery brings the new one."""
    assert say("seed", project, "--drop", 1).code == 0
    landed = next((project / ".houseboat" / "lake").rglob("people.csv"))
    before = landed.read_bytes()
    (project / "sample" / "drop-1" / "people.csv").write_text("id,name\n8,Hal\n", encoding="utf-8", newline="\n")

    def cut_off(source: object, _target: object) -> None:
        Path(str(source)).write_bytes(b"id,na")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("houseboat.seed.shutil.copyfile", lambda file, beside: cut_off(beside, file))
        assert say("seed", project, "--drop", 1).code == 130
    assert landed.read_bytes() == before
    assert say("seed", project, "--drop", 1).out.startswith("new ")
    assert landed.read_bytes() == b"id,name\n8,Hal\n"
