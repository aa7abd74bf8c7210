"""The table of verbs, and how errors end the command."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from houseboat.cli import main as module
from houseboat.errors import HouseboatError, ProjectError

if TYPE_CHECKING:
    from .conftest import Command

HEAVY = ("pyspark", "pysail", "pandas", "pyarrow", "duckdb", "deltalake", "nbformat", "lxml", "lark", "grpc")
VERBS = [[], *([verb] for verb in module._VERBS), ["adf", "eval"]]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: " ".join(verb) or "houseboat")
def test_help_shows_an_example_and_loads_nothing_heavy(verb: list[str]) -> None:
    """Every --help answers with an example; the libraries that take long to import stay out."""
    script = (
        "import sys; from houseboat.cli.main import main; code = main(sys.argv[1:]);"
        f"heavy = sorted({{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r}));"
        "print('heavy:', heavy); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *verb, "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout
    assert f"Example: houseboat {' '.join(verb)}" in done.stdout


def test_every_verb_is_listed_with_its_help(say: Command) -> None:
    """The list of commands is written once more for speed, and names every verb."""
    assert module._HELP.keys() == module._VERBS.keys()
    shown = say("--help").out
    assert all(verb in shown and text.split(":")[0] in shown for verb, text in module._HELP.items())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["run"], "Missing argument 'PROJECT'"),
        (["sql", ".", "select 1", "--limit", "many"], "'many' is not a valid integer"),
        (["sample", "x", "--titles", "0"], "0 is not in the range"),
        (["status", ".", "--no-such-option"], "No such option"),
        (["seed", "."], "--drop NUMBER or --data FOLDER"),
        (["adf", "eval"], "Missing option '--cases'"),
    ],
)
def test_wrong_usage_ends_with_2(say: Command, arguments: list[str], says: str) -> None:
    """What is wrong with the words of the command is said on standard error."""
    said = say(*arguments)
    assert (said.code, said.out) == (2, "")
    assert says in said.err


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def verb() -> None:
        raise error

    monkeypatch.setattr(module._Verbs, "get_command", lambda *_: click.Command("verb", callback=verb))


def test_a_bug_ends_with_3_and_asks_for_a_report(say: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no one foresaw is told as a bug, with the traceback."""
    _raising(monkeypatch, ZeroDivisionError("deep down"))
    said = say("status")
    assert said.code == 3
    assert "Traceback" in said.err
    assert "ZeroDivisionError: deep down" in said.err
    assert "this is a bug in Houseboat; please report it" in said.err


def test_ctrl_c_ends_with_130_and_says_what_is_whole(say: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever interrupts a run learns that the next one goes on from there; no traceback."""
    _raising(monkeypatch, KeyboardInterrupt())
    said = say("status")
    assert said.code == 130
    assert "interrupted; what was committed is whole, and the next run goes on from there" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("error", "code"), [(HouseboatError("no", hint="do it"), 1), (ProjectError("no", hint="do it"), 2)]
)
def test_errors_end_with_their_own_code(
    say: Command, monkeypatch: pytest.MonkeyPatch, error: HouseboatError, code: int
) -> None:
    """An error a user can act upon is printed with its next step and without a traceback."""
    _raising(monkeypatch, error)
    said = say("status")
    assert (said.code, said.out, said.err) == (code, "", "houseboat: no\n  next: do it\n")


def test_a_full_disk_is_told_as_such(say: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write for want of space is no bug, wherever it comes up."""
    _raising(monkeypatch, OSError(28, "No space left on device"))
    said = say("status")
    assert said.code == 1
    assert "the disk is full" in said.err


def test_a_reader_that_leaves_is_no_error(say: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is printed, and a closed pipe (as of `| head`) makes no traceback."""
    assert say("--version").out.startswith("houseboat, version ")
    monkeypatch.setattr(module.cli, "main", _closed_pipe)
    assert say("status").code == 0


def _closed_pipe(**_named: object) -> None:
    raise BrokenPipeError
