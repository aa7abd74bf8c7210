"""Bundles are read as the Databricks CLI reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.databricks.bundle import Bundle
from houseboat.databricks.errors import BundleError

if TYPE_CHECKING:
    from .conftest import Files

BASE = {
    "databricks.yml": """
    bundle:
      name: demo
    include:
      - resources/*.yml
    variables:
      catalog:
        default: main
      tables:
        type: complex
        default: [a, b]
      needed:
        description: no default
    targets:
      dev:
        default: true
        mode: development
        variables:
          needed: from target
        resources:
          jobs:
            load:
              tasks:
                - task_key: one
                  timeout_seconds: 60
                - task_key: three
                  notebook_task:
                    notebook_path: notebooks/three.py
      prod:
        mode: production
        variables:
          needed:
            default: prod value
          catalog: prod
    """,
    "resources/load.yml": """
    resources:
      jobs:
        load:
          name: load ${bundle.target}
          parameters:
            - name: catalog
              default: ${var.catalog}
          tasks:
            - task_key: one
              notebook_task:
                notebook_path: ../notebooks/one.py
                base_parameters:
                  tables: "x ${var.tables} ${var.needed}"
            - task_key: two
              pipeline_task:
                pipeline_id: ${resources.pipelines.gold.id}
      pipelines:
        gold:
          name: gold
          schema: ${resources.schemas.gold.name}
          libraries:
            - glob:
                include: ../pipelines/**
      schemas:
        gold:
          name: gold
          catalog_name: ${var.catalog}
    """,
    "notebooks/one.py": "# Databricks notebook source\n",
    "notebooks/three.py": "# Databricks notebook source\n",
}


def load(
    folder: Path, target: str | None = None, variables: dict[str, str] | None = None, **environment: str
) -> Bundle:
    """The bundle as a user of a fixed name sees it."""
    return Bundle.load(folder, target, variables, environment={"HOUSEBOAT_USER": "ann.b@example.com", **environment})


def test_includes_targets_and_references_make_one_tree(write: Files) -> None:
    """Tasks merge by key, paths resolve from the file that declares them, references take values."""
    root = write(BASE)
    job = load(root).jobs["load"]
    assert job["name"] == "[dev ann_b] load dev"
    one, two, three = job["tasks"]
    assert one["notebook_task"]["notebook_path"] == (root / "notebooks/one.py").as_posix()
    assert one["notebook_task"]["base_parameters"] == {"tables": 'x ["a", "b"] from target'}
    assert one["timeout_seconds"] == 60
    assert three["notebook_task"]["notebook_path"] == (root / "notebooks/three.py").as_posix()
    assert load(root).find("pipelines", two["pipeline_task"]["pipeline_id"]) == "gold"
    assert load(root).pipelines["gold"]["libraries"][0]["glob"]["include"] == f"{root.as_posix()}/pipelines/**"


def test_development_prefixes_names_that_stay_findable(write: Files) -> None:
    """A job is found by key, by either name, by id and by the id of the manifest's mapping."""
    root = write(BASE)
    bundle = Bundle.load(root, environment={"BUNDLE_VAR_needed": "x"}, job_ids={"620": "load"})
    for wanted in ("load", "load dev", bundle.jobs["load"]["name"], "620"):
        assert bundle.find("jobs", wanted) == "load"
    assert bundle.find("jobs", "nothing") is None
    assert load(root).pipelines["gold"]["schema"] == "dev_ann_b_gold"
    assert load(root).pipelines["gold"]["development"] is True
    assert load(root, "prod").pipelines["gold"]["schema"] == "gold"


@pytest.mark.parametrize(
    ("given", "environment", "file", "expected"),
    [
        ({"needed": "cli"}, {"BUNDLE_VAR_needed": "env"}, "file", "cli"),
        ({}, {"BUNDLE_VAR_needed": "env"}, "file", "env"),
        ({}, {}, "file", "file"),
        ({}, {}, None, "from target"),
    ],
)
def test_variables_come_from_the_first_of_cli_environment_file_target(
    write: Files, given: dict[str, str], environment: dict[str, str], file: str | None, expected: str
) -> None:
    """The documented order of precedence."""
    root = write(BASE)
    if file:
        write({".databricks/bundle/dev/variable-overrides.json": json.dumps({"needed": file})})
    assert load(root, None, given, **environment).variables["needed"] == expected


def test_a_variable_without_value_is_an_error_at_its_line(write: Files) -> None:
    """The message names the variable and how to set it."""
    root = write({"databricks.yml": "bundle:\n  name: x\nvariables:\n  a: {default: 1}\n  b: {description: none}\n"})
    with pytest.raises(BundleError, match="BUNDLE_VAR_b") as caught:
        load(root)
    assert caught.value.place is not None
    assert caught.value.place.line == 5


def test_unknown_keys_are_listed_and_wrong_types_refused(write: Files) -> None:
    """A misspelt key is a warning with its place; a list where a mapping belongs is an error with its place."""
    root = write(
        {
            "databricks.yml": """
            bundle:
              name: x
            resources:
              jobs:
                j:
                  taks: []
            """
        }
    )
    (warning,) = load(root).warnings
    assert "'taks'" in warning
    assert "databricks.yml:6" in warning
    write({"databricks.yml": "bundle:\n  name: x\nresources:\n  jobs:\n    j:\n      tasks: {a: b}\n"})
    with pytest.raises(BundleError, match=r"jobs\.j\.tasks: expected a list") as caught:
        load(root)
    assert caught.value.place is not None
    assert caught.value.place.line == 6


def test_a_reference_to_nothing_or_to_itself_is_an_error(write: Files) -> None:
    """Both carry the place of the reference."""
    root = write({"databricks.yml": "bundle:\n  name: x\nvariables:\n  a: {default: '${var.nope}'}\n"})
    with pytest.raises(BundleError, match=r"\$\{var.nope\} names nothing"):
        load(root)
    write(
        {"databricks.yml": "bundle:\n  name: x\nvariables:\n  a: {default: '${var.b}'}\n  b: {default: '${var.a}'}\n"}
    )
    with pytest.raises(BundleError, match="refers to itself"):
        load(root)


def test_a_resource_declared_twice_is_an_error_naming_both_places(write: Files) -> None:
    """Two files with the same job key."""
    root = write({**BASE, "resources/other.yml": "resources:\n  jobs:\n    load:\n      name: again\n"})
    with pytest.raises(BundleError, match="declared twice") as caught:
        load(root)
    assert "load.yml" in str(caught.value)
    assert "other.yml" in str(caught.value)


def test_an_unknown_target_lists_those_there_are(write: Files) -> None:
    """The hint helps."""
    with pytest.raises(BundleError, match="dev, prod"):
        load(write(BASE), "staging")


def test_broken_yaml_is_an_error_at_its_line(write: Files) -> None:
    """Not a traceback of the parser."""
    with pytest.raises(BundleError) as caught:
        load(write({"databricks.yml": "bundle:\n  name: [x\nfoo: bar\n"}))
    assert caught.value.place is not None
    assert caught.value.place.line is not None
