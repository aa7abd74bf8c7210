"""A small factory in a temporary folder, what it runs with, and short ways to write its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.factory import Factory

if TYPE_CHECKING:
    from houseboat.lake import Lake, WebSources
    from houseboat.runs import Json, Run, Runs

LAKE = "abfss://data@account.dfs.core.windows.net"
WEB = "https://files.example.com"


@dataclass
class Home:
    """A folder with a factory, a lake, a stand-in for the web and a record of runs."""

    folder: Path
    lake: Lake
    web: WebSources
    runs: Runs
    launched: list[tuple[str, str, Mapping[str, Json]]] = field(default_factory=list)

    def write(self, kind: str, name: str, properties: Mapping[str, Json]) -> Path:
        """Add a file to the factory."""
        file = self.folder / "factory" / kind / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"name": name, "properties": properties}), encoding="utf-8")
        return file

    def pipeline(self, activities: list[Json], name: str = "p", **properties: Json) -> Path:
        """Add a pipeline."""
        return self.write("pipeline", name, {"activities": activities, **properties})

    def put(self, path: str, text: str | bytes) -> Path:
        """Put a file into the lake's container ``data``."""
        place = self.lake.local(f"{LAKE}/{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def serve(self, path: str, text: str) -> None:
        """Put a file where the web is served from."""
        place = self.folder / "web" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())

    def read(self, path: str) -> str:
        """A file of the lake's container ``data``."""
        return self.lake.local(f"{LAKE}/{path}").read_bytes().decode()

    def factory(self) -> Factory:
        """The factory as it is now."""
        return Factory.load(self.folder / "factory")

    def run(self, name: str = "p", **parameters: Json) -> Mapping[str, Json]:
        """Run a pipeline."""
        return self.factory().run(name, parameters, runs=self.runs, lake=self.lake, web=self.web)

    def activities(self) -> dict[str, Run]:
        """The activity runs of the newest pipeline run, inner ones too, by name (the last attempt of each)."""
        found: dict[str, Run] = {}
        waiting = [self.runs.recent(1)[0]]
        while waiting:
            run = waiting.pop(0)
            children = self.runs.children(run.id)
            found.update({child.name: child for child in children if child.kind == "activity"})
            waiting.extend(children)
        return found


def recorder(kind: str, home: Home) -> Callable[[str, Mapping[str, Json], Run], Mapping[str, Json] | None]:
    """A starter that notes what it is asked to start; what is named 'broken' fails."""

    def start(name: str, parameters: Mapping[str, Json], run: Run) -> Mapping[str, Json] | None:
        home.launched.append((kind, name, dict(parameters)))
        if name == "broken":
            raise ValueError("division by zero in cell 3")
        return {"exit": '{"rows": 3}'} if kind == "notebook" else None

    return start


def lake_dataset(format_type: str) -> dict[str, Json]:
    """A dataset for any file of the lake."""
    settings: dict[str, Json] = {
        "location": {
            "type": "AzureBlobFSLocation",
            "fileSystem": "data",
            "folderPath": "@dataset().folder",
            "fileName": "@dataset().file",
        }
    }
    if format_type == "DelimitedText":
        settings |= {"columnDelimiter": ",", "escapeChar": '"', "quoteChar": '"', "firstRowAsHeader": True}
    parameters = {"folder": {"type": "string", "defaultValue": ""}, "file": {"type": "string", "defaultValue": ""}}
    link = {"referenceName": "ls_lake", "type": "LinkedServiceReference"}
    return {"type": format_type, "linkedServiceName": link, "parameters": parameters, "typeProperties": settings}


def web_dataset(format_type: str) -> dict[str, Json]:
    """A dataset for any file of the web."""
    settings: dict[str, Json] = {"location": {"type": "HttpServerLocation", "relativeUrl": "@dataset().url"}}
    if format_type == "DelimitedText":
        settings |= {"escapeChar": '"', "firstRowAsHeader": True}
    link = {"referenceName": "ls_web", "type": "LinkedServiceReference"}
    parameters = {"url": {"type": "string"}}
    return {"type": format_type, "linkedServiceName": link, "parameters": parameters, "typeProperties": settings}


def activity(
    kind: str, name: str = "A", *, after: Json = None, policy: Json = None, **settings: Json
) -> dict[str, Json]:
    """An activity's JSON. ``after``: ``{"B": ["Failed"]}``."""
    depends = [{"activity": one, "dependencyConditions": conditions} for one, conditions in (after or {}).items()]
    made: dict[str, Json] = {"name": name, "type": kind, "dependsOn": depends, "typeProperties": settings}
    return made if policy is None else {**made, "policy": policy}


def dataset(name: str, **parameters: Json) -> dict[str, Json]:
    """A reference to a dataset."""
    return {"referenceName": name, "type": "DatasetReference", "parameters": parameters}


def copy(
    inputs: Json, outputs: Json, name: str = "Copy", *, source: Json = None, sink: Json = None, **settings: Json
) -> dict[str, Json]:
    """A Copy's JSON; ``source`` and ``sink`` hold what goes there beside the type."""
    source_type = inputs["referenceName"].removeprefix("lake_").removeprefix("web_")
    sink_type = outputs["referenceName"].removeprefix("lake_")
    sides = {
        "source": {"type": f"{source_type}Source", **(source or {})},
        "sink": {"type": f"{sink_type}Sink", **(sink or {})},
    }
    return {**activity("Copy", name, **sides, **settings), "inputs": [inputs], "outputs": [outputs]}
