"""When schedule triggers fire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.errors import HouseboatError
from houseboat.factory.model import Resource
from houseboat.factory.triggers import ScheduleTrigger, read, read_all

if TYPE_CHECKING:
    from factory_home import Home

    from houseboat.runs import Json


def trigger(**recurrence: Json) -> ScheduleTrigger:
    """A trigger with this recurrence."""
    properties = {"type": "ScheduleTrigger", "typeProperties": {"recurrence": recurrence}}
    return read(Resource("trigger", "t", Path("t.json"), {"name": "t", "properties": properties}))


def shown(moments: list[datetime]) -> list[str]:
    """The times, short."""
    return [moment.strftime("%m-%d %H:%M") for moment in moments]


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("recurrence", "after", "times"),
    [
        ({"frequency": "Day", "interval": 1, "startTime": "2026-01-01T06:00:00Z"}, "2026-03-01T06:00", ["03-02 06:00", "03-03 06:00"]),
        ({"frequency": "Hour", "interval": 5, "startTime": "2026-01-01T00:00:00Z"}, "2026-01-01T23:00", ["01-02 01:00", "01-02 06:00"]),
        ({"frequency": "Minute", "interval": 15, "startTime": "2026-01-01T00:07:00Z"}, "2025-01-01T00:00", ["01-01 00:07", "01-01 00:22"]),
        (
            {"frequency": "Day", "interval": 1, "startTime": "2026-01-01T06:00:00", "timeZone": "W. Europe Standard Time"},
            "2026-03-28T00:00",
            ["03-28 05:00", "03-29 04:00"],
        ),
        (
            {"frequency": "Week", "interval": 2, "startTime": "2026-01-05T08:30:00Z", "schedule": {"weekDays": ["Friday", "Monday"]}},
            "2026-01-05T08:30",
            ["01-09 08:30", "01-19 08:30", "01-23 08:30"],
        ),
        (
            {"frequency": "Month", "interval": 1, "startTime": "2026-01-01T00:00:00Z", "schedule": {"monthDays": [-1, 31], "hours": [5], "minutes": [0, 30]}},
            "2026-01-31T05:00",
            ["01-31 05:30", "02-28 05:00", "02-28 05:30"],
        ),
        (
            {"frequency": "Month", "interval": 1, "startTime": "2026-01-01T09:00:00Z", "schedule": {"monthlyOccurrences": [{"day": "Friday", "occurrence": -1}]}},
            "2026-01-01T00:00",
            ["01-30 09:00", "02-27 09:00"],
        ),
        (
            {"frequency": "Day", "interval": 1, "startTime": "2026-01-01T06:00:00Z", "endTime": "2026-01-02T06:00:00Z"},
            "2026-01-01T06:00",
            ["01-02 06:00"],
        ),
        ({"frequency": "Month", "interval": 1, "startTime": "2026-01-30T00:00:00Z", "schedule": {"monthDays": [31]}, "endTime": "2026-01-30T12:00:00Z"}, "2026-01-01T00:00", []),
    ],
)  # fmt: skip
def test_the_next_times(recurrence: dict[str, Json], after: str, times: list[str]) -> None:
    """Intervals, schedules, zones with summer time, ends."""
    assert shown(trigger(**recurrence).next(at(after), max(len(times), 1))) == times


def test_what_a_trigger_passes_is_evaluated_when_it_fires(home: Home) -> None:
    """The scheduled time reaches the pipeline as an argument."""
    home.pipeline([])
    properties = {
        "type": "ScheduleTrigger",
        "runtimeState": "Started",
        "pipelines": [{"pipelineReference": {"referenceName": "P"}, "parameters": {"day": "@formatDateTime(trigger().scheduledTime, 'yyyyMMdd')"}}],
        "typeProperties": {"recurrence": {"frequency": "Day", "interval": 1, "startTime": "2026-01-01T00:00:00Z"}},
    }  # fmt: skip
    home.write("trigger", "t", properties)
    definitions = home.factory().definitions
    (found,) = read_all(definitions)
    (fired,) = found.fires(at("2026-02-03T00:00"), definitions)
    assert (found.started, fired.pipeline, fired.parameters) == (True, "p", {"day": "20260203"})


@pytest.mark.parametrize(
    ("recurrence", "message", "where"),
    [
        (
            {"frequency": "Daily", "startTime": "2026-01-01T00:00:00Z"},
            "'Daily' is no frequency",
            "recurrence.frequency",
        ),
        ({"frequency": "Day", "interval": 0, "startTime": "2026-01-01T00:00:00Z"}, "interval 0", "recurrence.interval"),
        ({"frequency": "Day", "startTime": "soon"}, "'soon' is not a point in time", "recurrence.startTime"),
        (
            {"frequency": "Day", "startTime": "2026-01-01", "timeZone": "Mars"},
            "'Mars' is not valid",
            "recurrence.timeZone",
        ),
        (
            {"frequency": "Day", "startTime": "2026-01-01", "schedule": {"hours": [24]}},
            "not a list of hours",
            "schedule.hours",
        ),
    ],
)
def test_a_wrong_recurrence_is_refused_with_its_place(recurrence: dict[str, Json], message: str, where: str) -> None:
    """What is wrong, and where it stands."""
    with pytest.raises(HouseboatError, match=re.escape(message)) as caught:
        trigger(**recurrence)
    assert str(caught.value.place).endswith(where)
