"""Each type of activity by its documented behaviour."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from factory_home import Home, activity, dataset

from houseboat.errors import RunFailed
from houseboat.factory.activities import ACTIVITIES, Call
from houseboat.runs import Json, Status


def set_variable(name: str, value: Json, *, into: str = "v", after: Json = None) -> Json:
    """A SetVariable."""
    return activity("SetVariable", name, after=after, variableName=into, value=value)


FAIL = activity("Fail", "Broken", message="no", errorCode="7")


def test_for_each_runs_once_per_element_each_with_its_item(home: Home) -> None:
    """Parallel iterations each see their own element."""
    append = activity("AppendVariable", "Add", variableName="v", value="@concat(item().name, '!')")
    home.pipeline(
        [activity("ForEach", "Each", items="@pipeline().parameters.list", activities=[append])],
        parameters={"list": {"type": "array"}}, variables={"v": {"type": "Array"}},
    )  # fmt: skip
    home.run(list=[{"name": name} for name in "abcdef"])
    each = home.activities()["Each"]
    added = [run.output["value"] for run in home.runs.children(each.id)]
    assert each.output == {"ItemsCount": 6}
    assert sorted(max(added, key=len)) == ["a!", "b!", "c!", "d!", "e!", "f!"]


def test_for_each_runs_at_most_as_many_at_once_as_it_says(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """``batchCount`` two: two do run together, never three."""
    together: list[int] = []
    running, lock, pair = [0], threading.Lock(), threading.Barrier(2, timeout=20)

    class Counted:
        OWN: tuple[str, ...] = ()

        def run(self, _call: Call) -> dict[str, Json]:
            with lock:
                running[0] += 1
                together.append(running[0])
            pair.wait()
            with lock:
                running[0] -= 1
            pair.wait()
            return {}

    monkeypatch.setitem(ACTIVITIES, "Wait", Counted())
    home.pipeline(
        [activity("ForEach", "E", items=["a", "b", "c", "d"], batchCount=2, activities=[activity("Wait", "W")])]
    )
    home.run()
    assert max(together) == 2


def test_a_failing_iteration_does_not_stop_the_others(home: Home) -> None:
    """All run, then the whole fails with the inner activity's name."""
    check = activity("IfCondition", "Check", expression="@equals(item(), 1)", ifTrueActivities=[FAIL])
    home.pipeline([activity("ForEach", "E", items="@createArray(1, 2, 3)", isSequential=True, activities=[check])])
    with pytest.raises(RunFailed) as caught:
        home.run()
    error = home.activities()["E"].error
    assert error["errorCode"] == "ActionFailed"
    assert error["message"].startswith("Activity failed because an inner activity failed; Inner activity name: Check,")
    assert caught.value.message == f"Operation on target E failed: {error['message']}"
    assert len(home.runs.children(home.activities()["E"].id)) == 3


def test_for_each_over_something_else_fails(home: Home) -> None:
    """Text is no array."""
    home.pipeline([activity("ForEach", "E", items="@string('abc')", activities=[])])
    with pytest.raises(RunFailed, match="expects an array, and was given a value of type 'String'"):
        home.run()


@pytest.mark.parametrize(("value", "ran"), [(True, "Yes"), (False, "No"), ("true", "Yes")])
def test_if_takes_one_branch_and_leaves_the_other_alone(home: Home, value: Json, ran: str) -> None:
    """The branch not taken is not even evaluated."""
    bad = "@pipeline().parameters.missing"
    yes, no = ("taken", bad) if ran == "Yes" else (bad, "taken")
    home.pipeline(
        [activity("IfCondition", "If", expression="@pipeline().parameters.p",
                  ifTrueActivities=[set_variable("Yes", yes)], ifFalseActivities=[set_variable("No", no)])],
        parameters={"p": {"type": "object"}} if isinstance(value, str) else {"p": {"type": "bool"}},
        variables={"v": {"type": "String"}},
    )  # fmt: skip
    home.run(p=f'"{value}"' if isinstance(value, str) else value)
    assert set(home.activities()) == {"If", ran}


def test_switch_compares_text_and_case_counts(home: Home) -> None:
    """A number is compared as text; what matches nothing goes to the default."""

    def cases() -> Json:
        return [{"value": "1", "activities": [set_variable("One", "1")]}, {"value": "A", "activities": [FAIL]}]

    default = [set_variable("Default", "d")]
    home.pipeline(
        [activity("Switch", "S", on="@add(0, 1)", cases=cases(), defaultActivities=[]),
         activity("Switch", "T", on="a", cases=[], defaultActivities=default)],
        variables={"v": {"type": "String"}},
    )  # fmt: skip
    home.run()
    assert set(home.activities()) == {"S", "T", "One", "Default"}


def test_until_looks_after_each_pass_and_sees_what_happened_inside(home: Home) -> None:
    """It ends when the inner activity's output says so, after at least one pass."""
    append = activity("AppendVariable", "Add", variableName="v", value="x")
    loop = activity("Until", "U", expression="@equals(length(activity('Add').output.value), 3)", activities=[append])
    home.pipeline([loop], variables={"v": {"type": "Array"}})
    home.run()
    assert len(home.runs.children(home.activities()["U"].id)) == 3


def test_until_ends_at_its_timeout(home: Home) -> None:
    """A condition that never holds is a failure that says how often it was tried."""
    home.pipeline([activity("Until", "U", expression="@equals(1, 2)", timeout="0.00:00:00",
                            activities=[activity("Wait", "W", waitTimeInSeconds=0)])])  # fmt: skip
    with pytest.raises(RunFailed, match=r"did not end within its timeout of 0.00:00:00, after 1 pass"):
        home.run()


def test_filter_keeps_order_and_its_output_is_found_in_any_case(home: Home) -> None:
    """Public pipelines read ``output.value`` where the service writes ``Value``."""
    home.pipeline(
        [activity("Filter", "F", items="@createArray(3, 1, 2)", condition="@greater(item(), 1)"),
         set_variable("S", "@{activity('F').output.value}", after={"F": ["Succeeded"]})],
        variables={"v": {"type": "String"}},
    )  # fmt: skip
    home.run()
    assert home.activities()["F"].output == {"ItemsCount": 3, "FilteredItemsCount": 2, "Value": [3, 2]}
    assert home.activities()["S"].output["value"] == "[3,2]"


def test_a_variable_keeps_its_type(home: Home) -> None:
    """An array cannot become text."""
    home.pipeline([set_variable("S", "text")], variables={"v": {"type": "Array"}})
    with pytest.raises(RunFailed, match="only supports values of types 'Array'"):
        home.run()


def test_a_child_pipeline_gets_arguments_and_gives_a_return_value(home: Home) -> None:
    """Typed return values, nested ones too; the child knows who started it."""
    value = [
        {"key": "text", "value": {"type": "String", "content": "t"}},
        {"key": "n", "value": {"type": "Int", "content": "@add(pipeline().parameters.n, 1)"}},
        {"key": "list", "value": {"type": "Array", "content": [{"type": "String", "content": "a"}]}},
        {"key": "object", "value": {"type": "Object", "content": [{"key": "k", "value": {"type": "Null"}}]}},
        {"key": "by", "value": {"type": "Expression", "content": "@pipeline()?.TriggeredByPipelineName"}},
    ]
    returned = activity("SetVariable", "R", variableName="pipelineReturnValue", setSystemVariable=True, value=value)
    home.pipeline([returned], name="child", parameters={"n": {"type": "int"}})
    reference = {"referenceName": "child", "type": "PipelineReference"}
    home.pipeline([activity("ExecutePipeline", "X", pipeline=reference, parameters={"n": "41"}, waitOnCompletion=True)])
    home.run()
    output = home.activities()["X"].output
    assert output["pipelineReturnValue"] == {"text": "t", "n": 42, "list": ["a"], "object": {"k": None}, "by": "p"}
    child = home.runs.children(home.activities()["X"].id)[0]
    assert (child.kind, child.name, child.id) == ("factory", "child", output["pipelineRunId"])


def test_a_failing_child_pipeline_fails_its_parent_with_its_words(home: Home) -> None:
    """The message of the innermost activity arrives outside."""
    home.pipeline([FAIL], name="child")
    reference = {"referenceName": "child", "type": "PipelineReference"}
    home.pipeline([activity("ExecutePipeline", "X", pipeline=reference, waitOnCompletion=True)])
    with pytest.raises(RunFailed, match="Operation on target X failed: Operation on target Broken failed: no"):
        home.run()
    assert home.activities()["X"].error["errorCode"] == "BadRequest"


def test_a_child_that_nobody_waits_for_may_fail(home: Home) -> None:
    """The parent succeeds; the child's failure is on record."""
    home.pipeline([FAIL], name="child")
    reference = {"referenceName": "child", "type": "PipelineReference"}
    home.pipeline([activity("ExecutePipeline", "X", pipeline=reference, waitOnCompletion=False)])
    home.run()
    child = home.runs.children(home.activities()["X"].id)[0]
    assert child.status is Status.FAILED


def test_databricks_activities_start_the_other_service(home: Home) -> None:
    """Parameters arrive as text; what a notebook returns is an object when it is JSON."""
    home.pipeline(
        [
            activity(
                "DatabricksJob", "J", jobId="@string(17)", jobParameters={"n": "@add(1, 1)", "list": "@createArray(1)"}
            ),
            activity("DatabricksNotebook", "N", notebookPath="/Shared/x", baseParameters={"flag": True}),
            set_variable("S", "@{activity('N').output.runOutput.rows}", after={"N": ["Succeeded"]}),
        ],
        variables={"v": {"type": "String"}},
    )
    home.run()
    assert sorted(home.launched) == [
        ("job", "17", {"n": "2", "list": "[1]"}), ("notebook", "/Shared/x", {"flag": "True"})
    ]  # fmt: skip
    assert home.activities()["S"].output["value"] == "3"
    assert "runOutput" not in home.activities()["J"].output


def test_web_activity_puts_an_object_at_the_top_and_text_into_response(home: Home) -> None:
    """An HTML page is ``output.Response``, an array ``output.value``."""
    home.serve("object.json", '{"name": "n", "items": [1]}')
    home.serve("array.json", "[1, 2]")
    home.serve("page.html", "<html/>")
    url = "https://files.example.com"
    home.pipeline([activity("WebActivity", name, method="GET", url=f"{url}/{name}")
                   for name in ("object.json", "array.json", "page.html")])  # fmt: skip
    home.run()
    done = home.activities()
    assert done["object.json"].output["name"] == "n"
    assert done["object.json"].output["ADFWebActivityResponseHeaders"]["Content-Type"] == "application/json"
    assert done["array.json"].output["value"] == [1, 2]
    assert done["page.html"].output["Response"] == "<html/>"


def test_validation_sees_a_file_and_a_folder(home: Home) -> None:
    """Sizes, folders with something in them, and empty ones."""
    home.put("in/a.csv", "12345")
    home.lake.local("abfss://data@account.dfs.core.windows.net/empty").mkdir()
    home.pipeline(
        [
            activity("Validation", "File", dataset=dataset("lake_Binary", folder="in", file="a.csv"), minimumSize=5),
            activity("Validation", "Folder", dataset=dataset("lake_Binary", folder="in"), childItems=True),
            activity("Validation", "Empty", dataset=dataset("lake_Binary", folder="empty"), childItems=False),
        ]
    )
    home.run()
    assert home.activities()["File"].output["size"] == 5
    assert home.activities()["Folder"].output["childItems"] == [{"name": "a.csv", "type": "File"}]


def test_validation_waits_for_what_is_not_there_yet(home: Home) -> None:
    """A file that arrives while it waits is found."""
    home.pipeline(
        [activity("Validation", "V", dataset=dataset("lake_Binary", file="late"), sleep=0, timeout="0.00:01:00")]
    )

    def arrive(event: object) -> None:
        if getattr(event, "message", "").startswith("waiting"):
            home.put("late", "x")

    home.runs.listeners.append(arrive)
    home.run()
    assert home.activities()["V"].output["exists"] is True


def test_get_metadata_of_a_file_a_folder_and_nothing(home: Home) -> None:
    """Only what was asked for; without ``exists``, what is missing is an error."""
    home.put("in/a.csv", "x,y\n1,2\n")
    fields = ["itemName", "itemType", "size", "lastModified", "contentMD5", "structure", "columnCount", "exists"]
    home.pipeline(
        [
            activity(
                "GetMetadata",
                "File",
                dataset=dataset("lake_DelimitedText", folder="in", file="a.csv"),
                fieldList=fields,
            ),
            activity("GetMetadata", "Folder", dataset=dataset("lake_Binary", folder="in"), fieldList=["childItems"]),
            activity(
                "GetMetadata", "Nothing", dataset=dataset("lake_Binary", folder="no"), fieldList=["exists", "size"]
            ),
        ]
    )
    home.run()
    file = home.activities()["File"].output
    assert [file[field] for field in ("itemName", "itemType", "size", "columnCount", "exists")] == [
        "a.csv",
        "File",
        8,
        2,
        True,
    ]
    assert file["structure"] == [{"name": "x", "type": "String"}, {"name": "y", "type": "String"}]
    assert datetime.fromisoformat(file["lastModified"]).tzinfo == UTC
    assert home.activities()["Folder"].output["childItems"] == [{"name": "a.csv", "type": "File"}]
    nothing = home.activities()["Nothing"].output
    assert nothing["exists"] is False
    assert "size" not in nothing


def test_lookup_gives_the_first_row_or_all(home: Home) -> None:
    """CSV values are text; an empty result has no ``firstRow`` at all."""
    home.put("a.csv", "x,y\n1,\n2,b\n")
    home.put("empty.csv", "x,y\n")
    home.put("a.json", '{"d": "2026-01-02T00:00:00Z", "n": 1}\n{"d": null, "n": 2}\n')

    def lookup(name: str, kind: str, file: str, *, first: bool) -> Json:
        return activity(
            "Lookup",
            name,
            dataset=dataset(f"lake_{kind}", file=file),
            firstRowOnly=first,
            source={"type": f"{kind}Source"},
        )

    home.pipeline(
        [lookup("First", "DelimitedText", "a.csv", first=True), lookup("All", "DelimitedText", "a.csv", first=False),
         lookup("None", "DelimitedText", "empty.csv", first=True), lookup("Json", "Json", "a.json", first=False)]
    )  # fmt: skip
    home.run()
    done = home.activities()
    assert done["First"].output["firstRow"] == {"x": "1", "y": None}
    assert done["All"].output["count"] == 2
    assert done["All"].output["value"][1] == {"x": "2", "y": "b"}
    assert "firstRow" not in done["None"].output
    assert done["Json"].output["value"][0] == {"d": "2026-01-02T00:00:00Z", "n": 1}


def test_delete_takes_files_and_with_recursive_the_folder(home: Home) -> None:
    """What is not there is no error."""
    for path in ("a/1", "a/b/2", "c/1", "c/d/2"):
        home.put(path, "x")
    flat, deep = {"recursive": False}, {"recursive": True}
    home.pipeline(
        [
            activity("Delete", "Flat", dataset=dataset("lake_Binary", folder="a"), storeSettings=flat),
            activity("Delete", "Deep", dataset=dataset("lake_Binary", folder="c"), storeSettings=deep),
            activity("Delete", "Nothing", dataset=dataset("lake_Binary", folder="no"), storeSettings=deep),
        ]
    )
    home.run()
    root = home.lake.local("abfss://data@account.dfs.core.windows.net/")
    assert sorted(file.relative_to(root).as_posix() for file in root.rglob("*")) == ["a", "a/b", "a/b/2"]
    assert [home.activities()[name].output["filesDeleted"] for name in ("Flat", "Deep", "Nothing")] == [1, 2, 0]
