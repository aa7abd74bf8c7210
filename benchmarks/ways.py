"""The three ways that are compared: how each is prepared, called, and asked for its final figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Measurement, measure
from rules import Record

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent / "netflix"
SPARK_PACKAGES = ("pyspark==4.0.4", "delta-spark==4.0.1")


@dataclass(frozen=True)
class Place:
    """Where things are for one run: tools that are kept, the data, and a work folder that is new."""

    cache: Path
    data: Path
    work: Path


Way = Callable[[Place], tuple[Measurement, Record]]


def handwritten(place: Place) -> tuple[Measurement, Record]:
    """DuckDB and delta-rs, in this Python."""
    command = [sys.executable, str(HERE / "handwritten.py"), str(place.data), str(place.work / "lake")]
    taken = measure(command, place.work, place.work / "errors.log")
    return taken, _printed(taken)


def spark(place: Place) -> tuple[Measurement, Record]:
    """Apache Spark local[2] from PyPI, in a virtual environment of its own."""
    python, jars = _spark_python(place.cache), place.cache / "jars"
    if not list(jars.glob("io.delta_delta-spark*.jar")):
        jars.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(python), str(HERE / "spark_local.py"), "--jars", str(jars)], check=True)
    script = [str(HERE / "spark_local.py"), str(place.data), str(place.work / "lake"), str(jars)]
    taken = measure([str(python), *script], place.work, place.work / "errors.log")
    return taken, _printed(taken)


def _spark_python(cache: Path) -> Path:
    """The interpreter of the environment that holds Spark; made on first use."""
    folder = cache / "spark"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "ready.json"
    if not ready.exists() or json.loads(ready.read_text()) != list(SPARK_PACKAGES):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *SPARK_PACKAGES], check=True)
        ready.write_text(json.dumps(SPARK_PACKAGES))
    return python


def _printed(taken: Measurement) -> Record:
    """The record on the last line of a rival's output."""
    lines = taken.output.strip().splitlines()
    if taken.code or not lines:
        return Record()
    found = json.loads(lines[-1])
    return Record(layers=found["layers"], figures=found["figures"])


HOUSEBOAT_FIGURES = {
    "bronze_titles": "count(*) from bronze.netflix_titles",
    "silver_titles": "count(*) from silver.netflix_titles",
    "silver_cast": "count(*) from silver.netflix_cast",
    "silver_directors": "count(*) from silver.netflix_directors",
    "silver_countries": "count(*) from silver.netflix_countries",
    "silver_category": "count(*) from silver.netflix_category",
    "quarantine": "count(*) from silver.quarantine",
    "dim_title": "count(*) from gold.dim_title",
    "dim_person": "count(*) from gold.dim_person",
    "dim_genre": "count(*) from gold.dim_genre",
    "dim_country": "count(*) from gold.dim_country",
    "bridge_person": "count(*) from gold.bridge_title_person",
    "bridge_genre": "count(*) from gold.bridge_title_genre",
    "bridge_country": "count(*) from gold.bridge_title_country",
    "fact": "count(*) from gold.fact_title_added",
    "minutes": "sum(duration_minutes) from gold.fact_title_added",
    "seasons": "sum(duration_seasons) from gold.fact_title_added",
}


def houseboat(place: Place) -> tuple[Measurement, Record]:
    """``houseboat run`` on a copy of the flagship project."""
    command = str(Path(sys.executable).with_name("houseboat"))
    project = place.work / "netflix"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".houseboat"))
    without_maintenance(project / "houseboat.toml")
    run = [command, "run", str(project), "--data", str(place.data), "--json"]
    taken = measure(run, place.work, place.work / "errors.log")
    if taken.code:
        return taken, Record()
    query = " union all ".join(f"select '{name}' as name, {what}" for name, what in HOUSEBOAT_FIGURES.items())
    asked = subprocess.run(
        [command, "sql", str(project), query.replace(" from ", " as value from "), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    figures = {row["name"]: int(row["value"]) for row in json.loads(asked.stdout)}
    return taken, Record(layers=_layers(json.loads(taken.output)), figures=figures)


def without_maintenance(manifest: Path) -> None:
    """The weekly OPTIMIZE and VACUUM, which the rivals do not do, fall on no day: the bundle's variable says so."""
    text = manifest.read_text(encoding="utf-8")
    head = "[databricks]\n"
    manifest.write_text(
        text.replace(head, f'{head}variables = {{ maintenance_weekday = "never" }}\n'), encoding="utf-8"
    )


def _layers(summary: dict[str, Any]) -> dict[str, float]:
    """Seconds of each task of the job, and of each factory activity that started no job."""
    return {step["name"]: round(step["seconds"], 2) for step in _steps(summary["runs"])}


def _steps(run: dict[str, Any]) -> Iterator[dict[str, Any]]:
    below = [step for child in run.get("runs", []) for step in _steps(child)]
    if run["kind"] == "task" or (run["kind"] == "activity" and not below):
        yield run
    else:
        yield from below


WAYS: dict[str, Way] = {"handwritten": handwritten, "spark": spark, "houseboat": houseboat}
