from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from houseboat.errors import ProjectError
from houseboat.project import load_project

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, text: str) -> Path:
    """A project with this manifest and the usual folders."""
    for name in ("factory", "databricks", "sample"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "houseboat.toml").write_text(textwrap.dedent(text))
    return root


def test_everything_a_manifest_can_say(tmp_path: Path) -> None:
    """Each section ends up in the project, paths absolute."""
    root = write(
        tmp_path,
        """
        [project]
        name = "films"
        [main]
        job = "daily"
        parameters = { day = "2024-01-01" }
        [factory]
        path = "factory"
        [databricks]
        path = "databricks"
        target = "dev"
        catalog = "films"
        runtime = "15.4"
        jobs = { "77" = "daily" }
        notebooks = { "/x" = "y" }
        variables = { a = 1 }
        [engine]
        remote = "sc://host:15002"
        settings = { "spark.sql.shuffle.partitions" = 4 }
        [web]
        "https://h/x" = "state:github"
        [[seed]]
        files = ["*.csv"]
        into = "abfss://raw@st.dfs.core.windows.net/{drop}/"
        [sample]
        path = "sample"
        """,
    )
    project = load_project(root)
    assert (project.name, project.main, project.main_parameters) == ("films", ("job", "daily"), {"day": "2024-01-01"})
    assert (project.factory, project.databricks, project.sample) == (
        root / "factory",
        root / "databricks",
        root / "sample",
    )
    assert (project.target, project.catalog, project.remote) == ("dev", "films", "sc://host:15002")
    assert (project.jobs, project.notebooks, project.variables) == ({"77": "daily"}, {"/x": "y"}, {"a": "1"})
    assert project.settings == {"spark.sql.shuffle.partitions": "4"}
    assert project.seeds[0].files == ("*.csv",)
    assert project.place("state:github") == root / ".houseboat/github"
    assert project.place("x") == root / "x"


@pytest.mark.parametrize(
    ("runtime", "ansi"),
    [
        ('"17.3"', True),
        ('"18.0"', True),
        ('"16.4"', False),
        ('"15.4 LTS"', False),
        ('"15.4"\nansi = true', True),
        ('"17.3"\nansi = false', False),
    ],
)
def test_the_runtime_decides_ansi_mode_unless_it_is_said(tmp_path: Path, runtime: str, ansi: bool) -> None:
    """On since Databricks Runtime 17."""
    root = write(tmp_path, f"[databricks]\nruntime = {runtime}\n")
    assert load_project(root).ansi_mode is ansi


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[datbricks]\npath = 'x'", "unknown key 'datbricks'", "did you mean 'databricks'"),
        ("[databricks]\ncatalgo = 'x'", "unknown key 'databricks.catalgo'", "did you mean 'catalog'"),
        ("[main]\nzzz = 'x'", "unknown key 'main.zzz'", "known are"),
        ("[factory]\npath = 'none'", "path names no folder: 'none'", None),
        ("[[seed]]\nfiles = '*.csv'", "[[seed]] needs files", None),
        ("main = 5", "[main] must be a table", None),
        ("[main", "not valid TOML", None),
    ],
)
def test_a_wrong_manifest_is_named_with_its_place(tmp_path: Path, text: str, message: str, hint: str | None) -> None:
    """The message names the key, the place the file, the hint the nearest known key."""
    root = write(tmp_path, text)
    with pytest.raises(ProjectError) as caught:
        load_project(root)
    assert message in caught.value.message
    assert caught.value.place is not None
    assert caught.value.place.file == root / "houseboat.toml"
    assert hint is None or hint in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_a_project_without_a_manifest_is_found_by_its_folders(tmp_path: Path) -> None:
    """databricks.yml and pipeline/*.json are enough."""
    (tmp_path / "adf/pipeline").mkdir(parents=True)
    (tmp_path / "adf/pipeline/p.json").write_text("{}")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/databricks.yml").write_text("bundle: {name: x}")
    project = load_project(tmp_path)
    assert (project.factory, project.databricks, project.manifest) == (tmp_path / "adf", tmp_path / "bundle", None)


def test_a_manifest_may_lie_elsewhere(tmp_path: Path) -> None:
    """Its paths are relative to the project's folder, not to its own."""
    (tmp_path / "theirs/code").mkdir(parents=True)
    (tmp_path / "mine.toml").write_text("[databricks]\npath = 'code'\n")
    project = load_project(tmp_path / "theirs", tmp_path / "mine.toml")
    assert project.databricks == tmp_path / "theirs/code"
    with pytest.raises(ProjectError, match="there is no manifest"):
        load_project(tmp_path / "theirs", tmp_path / "none.toml")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Named as it was given."""
    with pytest.raises(ProjectError, match="none is not a folder"):
        load_project(tmp_path / "none")
