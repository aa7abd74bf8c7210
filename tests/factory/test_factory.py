"""The way in: loading, starting, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from factory_home import Home, activity

from houseboat.errors import RunFailed
from houseboat.factory.errors import FactoryError
from houseboat.runs import Status


def test_loading_a_factory_imports_nothing_heavy() -> None:
    """Neither an engine nor the libraries of single activities and functions."""
    heavy = "pyspark pyarrow pandas duckdb deltalake lxml lark tzlocal nbformat"
    code = f"import sys, houseboat.factory; print([name for name in {heavy.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_another_service_can_start_a_pipeline(home: Home) -> None:
    """As a starter it works inside the run that the switchboard opened."""
    home.pipeline([activity("Wait", "A", waitTimeInSeconds=0)], parameters={"n": {"type": "int"}})
    home.runs.register("factory", home.factory().starter(runs=home.runs, lake=home.lake, web=home.web))
    run = home.runs.launch("factory", "P", {"n": "3"})
    assert (run.status, run.output["pipelineName"]) == (Status.SUCCEEDED, "p")
    assert [child.name for child in home.runs.children(run.id)] == ["A"]


def test_a_pipeline_that_is_not_there_is_suggested(home: Home) -> None:
    """With the nearest name."""
    home.pipeline([], name="master")
    with pytest.raises(FactoryError, match="there is no pipeline named 'mastr'") as caught:
        home.factory().check("mastr")
    assert caught.value.hint == "did you mean 'master'?"


def test_expressions_know_the_run_and_its_trigger(home: Home) -> None:
    """System variables, global parameters, and what the trigger says of itself."""
    home.write("factory", "adf", {"globalParameters": {"env": {"type": "string", "value": "home"}}})
    text = "@{pipeline().DataFactory}/@{pipeline().Pipeline}/@{pipeline().globalParameters.env}/@{pipeline().TriggerType}/@{trigger().scheduledTime}"
    home.pipeline([activity("SetVariable", "S", variableName="v", value=text)], variables={"v": {"type": "String"}})
    trigger = {"name": "tr", "type": "ScheduleTrigger", "scheduledTime": "2026-01-01T00:00:00Z"}
    home.factory().run("p", {}, runs=home.runs, lake=home.lake, web=home.web, trigger=trigger)
    assert home.activities()["S"].output["value"] == "adf/p/home/ScheduleTrigger/2026-01-01T00:00:00Z"


def test_a_failed_run_says_where_the_guilty_activity_stands(home: Home) -> None:
    """Also when it is deep inside."""
    inner = activity("Fail", "F", message="no", errorCode="1")
    file = home.pipeline([activity("IfCondition", "I", expression=True, ifTrueActivities=[inner])])
    with pytest.raises(RunFailed) as caught:
        home.run()
    assert str(caught.value.place) == f"{file}, properties.activities[0].typeProperties.ifTrueActivities[0]"
    top = home.runs.recent(1)[0]
    assert top.status is Status.FAILED
    assert "Operation on target I failed" in top.error["message"]
