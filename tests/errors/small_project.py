"""A small project that uses every service, and the pieces that a test breaks in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RAW = "abfss://raw@account.dfs.core.windows.net"

MANIFEST = """
[project]
name = "small"

[main]
factory = "main"

[factory]
path = "factory"

[databricks]
path = "databricks"
catalog = "main"
jobs = { "77" = "daily" }

[web]
"https://files.example.com" = "web"
"""

BUNDLE = """
bundle: {name: small}
resources:
  jobs:
    daily:
      name: daily
      tasks:
        - task_key: first
          notebook_task: {notebook_path: notebooks/first.py}
        - task_key: second
          depends_on: [{task_key: first}]
          notebook_task: {notebook_path: notebooks/second.py}
  pipelines:
    gold:
      name: gold
      catalog: main
      schema: default
      libraries:
        - file: {path: pipelines/gold.py}
"""

FIRST = """# Databricks notebook source
dbutils.widgets.text("folder", "in")

# COMMAND ----------

stream = (
    spark.readStream.format("cloudFiles")
    .option("cloudFiles.format", "csv")
    .option("cloudFiles.schemaLocation", "abfss://raw@account.dfs.core.windows.net/state")
    .option("header", "true")
    .load("abfss://raw@account.dfs.core.windows.net/" + dbutils.widgets.get("folder"))
)

# COMMAND ----------

query = (
    stream.writeStream.option("checkpointLocation", "abfss://raw@account.dfs.core.windows.net/state")
    .trigger(availableNow=True)
    .toTable("main.default.people")
)
query.awaitTermination()
"""

SECOND = """# Databricks notebook source
people = spark.table("main.default.people")

# COMMAND ----------

people.selectExpr("count(*) as people").write.format("delta").mode("overwrite").saveAsTable("main.default.counted")
"""

GOLD = """from pyspark import pipelines as dp


@dp.materialized_view
@dp.expect("named", "name is not null")
def people_view():
    return spark.table("main.default.people")
"""


def dataset(name: str, **parameters: Any) -> dict[str, Any]:
    """A reference to a dataset."""
    return {"referenceName": name, "type": "DatasetReference", "parameters": parameters}


def activity(kind: str, name: str = "A", *, after: tuple[str, ...] = (), **settings: Any) -> dict[str, Any]:
    """An activity's JSON; ``after``: what it depends on."""
    depends = [{"activity": one, "dependencyConditions": ["Succeeded"]} for one in after]
    return {"name": name, "type": kind, "dependsOn": depends, "typeProperties": settings}


def fetch(file: str) -> dict[str, Any]:
    """A Copy of one file from the web to the lake."""
    sides = {"source": {"type": "BinarySource"}, "sink": {"type": "BinarySink"}}
    ends = {"inputs": [dataset("ds_web", file=file)], "outputs": [dataset("ds_lake", file=file)]}
    return {**activity("Copy", "Fetch", **sides), **ends}


def pipeline(*activities: Mapping[str, Any]) -> dict[str, str]:
    """The project's factory pipeline with other activities."""
    return {"factory/pipeline/main.json": json.dumps({"name": "main", "properties": {"activities": activities}})}


def _resource(kind: str, settings: Mapping[str, Any], **more: Any) -> str:
    return json.dumps({"properties": {"type": kind, "typeProperties": settings, **more}})


def _linked(name: str) -> dict[str, Any]:
    return {"referenceName": name, "type": "LinkedServiceReference"}


_FILE = {"file": {"type": "string"}}
_LAKE = {"type": "AzureBlobFSLocation", "fileSystem": "raw", "folderPath": "in", "fileName": "@dataset().file"}
_WEB = {"type": "HttpServerLocation", "relativeUrl": "@dataset().file"}

SOUND: dict[str, str] = {
    "houseboat.toml": MANIFEST,
    "databricks/databricks.yml": BUNDLE,
    "databricks/notebooks/first.py": FIRST,
    "databricks/notebooks/second.py": SECOND,
    "databricks/pipelines/gold.py": GOLD,
    "web/people.csv": "id,name\n1,Ann\n2,Bo\n",
    "factory/linkedService/ls_lake.json": _resource("AzureBlobFS", {"url": "https://account.dfs.core.windows.net"}),
    "factory/linkedService/ls_web.json": _resource(
        "HttpServer", {"url": "https://files.example.com/", "authenticationType": "Anonymous"}
    ),
    "factory/dataset/ds_lake.json": _resource(
        "Binary", {"location": _LAKE}, linkedServiceName=_linked("ls_lake"), parameters=_FILE
    ),
    "factory/dataset/ds_web.json": _resource(
        "Binary", {"location": _WEB}, linkedServiceName=_linked("ls_web"), parameters=_FILE
    ),
    **pipeline(fetch("people.csv"), activity("DatabricksJob", "Load", after=("Fetch",), jobId="77")),
}
"""The files of the project as they should be: path -> text. Its main run fetches, loads and counts people."""


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write the project: sound, but for these files."""
    for name, text in {**SOUND, **files}.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")


def kept(root: Path) -> dict[str, str]:
    """Everything in the lake: path -> digest of the content. Lock files say nothing and are left out."""
    lake = root / ".houseboat" / "lake"
    return {
        path.relative_to(lake).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(lake.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
