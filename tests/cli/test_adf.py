"""``houseboat adf eval`` and ``houseboat sample``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Command


def test_values_and_errors_come_in_order(say: Command, tmp_path: Path) -> None:
    """One answer a case: the value, or the words of the error; a failing case fails only itself."""
    cases = tmp_path / "cases.json"
    cases.write_text(
        json.dumps(
            [
                {"expression": "@concat('a', pipeline().parameters.p)", "context": {"parameters": {"p": "b"}}},
                {"expression": "@nonsense(1)", "context": {}},
                {"expression": "@add(1, 2)"},
            ]
        ),
        encoding="utf-8",
    )
    said = say("adf", "eval", "--cases", cases)
    assert said.code == 0
    first, second, third = said.json
    assert (first, third) == ({"value": "ab"}, {"value": 3})
    assert "nonsense" in second["error"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"context": {}}]'])
def test_files_that_hold_no_cases_are_named(say: Command, tmp_path: Path, text: str) -> None:
    """The file and what was expected."""
    cases = tmp_path / "cases.json"
    cases.write_text(text, encoding="utf-8")
    said = say("adf", "eval", "--cases", cases)
    assert said.code == 1
    assert str(cases) in said.err
    assert "JSON list" in said.err
    assert say("adf", "eval", "--cases", tmp_path / "none.json").code == 1


def test_a_sample_is_made_from_a_seed(say: Command, tmp_path: Path) -> None:
    """The same seed makes the same files, and --json tells what was made."""
    said = say("sample", tmp_path / "a", "--titles", 20, "--drops", 2, "--json")
    assert said.code == 0, said.err
    assert isinstance(said.json, dict)
    assert say("sample", tmp_path / "b", "--titles", 20, "--drops", 2).code == 0
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert any(path.parts[0] == "drop-2" for path in files)
    assert all((tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes() for one in files)
