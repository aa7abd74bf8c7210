"""The support pages say what the runtime's tables say, and every gap stands in a table."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from houseboat.support import main, pages

PACKAGES = ("autoloader", "databricks", "delta", "engine", "pipelines", "streaming")


@pytest.mark.parametrize("name", ["data-factory.md", "support.md"])
def test_the_page_is_what_the_tables_say(repository: Path, name: str) -> None:
    """Written again it is the same; if not: ``python -m houseboat.support docs/reference``."""
    assert (repository / "docs" / "reference" / name).read_text(encoding="utf-8") == pages()[name]


def test_the_command_writes_every_page(tmp_path: Path) -> None:
    """Into the folder that it is given."""
    main(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(pages())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_gap_takes_its_advice_from_a_table(repository: Path, package: str) -> None:
    """``Unsupported(...)`` with advice written on the spot, or with none, would be missing from the page."""
    for file in sorted((repository / "src" / "houseboat" / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Unsupported":
                hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                assert hints, f"{file}:{node.lineno} gives no advice"
                assert not isinstance(hints[0], ast.Constant), f"{file}:{node.lineno} stands in no table"
