"""Wrong inputs get errors that name the thing, its place, and the next step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from factory_home import Home, activity, copy, dataset

from houseboat.errors import HouseboatError, RunFailed
from houseboat.factory import Factory
from houseboat.factory.errors import FactoryError

if TYPE_CHECKING:
    from houseboat.runs import Json

PIPELINE = {"type": "PipelineReference"}

BEFORE: list[tuple[str, list[Json], str, str, str]] = [
    ("an unknown activity type", [activity("Kopy", "A")], "activity 'A' has the unknown type 'Kopy'", "properties.activities[0].type", "did you mean 'Copy'?"),
    ("an unknown activity type in a branch", [activity("IfCondition", "I", expression=True, ifTrueActivities=[activity("X", "A")])], "unknown type 'X'", "properties.activities[0].typeProperties.ifTrueActivities[0].type", "documentation"),
    ("activities in a circle", [activity("Wait", "A", after={"B": ["Succeeded"]}), activity("Wait", "B", after={"A": ["Succeeded"]})], "wait for each other in a circle: A -> B -> A", "properties.activities[0]", "remove one"),
    ("a dependency on nothing", [activity("Wait", "A", after={"Bb": ["Succeeded"]}), activity("Wait", "B")], "activity 'A' depends on 'Bb', which is not beside it", "properties.activities[0].dependsOn[0]", "did you mean 'B'?"),
    ("an unknown condition", [activity("Wait", "A"), activity("Wait", "B", after={"A": ["Done"]})], "'Done' is not a dependency condition", "properties.activities[1].dependsOn[0]", "Succeeded, Failed"),
    ("two of one name", [activity("Wait", "A"), activity("Wait", "a")], "two activities are named 'a'", "properties.activities[1].name", "activities[0]"),
    ("a missing dataset", [activity("Lookup", "A", dataset=dataset("lake_Binry"))], "there is no dataset named 'lake_Binry'", "properties.activities[0].typeProperties.dataset", "did you mean 'lake_Binary'?"),
    ("a missing pipeline", [activity("ExecutePipeline", "A", pipeline={"referenceName": "q", **PIPELINE})], "there is no pipeline named 'q'", "properties.activities[0].typeProperties.pipeline", "pipeline/q.json"),
    ("a bad expression", [activity("Wait", "A", waitTimeInSeconds={"value": "@add(1, 'x", "type": "Expression"})], "Unable to parse expression 'add(1, 'x'", "properties.activities[0].typeProperties.waitTimeInSeconds.value", "single quotes"),
    ("an unknown variable", [activity("SetVariable", "A", variableName="w", value=1)], "there is no variable 'w'", "properties.activities[0].typeProperties.variableName", "declare it"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("activities", "message", "at", "hint"), [case[1:] for case in BEFORE], ids=[case[0] for case in BEFORE]
)
def test_what_is_wrong_in_the_files_is_found_before_anything_runs(
    home: Home, activities: list[Json], message: str, at: str, hint: str
) -> None:
    """The error has the file and the JSON path, and no activity has a run."""
    file = home.pipeline(activities)
    with pytest.raises(HouseboatError, match=re.escape(message)) as caught:
        home.run()
    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.at) == (file, at)
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code in (1, 2)
    assert home.activities() == {}


def test_pipelines_that_start_each_other_in_a_circle_are_refused(home: Home) -> None:
    """The whole circle is shown."""
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        home.pipeline([activity("ExecutePipeline", "X", pipeline={"referenceName": other, **PIPELINE})], name=name)
    with pytest.raises(FactoryError, match="start each other in a circle: a -> b -> c -> a"):
        home.factory().check("a")


def test_a_variable_cannot_be_made_from_itself(home: Home) -> None:
    """As in Data Factory, with its words."""
    home.pipeline(
        [activity("SetVariable", "A", variableName="v", value="@concat(variables('V'), 'x')")],
        variables={"v": {"type": "String"}},
    )
    with pytest.raises(FactoryError, match="self referencing variable"):
        home.factory().check("p")


def test_an_activity_sees_only_what_has_ended_before_it(home: Home) -> None:
    """As at publishing in Azure: what is not upstream cannot be read, what is further up can."""
    text = "@{activity('C').status}"
    chain = [activity("Wait", "C"), activity("Wait", "B", after={"C": ["Completed"]})]
    reader = activity("IfCondition", "I", after={"B": ["Succeeded"]}, expression=True,
                      ifTrueActivities=[activity("Fail", "F", message=text, errorCode="1")])  # fmt: skip
    home.pipeline([*chain, reader])
    home.factory().check("p")
    file = home.pipeline([*chain, activity("Fail", "F", message=text, errorCode="1")])
    with pytest.raises(FactoryError, match="The output of activity 'c' can't be referenced") as caught:
        home.factory().check("p")
    assert str(caught.value.place) == f"{file}, properties.activities[2].typeProperties"


def test_a_file_that_never_lands_ends_the_validation(home: Home) -> None:
    """The address and the timeout stand in the error."""
    home.pipeline(
        [activity("Validation", "V", dataset=dataset("lake_Binary", folder="in", file="a.csv"), timeout="0.00:00:00")]
    )
    with pytest.raises(RunFailed) as caught:
        home.run()
    assert caught.value.message.startswith(
        "Operation on target V failed: The validation timed out after 0.00:00:00: "
        "abfss://data@account.dfs.core.windows.net/in/a.csv does not exist"
    )
    error = home.activities()["V"].error
    assert error["errorCode"] == "ValidationTimeout"
    assert "properties.activities[0].typeProperties.dataset" in error["place"]


def test_a_404_names_the_address_and_the_status(home: Home) -> None:
    """For a Copy and for a WebActivity."""
    missing = copy(dataset("web_Binary", url="no.csv"), dataset("lake_Binary", file="x"), "C")
    home.pipeline([missing, activity("WebActivity", "W", method="GET", url="https://files.example.com/no")])
    with pytest.raises(RunFailed) as caught:
        home.run()
    first, second = caught.value.message.split("\n")
    assert "HttpStatusCode 404 (Not Found) indicates failure. Request URL: https://files.example.com/no.csv" in first
    assert "'https://files.example.com/no'. Response status code: '404 - Not Found'" in second
    assert home.activities()["C"].error["errorCode"] == "2200"
    assert list(home.lake.root.rglob("x")) == []


def test_a_missing_source_file_is_named(home: Home) -> None:
    """By its address in the lake."""
    home.pipeline([copy(dataset("lake_Binary", folder="in", file="a"), dataset("lake_Binary", file="x"), "C")])
    with pytest.raises(RunFailed, match=r"UserErrorFileNotFound.*abfss://data@account.dfs.core.windows.net/in/a"):
        home.run()


def test_a_bad_expression_at_run_time_names_property_and_activity(home: Home) -> None:
    """What only shows when it runs is the activity's failure."""
    home.pipeline(
        [activity("Wait", "A", waitTimeInSeconds="@pipeline().parameters.n")], parameters={"m": {"type": "int"}}
    )
    with pytest.raises(RunFailed, match=re.escape("property 'n' doesn't exist, available properties are 'm'")):
        home.run(m=1)
    assert home.activities()["A"].error["errorCode"] == "InvalidTemplate"
    assert "activities[0].typeProperties.waitTimeInSeconds" in home.activities()["A"].error["place"]


def test_a_failing_job_fails_the_activity(home: Home) -> None:
    """Its own message arrives."""
    home.pipeline([activity("DatabricksJob", "J", jobId="broken")])
    with pytest.raises(RunFailed, match="division by zero in cell 3"):
        home.run()


def test_a_declared_gap_says_what_to_do_instead(home: Home) -> None:
    """Known to Azure, not to Houseboat: by name, when it is its turn."""
    home.pipeline([activity("Script", "S")])
    with pytest.raises(RunFailed, match=r"Houseboat cannot run Script activities .*Inactive"):
        home.run()


def test_an_argument_that_nobody_declares_is_refused(home: Home) -> None:
    """And one that is missing, and one of the wrong type."""
    home.pipeline([], parameters={"n": {"type": "int"}})
    with pytest.raises(FactoryError, match="pipeline 'p' has no parameter 'm'"):
        home.run(m=1)
    with pytest.raises(FactoryError, match="needs a value for its parameter 'n'"):
        home.run()
    with pytest.raises(FactoryError, match="declared as int and was given a value of type 'String'"):
        home.run(n="many")


def test_a_file_that_is_not_json_is_named_with_its_line(home: Home) -> None:
    """Before anything else."""
    file = home.folder / "factory" / "pipeline" / "bad.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text('{\n "name": ,\n}')
    with pytest.raises(FactoryError, match="not valid JSON") as caught:
        home.factory()
    assert str(caught.value.place) == f"{file}:2"


def test_a_folder_without_pipelines_is_no_factory(home: Home) -> None:
    """The hint says what was expected."""
    with pytest.raises(FactoryError, match="no pipeline"):
        Factory.load(home.folder / "factory")
