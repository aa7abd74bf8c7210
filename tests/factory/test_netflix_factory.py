"""The flagship's factory: Azure would accept its files, and they run at home."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from bicep_types import ResourceTypes

from houseboat.factory import Factory
from houseboat.factory.triggers import read_all
from houseboat.lake import Lake, WebSources
from houseboat.runs import Runs, Status

KINDS = {
    "pipeline": "Microsoft.DataFactory/factories/pipelines",
    "dataset": "Microsoft.DataFactory/factories/datasets",
    "linkedService": "Microsoft.DataFactory/factories/linkedservices",
    "trigger": "Microsoft.DataFactory/factories/triggers",
    "factory": "Microsoft.DataFactory/factories",
}
LOOKUPS = ("netflix_cast", "netflix_directors", "netflix_countries", "netflix_category")
WAREHOUSE = "stnetflixlake.dfs.core.windows.net"


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    """The flagship's factory."""
    return repository / "netflix" / "factory"


@pytest.fixture(scope="module")
def types(shared: Path) -> ResourceTypes:
    """Azure's description of Data Factory's resources."""
    return ResourceTypes(shared / "schemas" / "azure" / "microsoft.datafactory" / "2018-06-01" / "types.json")


def test_azure_knows_every_property_of_every_file(folder: Path, types: ResourceTypes) -> None:
    """No unknown property, no missing one, no wrong value, in any file."""
    problems = {}
    for kind, resource_type in KINDS.items():
        for file in sorted((folder / kind).glob("*.json")):
            body = json.loads(file.read_text(encoding="utf-8"))
            assert body["name"] == file.stem
            described = {**body, "apiVersion": "2018-06-01", "type": resource_type}
            if found := types.problems(resource_type, described):
                problems[file.name] = found
    assert problems == {}


def test_the_check_finds_an_unknown_property_and_an_unknown_activity(folder: Path, types: ResourceTypes) -> None:
    """The schema check is able to fail."""
    body = json.loads((folder / "pipeline" / "master.json").read_text(encoding="utf-8"))
    body |= {"apiVersion": "2018-06-01", "type": KINDS["pipeline"]}
    misspelt, unknown = copy.deepcopy(body), copy.deepcopy(body)
    misspelt["properties"]["activities"][0]["policy"]["retries"] = 1
    unknown["properties"]["activities"][2]["typeProperties"]["activities"][0]["type"] = "Kopie"
    assert types.problems(KINDS["pipeline"], misspelt) == [".properties.activities[0].policy.retries: unknown property"]
    assert "unknown type 'Kopie'" in types.problems(KINDS["pipeline"], unknown)[0]


def test_the_files_check_out(folder: Path) -> None:
    """References, expressions and dependencies of every pipeline are in order."""
    factory = Factory.load(folder)
    for name in factory.names:
        factory.check(name)
    assert [trigger.fires(trigger.next(trigger.start.astimezone())[0], factory.definitions)[0].pipeline
            for trigger in read_all(factory.definitions)] == ["master"]  # fmt: skip


def test_master_copies_the_lookups_byte_by_byte_and_starts_the_job(folder: Path, tmp_path: Path) -> None:
    """GitHub -> bronze for all four files, then one job; everything is on record."""
    github, api = tmp_path / "github", tmp_path / "api"
    github.mkdir()
    (api / "repos" / "houseboat-lakehouse").mkdir(parents=True)
    (api / "repos" / "houseboat-lakehouse" / "netflix-lookups").write_text('{"id": 1, "pushed_at": "2026-01-01"}')
    contents = {name: f"\ufeffshow_id,value\r\n1,{name}\r\n".encode() for name in LOOKUPS}
    for name, content in contents.items():
        (github / f"{name}.csv").write_bytes(content)
    lake = Lake(tmp_path / "lake")
    drop = lake.local(f"abfss://raw@{WAREHOUSE}/titles/drop-1")
    drop.mkdir(parents=True)
    base = "https://raw.githubusercontent.com/houseboat-lakehouse/netflix-lookups/main"
    web = WebSources({base: github, "https://api.github.com": api})
    runs, started = Runs(tmp_path / "runs.db"), []
    runs.register("job", lambda name, parameters, _run: started.append((name, dict(parameters))))

    output = Factory.load(folder).run("master", runs=runs, lake=lake, web=web)

    assert output["pipelineName"] == "master"
    assert started == [("620187453021", {})]
    for name, content in contents.items():
        assert lake.local(f"abfss://bronze@{WAREHOUSE}/{name}/{name}.csv").read_bytes() == content
    top = runs.children(runs.recent(1)[0].id)
    assert {run.name: run.status for run in top} == dict.fromkeys(
        ("RepositoryMetadata", "TitlesHaveLanded", "ForEachLookup", "Lakehouse"), Status.SUCCEEDED
    )
    copies = runs.children(next(run.id for run in top if run.name == "ForEachLookup"))
    assert sum(run.output["dataWritten"] for run in copies) == sum(map(len, contents.values()))
    assert sorted(run.input["item"]["folder"] for run in copies) == sorted(LOOKUPS)
