"""Wrong inputs, end to end through the command: what the user is told, and that nothing is left half-written."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from houseboat.cli.main import main
from tests.errors.small_project import BUNDLE, GOLD, MANIFEST, SECOND, activity, dataset, fetch, kept, pipeline, write

Given = Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[None]]


def _as_is(_folder: Path, _patch: pytest.MonkeyPatch) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Wrong:
    """One wrong input and the answer to it.

    ``files`` are written over the sound project's, ``given`` is what else is the case while ``command`` runs.
    ``error``: type and code of the failing step as ``houseboat status --json`` shows it, None where nothing was run.
    ``says``: what the printed message holds: the thing, what was expected; ``place``: where in which file; ``then``:
    the next step.
    """

    what: str
    command: tuple[str, ...]
    exit_code: int
    says: tuple[str, ...]
    place: str
    then: str
    error: tuple[str, str | None] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    given: Given = _as_is


@contextmanager
def _in_use(folder: Path, _patch: pytest.MonkeyPatch) -> Iterator[None]:
    from houseboat.workspace import Workspace

    with Workspace.open(folder) as workspace:
        workspace.exclusive()
        yield


@contextmanager
def _other_version(_folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setattr("houseboat.engine.embedded.version", lambda _name: "0.1.0")
    yield


@contextmanager
def _mute_port(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another program has the port: it takes connections and says nothing."""
    patch.setattr("houseboat.engine.session._PATIENCE", 0.5)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        _remote(folder, listening.getsockname()[1])
        yield


@contextmanager
def _closed_port(folder: Path, _patch: pytest.MonkeyPatch) -> Iterator[None]:
    with socket.socket() as bound:  # bound and not listening: nobody else gets it meanwhile
        bound.bind(("127.0.0.1", 0))
        _remote(folder, bound.getsockname()[1])
        yield


def _remote(folder: Path, port: int) -> None:
    (folder / "houseboat.toml").write_text(
        f'{MANIFEST}\n[engine]\nremote = "sc://127.0.0.1:{port}"\n', encoding="utf-8"
    )


def _state(folder: Path) -> Path:
    return folder / ".houseboat" / "lake" / "account" / "raw" / "state"


def _changed(part: str, change: Callable[[str], str]) -> Given:
    """While the command runs, the newest file of a part of the checkpoint holds something else."""

    @contextmanager
    def given(folder: Path, _patch: pytest.MonkeyPatch) -> Iterator[None]:
        place = _state(folder) / part
        file = place if place.is_file() else max(place.iterdir(), key=lambda one: int(one.name))
        sound = file.read_bytes()
        file.write_text(change(sound.decode()), encoding="utf-8", newline="\n")
        yield
        file.write_bytes(sound)

    return given


SECOND_NOTEBOOK = "databricks/notebooks/second.py"
GOLD_FILE = "databricks/pipelines/gold.py"
FACTORY = ("factory", "main")
JOB = ("job", "daily")
PIPELINE = ("pipeline", "gold")
IN_NOTEBOOK = "first.py:21, cell 3"

TABLE = [
    Wrong(
        "a file that Validation waits for never comes", FACTORY, 1,
        ("[ValidationTimeout]", "timed out after 0.00:00:01", "raw@account.dfs.core.windows.net/in/late.csv does not exist"),
        "main.json, properties.activities[0].typeProperties.dataset", "put the file there, or give the activity a longer timeout",
        ("ActivityError", "ValidationTimeout"),
        pipeline(activity("Validation", "Landed", dataset=dataset("ds_lake", file="late.csv"), timeout="0.00:00:01", sleep=1)),
    ),
    Wrong(
        "an HTTP source answers 404", FACTORY, 1,
        ("Operation on target Fetch failed", "404 (Not Found)", "https://files.example.com/no.csv"),
        "main.json, properties.activities[0]", "put the file at", ("ActivityError", "2200"), pipeline(fetch("no.csv")),
    ),
    Wrong(
        "an activity type that nobody knows", FACTORY, 2, ("activity 'A' has the unknown type 'Copie'",),
        "main.json, properties.activities[0].type", "did you mean 'Copy'?", ("FactoryError", "UnknownActivityType"),
        pipeline(activity("Copie")),
    ),
    Wrong(
        "an activity type that is a declared gap", FACTORY, 1, ("cannot run ExecuteDataFlow activities",),
        "main.json, properties.activities[0].type", "DatabricksNotebook", ("Unsupported", "UnsupportedActivity"),
        pipeline(activity("ExecuteDataFlow")),
    ),
    Wrong(
        "activities that wait for each other", FACTORY, 2, ("wait for each other in a circle: A -> B -> A",),
        "main.json, properties.activities[0]", "remove one of these dependencies", ("FactoryError", "CyclicActivities"),
        pipeline(
            activity("Wait", "A", after=("B",), waitTimeInSeconds=1), activity("Wait", "B", after=("A",), waitTimeInSeconds=1)
        ),
    ),
    Wrong(
        "a job id that maps to nothing", FACTORY, 1, ("Operation on target A failed", "there is no job '12345'", "daily"),
        "main.json, properties.activities[0].typeProperties.jobId", '[databricks] jobs = { "12345" = "<job>" }',
        ("JobError", None), pipeline(activity("DatabricksJob", jobId="12345")),
    ),
    Wrong(
        "a file of the factory that is no JSON", FACTORY, 2, ("not valid JSON", "Expecting property name"),
        "main.json:1", "houseboat status", ("FactoryError", None), {"factory/pipeline/main.json": '{"name": "main", '},
    ),
    Wrong(
        "a manifest with an unknown key", FACTORY, 2, ("unknown key 'factory.pth'",), "houseboat.toml, factory.pth",
        "did you mean 'path'?", None, {"houseboat.toml": MANIFEST.replace('path = "factory"', 'pth = "factory"')},
    ),
    Wrong(
        "a manifest with an engine that is none", ("sql", "select 1"), 2, ("'spark://host:7077' is no engine",),
        "houseboat.toml, engine.remote", "sc://host:15002", None,
        {"houseboat.toml": f'{MANIFEST}\n[engine]\nremote = "spark://host:7077"\n'},
    ),
    Wrong(
        "a task that depends on an unknown task", JOB, 2, ("task 'second' depends on 'frist'", "no task of the job"),
        "databricks.yml:11", "tasks: first, second", ("JobError", None),
        {"databricks/databricks.yml": BUNDLE.replace("[{task_key: first}]", "[{task_key: frist}]")},
    ),
    Wrong(
        "a notebook that raises", JOB, 1, ("task second failed", "notebook /notebooks/second, cell 2, line 7: ValueError: boom"),
        "second.py:7, cell 2", "executed notebook", ("NotebookFailed", None),
        {SECOND_NOTEBOOK: SECOND.replace("people.select", 'x = 1\nraise ValueError("boom")\npeople.select')},
    ),
    Wrong(
        "a notebook that is no Python", JOB, 1, ("cell 2, line 6: SyntaxError",), "second.py:6, cell 2", "executed notebook",
        ("NotebookFailed", None), {SECOND_NOTEBOOK: SECOND.replace("people.select", "people = = 1 #")},
    ),
    Wrong(
        "a notebook that reads a widget which nobody defined", JOB, 1, ("InputWidgetNotDefined", "No input widget named day is defined"),
        "second.py:6, cell 2", 'dbutils.widgets.text("day", "")', ("NotebookFailed", None),
        {SECOND_NOTEBOOK: SECOND.replace("people.select", 'dbutils.widgets.get("day")\npeople.select')},
    ),
    Wrong(
        "datasets that read each other", PIPELINE, 2, ("circle: main.default.a -> main.default.b -> main.default.a",),
        "gold.py:10", "break the circle", ("GraphError", "CYCLIC_PIPELINE"),
        {GOLD_FILE: GOLD + "\n".join(
            f"\n\n@dp.materialized_view\ndef {one}():\n    return spark.table('{other}')" for one, other in ("ab", "ba")
        )},
    ),
    Wrong(
        "an expectation on a column that is not there", PIPELINE, 2, ("the rule 'named' of main.default.people_view", "nmae"),
        "gold.py:4", "its columns: id, name", ("GraphError", None), {GOLD_FILE: GOLD.replace("name is", "nmae is")},
    ),
    Wrong(
        "a pipeline file that raises", PIPELINE, 2, ("the file raised ZeroDivisionError: division by zero",), "gold.py:2",
        "nothing was written", ("DefinitionError", None), {GOLD_FILE: GOLD.replace("\n", "\nx = 1 / 0\n", 1)},
    ),
    Wrong(
        "a flow that fails while it runs", PIPELINE, 1, ("flow main.default.people_view failed", "Cannot cast"), "gold.py:4",
        "try_cast", ("NumberFormatException", None),
        {GOLD_FILE: GOLD.replace('spark.table("main.default.people")', "spark.sql(\"select cast('x' as int) as name\")")},
    ),
    Wrong(
        "a checkpoint's offset file that was cut", JOB, 1, ("[CHECKPOINT_CORRUPT]", "state/offsets/", "not the JSON of an offset"),
        IN_NOTEBOOK, "put the file back from a copy, or delete the checkpoint folder", ("StreamingQueryException", "CHECKPOINT_CORRUPT"),
        given=_changed("offsets", lambda text: text[: len(text) - 20]),
    ),
    Wrong(
        "a checkpoint's offset file that is something else", JOB, 1, ("[CHECKPOINT_CORRUPT]", "expected 'v1' on the first line"),
        IN_NOTEBOOK, "put the file back from a copy", ("StreamingQueryException", "CHECKPOINT_CORRUPT"), given=_changed("offsets", lambda _text: "hello"),
    ),
    Wrong(
        "a checkpoint's metadata that is no JSON", JOB, 1, ("[CHECKPOINT_CORRUPT]", "state/metadata is damaged"),
        "first.py:", "start the stream from the beginning", ("NotebookFailed", None), given=_changed("metadata", lambda _text: "{"),
    ),
    Wrong(
        "an engine's port where nobody listens", ("sql", "select 1"), 1, ("[ENGINE_UNREACHABLE]", "no engine answers at sc://127.0.0.1:"),
        "houseboat.toml, engine.remote", 'set remote = "sail"', given=_closed_port,
    ),
    Wrong(
        "an engine's port that another program uses", JOB, 1, ("task first failed", "is no Spark Connect server"),
        "houseboat.toml, engine.remote", "another program may use the port", ("EngineError", "ENGINE_UNREACHABLE"), given=_mute_port,
    ),
    Wrong(
        "an engine of another version", ("sql", "select 1"), 1, ("[UNSUPPORTED_ENGINE_VERSION]", "pysail 0.1.0 is installed", "0.7.2"),
        "", "pip install pysail==0.7.2", given=_other_version,
    ),
    Wrong(
        "a second run while one runs", FACTORY, 1, ("[PROJECT_IN_USE]", "is being run by process"), "", "wait for it, or end it",
        given=_in_use,
    ),
    Wrong(
        "a name that the project does not have", ("pipeline", "silver"), 2, ("there is no pipeline 'silver'",), "", "the project has: gold",
        ("ProjectError", None),
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.what)
def test_wrong_input_is_named_placed_and_explained(
    wrong: Wrong, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names the thing, its place, what was expected and the next step; the lake is what it was."""
    before = kept(project)
    write(project, wrong.files)
    with wrong.given(project, monkeypatch):
        during = kept(project)
        code = main([wrong.command[0], str(project), *wrong.command[1:]])
        assert kept(project) == during
    told = capfd.readouterr().err
    assert code == wrong.exit_code, told
    assert "Traceback" not in told
    for text in (*wrong.says, wrong.place, wrong.then):
        assert text in told
    assert kept(project) == before
    if wrong.error is not None:
        assert _failed_step(project, capfd) == wrong.error


def _failed_step(project: Path, capfd: pytest.CaptureFixture[str]) -> tuple[str, str | None]:
    """Type and code of the newest run's failing step."""
    assert main(["status", str(project), "--json", "--runs", "1"]) == 0
    run: dict[str, Any] = json.loads(capfd.readouterr().out)["runs"][0]
    error = run["failed_step"]["error"]
    return error["type"], error["code"]


def test_json_holds_the_error_by_fields_and_the_exit_code_is_the_same(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A script reads type, code, place and hint without taking the text apart."""
    write(project, pipeline(activity("Copie")))
    assert main(["factory", str(project), "main", "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["type"], error["code"], error["hint"]) == (
        "FactoryError",
        "UnknownActivityType",
        "did you mean 'Copy'?",
    )
    assert error["place"].endswith("main.json, properties.activities[0].type")


def test_the_sound_project_still_runs_and_has_nothing_new(project: Path) -> None:
    """What the wrong inputs left behind hinders nothing: a plain run goes through and writes no table."""
    before = {name: digest for name, digest in kept(project).items() if "_delta_log" in name and "counted" not in name}
    assert main(["run", str(project)]) == 0
    assert main(["pipeline", str(project), "gold"]) == 0
    after = {name: digest for name, digest in kept(project).items() if "_delta_log" in name and "counted" not in name}
    assert after == before
