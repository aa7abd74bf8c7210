"""The documentation's code runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Every relative link and picture names a file of the repository."""
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_manifests_in_the_documentation_are_valid(tmp_path: Path) -> None:
    """A manifest that a reader copies loads."""
    from houseboat.project import load_project

    found = [block for page in PAGES for block in blocks(page, "toml")]
    assert found
    for number, block in enumerate(found):
        root = tmp_path / str(number)
        for section in tomllib.loads(block).values():
            if isinstance(section, dict) and "path" in section:
                (root / section["path"]).mkdir(parents=True)
        root.mkdir(exist_ok=True)
        (root / "houseboat.toml").write_text(block, encoding="utf-8")
        load_project(root)


def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    """Every command of the first tutorial succeeds, in its order, in a copy of the project."""
    shutil.copytree(REPOSITORY / "netflix", tmp_path / "netflix", ignore=shutil.ignore_patterns(".houseboat"))
    commands = "".join(blocks(REPOSITORY / "docs" / "tutorials" / "first-run.md", "console")).splitlines()
    assert len(commands) > 8
    for line in commands:
        words = shlex.split(line.removeprefix("$ "))
        assert words[0] == "houseboat"
        ended = subprocess.run(
            [sys.executable, "-m", "houseboat", *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"


def test_every_command_of_the_program_is_documented_with_an_example() -> None:
    """``--help`` of each verb holds an example, and the commands page names the verb."""
    from houseboat.cli.main import _VERBS

    page = (REPOSITORY / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for verb in _VERBS:
        shown = subprocess.run(
            [sys.executable, "-m", "houseboat", verb, "--help"], capture_output=True, text=True, check=True
        )
        assert "Example:" in shown.stdout, verb
        assert f"houseboat {verb}" in page, verb
