"""Dependencies, the leaf rule, parallel start, retries, timeouts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from factory_home import Home, activity

from houseboat.errors import RunFailed
from houseboat.factory import scheduler
from houseboat.factory.activities import ACTIVITIES
from houseboat.factory.errors import ActivityError
from houseboat.runs import Event, Json, Run, Status

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call

OK = {"value": "x"}


def fails(name: str, **after: Json) -> Json:
    """An activity that fails."""
    return activity("Fail", name, after=after, message=f"{name} broke", errorCode="500")


def works(name: str, **after: Json) -> Json:
    """An activity that succeeds."""
    return activity("Wait", name, after=after, waitTimeInSeconds=0)


@pytest.mark.parametrize(
    ("activities", "succeeds", "statuses"),
    [
        ([fails("A"), works("H", A=["Failed"])], True, "A Failed H Succeeded"),
        ([fails("A"), works("N", A=["Succeeded"]), works("H", A=["Failed"])], False, "N Skipped H Succeeded"),
        (
            [fails("A"), works("N", A=["Succeeded"]), works("D", N=["Skipped"]), works("H", A=["Failed"])],
            True,
            "N Skipped D Succeeded",
        ),
        ([works("A"), works("N", A=["Succeeded"]), works("H", A=["Failed"])], True, "N Succeeded H Skipped"),
        ([fails("A"), works("N", A=["Completed"])], True, "N Succeeded"),
        ([fails("A"), works("N", A=["Succeeded"]), works("M", N=["Completed"])], False, "N Skipped M Skipped"),
        ([fails("A"), works("N", A=["Succeeded"]), works("H", N=["Failed", "Skipped"])], True, "H Succeeded"),
        ([works("A"), fails("B"), works("C", A=["Succeeded"], B=["Succeeded"])], False, "C Skipped"),
        ([fails("A")], False, "A Failed"),
        ([], True, ""),
    ],
)
def test_the_outcome_is_that_of_the_leaves(home: Home, activities: list[Json], succeeds: bool, statuses: str) -> None:
    """Try and catch, do if else, skip and else: each as in Data Factory's table."""
    home.pipeline(activities)
    if succeeds:
        home.run()
    else:
        with pytest.raises(RunFailed, match="Operation on target"):
            home.run()
    words = statuses.split()
    ended = home.activities()
    assert {name: ended[name].status.value for name in words[::2]} == dict(zip(words[::2], words[1::2], strict=True))


def test_independent_activities_run_at_the_same_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other, which only works when both have started."""
    barrier = threading.Barrier(2, timeout=20)

    class Meet:
        OWN: tuple[str, ...] = ()

        def run(self, _call: Call) -> dict[str, Json]:
            barrier.wait()
            return {}

    monkeypatch.setitem(ACTIVITIES, "Wait", Meet())
    home.pipeline([works("A"), works("B")])
    home.run()


def test_a_failing_activity_is_repeated_and_the_last_attempt_counts(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two failures, then success: three runs on record, and the pipeline succeeds."""
    attempts: list[str] = []

    class Flaky:
        OWN: tuple[str, ...] = ()

        def run(self, call: Call) -> dict[str, Json]:
            attempts.append(call.context.run.id)
            if len(attempts) < 3:
                raise ActivityError("try again", code="500")
            return {"attempts": len(attempts)}

    monkeypatch.setitem(ACTIVITIES, "Wait", Flaky())
    policy = {"retry": 5, "retryIntervalInSeconds": 0}
    home.pipeline([activity("Wait", "A", policy=policy, waitTimeInSeconds=0)])
    home.run()
    recorded = home.runs.children(home.runs.recent(1)[0].id)
    assert [run.id for run in recorded] == attempts
    assert [run.status for run in recorded] == [Status.FAILED, Status.FAILED, Status.SUCCEEDED]
    assert [run.input.get("retryAttempt") for run in recorded] == [None, 1, 2]


def test_a_bad_expression_is_not_repeated(home: Home) -> None:
    """Trying again would not help."""
    policy = {"retry": 3, "retryIntervalInSeconds": 0}
    home.pipeline([activity("Wait", "A", policy=policy, waitTimeInSeconds="@pipeline().parameters.x")])
    with pytest.raises(RunFailed, match="property 'x' doesn't exist"):
        home.run()
    assert len(home.runs.children(home.runs.recent(1)[0].id)) == 1


def test_an_activity_that_takes_too_long_fails(home: Home) -> None:
    """The policy's timeout ends it, and the error says so."""
    home.pipeline([activity("Wait", "A", policy={"timeout": "0.00:00:00"}, waitTimeInSeconds=60)])
    with pytest.raises(RunFailed, match="Operation on target A failed: The activity did not end within its timeout"):
        home.run()
    assert home.activities()["A"].error["errorCode"] == "ActivityTimeout"


def test_an_inactive_activity_counts_as_what_it_is_marked(home: Home) -> None:
    """It does not run, whatever it is, and its children see the marked status."""
    broken = {**activity("NoSuchType", "A"), "state": "Inactive", "onInactiveMarkAs": "Failed"}
    home.pipeline([broken, works("B", A=["Failed"])])
    home.run()
    assert home.activities()["A"].output == {"state": "Inactive"}
    assert home.activities()["B"].status is Status.SUCCEEDED


def test_what_an_activity_gave_is_seen_by_those_after_it(home: Home) -> None:
    """Output, status, error and times."""
    text = "@{activity('F').error.message}/@{activity('W').status}/@{activity('F')?.output?.x}"
    home.pipeline(
        [
            works("W"),
            fails("F"),
            activity("SetVariable", "S", after={"W": ["Succeeded"], "F": ["Failed"]}, variableName="v", value=text),
        ],
        variables={"v": {"type": "String"}},
    )
    home.run()
    assert home.activities()["S"].output["value"] == "F broke/Succeeded/"


def test_secrets_stay_out_of_the_record(home: Home) -> None:
    """Inputs and outputs marked as secure are not written down, while expressions still see them."""
    secret = activity(
        "SetVariable", "S", policy={"secureInput": True, "secureOutput": True}, variableName="v", value="pw"
    )
    home.pipeline(
        [secret, activity("IfCondition", "I", after={"S": ["Succeeded"]}, expression="@equals(activity('S').output.value, 'pw')",
                          ifFalseActivities=[fails("No")])],
        variables={"v": {"type": "String"}}, parameters={"p": {"type": "securestring"}},
    )  # fmt: skip
    home.run(p="pw")
    top = home.runs.recent(1)[0]
    assert top.input == {"p": "***"}
    written = b"".join(file.read_bytes() for file in home.folder.glob("runs.db*"))
    assert b"secureOutput" in written
    assert b'"pw"' not in written


def test_secure_parameters_and_telling_names_are_hidden_everywhere(home: Home) -> None:
    """Neither inputs, nor outputs, nor messages, nor headers show them."""
    headers = {"Authorization": "Bearer abc123"}
    home.serve("page", "hush-hush")
    home.pipeline(
        [
            activity("SetVariable", "S", variableName="v", value="@concat('key=', pipeline().parameters.p)"),
            activity("WebActivity", "W", method="GET", url="https://files.example.com/page", headers=headers),
            activity("Fail", "F", message="@pipeline().parameters.p", errorCode="1"),
        ],
        variables={"v": {"type": "String"}},
        parameters={"p": {"type": "securestring"}},
    )
    with pytest.raises(RunFailed, match=r"Operation on target F failed: \*\*\*"):
        home.run(p="hush-hush")
    written = b"".join(file.read_bytes() for file in home.folder.glob("runs.db*"))
    assert b"hush-hush" not in written
    assert b"abc123" not in written
    assert home.activities()["S"].output["value"] == "key=***"


def test_a_broken_policy_fails_the_activity_and_not_the_scheduler(home: Home) -> None:
    """Whatever happens outside of the activity itself must not leave the others waiting."""
    home.pipeline([activity("Wait", "A", policy={"retry": "often"}, waitTimeInSeconds=0), works("B", A=["Failed"])])
    home.run()
    assert home.activities()["A"].error["errorCode"] == "BadPolicy"
    assert home.activities()["B"].status is Status.SUCCEEDED


def test_an_interrupt_stops_what_runs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C ends the pipeline as Cancelled, and asks what still runs to stop."""
    stopped = threading.Event()

    class Long:
        OWN: tuple[str, ...] = ()

        def run(self, call: Call) -> dict[str, Json]:
            try:
                call.context.cancellation.sleep(60)
            finally:
                stopped.set()
            return {}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(ACTIVITIES, "Wait", Long())
    monkeypatch.setattr(scheduler, "_next", interrupt)
    home.pipeline([works("A")])
    with pytest.raises(KeyboardInterrupt):
        home.run()
    assert stopped.wait(20)
    assert home.runs.recent(1)[0].status is Status.CANCELLED


def test_a_failing_record_does_not_leave_the_others_waiting(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk under the record of runs is a failure, not a hang."""
    begin = home.runs.begin

    def full(kind: str, name: str, **more: Json) -> Run:
        if name == "A":
            raise OSError("No space left on device")
        return begin(kind, name, **more)

    monkeypatch.setattr(home.runs, "begin", full)
    home.pipeline([works("A"), works("B", A=["Succeeded"])])
    with pytest.raises(RunFailed, match="Operation on target A failed: the disk is full: No space left on device"):
        home.run()


def test_progress_is_told_to_listeners(home: Home) -> None:
    """Every activity starts and ends as a run of its own, below the pipeline's."""
    events: list[Event] = []
    home.runs.listeners.append(events.append)
    home.pipeline([works("A")])
    home.run()
    told = [(event.what, event.run.kind, event.run.name) for event in events]
    assert told == [
        ("started", "factory", "p"), ("started", "activity", "A"), ("ended", "activity", "A"), ("ended", "factory", "p")
    ]  # fmt: skip
    assert events[1].run.input["activityType"] == "Wait"
