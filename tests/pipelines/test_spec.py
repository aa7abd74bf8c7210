"""A pipeline's settings: what is read, what is refused, what is warned about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from houseboat.pipelines.errors import PipelineSettingsError
from houseboat.pipelines.spec import read_spec


def entry(**more: Any) -> dict[str, Any]:
    """A pipeline of one file."""
    return {"name": "p", "catalog": "c", "schema": "s", "libraries": [{"file": {"path": "a.py"}}], **more}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Some source files."""
    for name in ("a.py", "src/x.py", "src/deep/y.ipynb", "src/readme.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")


def test_names_are_completed(tmp_path: Path) -> None:
    """One part gets catalog and schema, two the catalog; LIVE means the pipeline."""
    spec = read_spec("p", entry(target=None), folder=tmp_path)
    assert [spec.full_name(name) for name in ("T", "x.t", "k.x.t", "LIVE.t", "`t`")] == [
        "c.s.t", "c.x.t", "k.x.t", "c.s.t", "c.s.t",
    ]  # fmt: skip


def test_libraries_are_files_notebooks_and_globs(tmp_path: Path) -> None:
    """A glob takes sources in all folders below; a notebook may leave out its suffix; each file comes once."""
    libraries = [{"notebook": {"path": "a"}}, {"glob": {"include": "src/**"}}, {"file": {"path": "src/x.py"}}]
    spec = read_spec("p", entry(libraries=libraries), folder=tmp_path)
    assert [path.name for path in spec.files] == ["a.py", "y.ipynb", "x.py"]


def test_the_old_name_of_schema_is_target(tmp_path: Path) -> None:
    """``target`` serves where ``schema`` is absent."""
    assert read_spec("p", {**entry(target="old"), "schema": None}, folder=tmp_path).schema == "old"


def test_an_unknown_setting_is_warned_about(tmp_path: Path) -> None:
    """With the place and a near name."""
    with pytest.warns(UserWarning, match=r"resources\.pipelines\.p: unknown pipeline setting 'catalogue'.*'catalog'"):
        read_spec("p", entry(catalogue="x"), folder=tmp_path)


WRONG = {
    "libraries[0]": {"libraries": [{"jar": "x"}]},
    "libraries[1].file.path": {"libraries": [{"file": {"path": "a.py"}}, {"file": {"path": "none.py"}}]},
    "libraries[0].glob.include": {"libraries": [{"glob": {"include": "none/**"}}]},
    "libraries": {"libraries": []},
    "development": {"development": "yes"},
    "configuration.k": {"configuration": {"k": {"a": 1}}},
    "name": {"name": 7},
}


@pytest.mark.parametrize("at", WRONG)
def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path, at: str) -> None:
    """The error says where in the bundle."""
    with pytest.raises(PipelineSettingsError) as error:
        read_spec("p", entry(**WRONG[at]), folder=tmp_path, file=tmp_path / "databricks.yml")
    assert error.value.place is not None
    assert error.value.place.at == f"resources.pipelines.p.{at}"
