"""Schedule triggers: read, check, and the times at which they fire.

Source: Data Factory's published recurrence. The first run is at or after ``startTime``; what is past is not made up
for. A start without ``Z`` is on the clocks of ``timeZone`` (a Windows name), which also decides about summer time.
Without a ``schedule`` a trigger fires every ``interval`` units; with one, at the times it lists within such units.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from houseboat.errors import Unsupported
from houseboat.factory.errors import FactoryError
from houseboat.factory.expressions import Scope, evaluate
from houseboat.factory.expressions.functions.formats import utc
from houseboat.factory.expressions.functions.moments import Kind, parse
from houseboat.factory.expressions.functions.zones import zone
from houseboat.factory.expressions.scope import Refused

if TYPE_CHECKING:
    from houseboat.factory.model import Definitions, Resource
    from houseboat.runs import Json

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIXED = {
    "Minute": timedelta(minutes=1),
    "Hour": timedelta(hours=1),
    "Day": timedelta(days=1),
    "Week": timedelta(weeks=1),
}
_FREQUENCIES = (*_FIXED, "Month")
_SCHEDULE_KEYS = ("minutes", "hours", "weekDays", "monthDays", "monthlyOccurrences")
_HORIZON = 5000
"""Units without any match after which a schedule is taken to never match again."""

GAPS: dict[str, str] = {
    "TumblingWindowTrigger": "run its pipeline by hand with the window as parameters",
    "BlobTrigger": "run its pipeline by hand with the file's path as parameters",
    "RerunTumblingWindowTrigger": "run its pipeline by hand with the window as parameters",
    "BlobEventsTrigger": "run its pipeline by hand with the file's path as parameters",
    "CustomEventsTrigger": "run its pipeline by hand",
    "ChainingTrigger": "run its pipeline by hand",
}
"""Triggers that Data Factory has and Houseboat has not (yet) -> what to do instead."""


@dataclass(frozen=True)
class Fired:
    """A pipeline that a trigger starts, and the arguments it passes."""

    pipeline: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True)
class ScheduleTrigger:
    """A checked schedule trigger. ``start`` is on the clocks of ``zone``; so is everything in ``schedule``."""

    resource: Resource
    frequency: str
    interval: int
    start: datetime
    end: datetime | None
    zone: ZoneInfo
    schedule: Mapping[str, Json]

    @property
    def name(self) -> str:
        """The trigger's name."""
        return self.resource.name

    @property
    def started(self) -> bool:
        """Whether the trigger is switched on in Azure, as far as its file says."""
        return str(self.resource.properties.get("runtimeState") or "Stopped") == "Started"

    def next(self, after: datetime, number: int = 1) -> list[datetime]:
        """The next times, in UTC, strictly after this one; fewer when the trigger ends before."""
        found: list[datetime] = []
        for moment in self._occurrences(after):
            if self.end is not None and moment > self.end:
                break
            if moment > after:
                found.append(moment)
                if len(found) == number:
                    break
        return found

    def fires(self, at: datetime, definitions: Definitions) -> list[Fired]:
        """What it starts when it fires at this time, the parameters evaluated. Raises ``ExpressionError``."""
        scope = Scope(trigger={"scheduledTime": utc(at.astimezone(UTC)), "startTime": utc(at.astimezone(UTC))})
        fired = []
        for index, entry in enumerate(self.resource.properties.get("pipelines") or []):
            place = self.resource.place(f"properties.pipelines[{index}]")
            pipeline = definitions.find("pipeline", str(entry["pipelineReference"]["referenceName"]), place)
            fired.append(Fired(pipeline.name, evaluate(entry.get("parameters") or {}, scope, place)))
        return fired

    def _occurrences(self, after: datetime) -> Iterator[datetime]:
        """Times in order, beginning a little before ``after``."""
        local = after.astimezone(self.zone).replace(tzinfo=None)
        barren = 0
        for index in count(max(self._units_until(local) - 1, 0)):
            moments = [moment for moment in self._moments(self._unit(index)) if moment >= self.start]
            barren = 0 if moments else barren + 1
            if barren > _HORIZON:
                return
            yield from sorted(moment.replace(tzinfo=self.zone).astimezone(UTC) for moment in moments)

    def _units_until(self, local: datetime) -> int:
        if self.frequency == "Month":
            months = (local.year - self.start.year) * 12 + local.month - self.start.month
            return months // self.interval
        return (local - self.start) // (_FIXED[self.frequency] * self.interval)

    def _unit(self, index: int) -> datetime:
        """The start of the unit with this number, counted from the trigger's start."""
        if self.frequency != "Month":
            return self.start + _FIXED[self.frequency] * self.interval * index
        months = self.start.month - 1 + self.interval * index
        return self.start.replace(year=self.start.year + months // 12, month=months % 12 + 1, day=1)

    def _moments(self, unit: datetime) -> list[datetime]:
        """The times within one unit."""
        if self.frequency in ("Minute", "Hour"):
            return [unit]
        hours = self.schedule.get("hours") or [self.start.hour]
        minutes = self.schedule.get("minutes") or [self.start.minute]
        clock = [time(int(hour), int(minute), self.start.second) for hour in hours for minute in minutes]
        return [datetime.combine(day, moment) for day in self._days(unit.date()) for moment in sorted(clock)]

    def _days(self, day: date) -> list[date]:
        if self.frequency == "Day":
            return [day]
        if self.frequency == "Week":
            monday = day - timedelta(days=day.weekday())
            wanted = self.schedule.get("weekDays") or [WEEKDAYS[self.start.weekday()]]
            return sorted(monday + timedelta(days=WEEKDAYS.index(name)) for name in wanted)
        return sorted(set(self._month_days(day.year, day.month)))

    def _month_days(self, year: int, month: int) -> Iterator[date]:
        last = calendar.monthrange(year, month)[1]
        occurrences = self.schedule.get("monthlyOccurrences") or []
        for occurrence in occurrences:
            days = [
                number for number in range(1, last + 1)
                if WEEKDAYS[date(year, month, number).weekday()] == occurrence["day"]
            ]  # fmt: skip
            position = int(occurrence.get("occurrence") or 1)
            if -len(days) <= position - (position > 0) < len(days):
                yield date(year, month, days[position - 1 if position > 0 else position])
        if not occurrences or self.schedule.get("monthDays"):
            for wanted in self.schedule.get("monthDays") or [self.start.day]:
                number = last + 1 + int(wanted) if int(wanted) < 0 else int(wanted)
                if 1 <= number <= last:
                    yield date(year, month, number)


def read(resource: Resource) -> ScheduleTrigger:
    """The trigger of a file, checked. Raises ``FactoryError``, and ``Unsupported`` for other types of triggers."""
    if resource.type != "ScheduleTrigger":
        hint = GAPS.get(resource.type, "known is ScheduleTrigger")
        raise Unsupported(
            f"trigger '{resource.name}': {resource.type} is not known here",
            place=resource.place("properties.type"),
            hint=hint,
        )
    recurrence = resource.type_properties.get("recurrence") or {}
    _checked(resource, recurrence)
    where = _zone(resource, str(recurrence.get("timeZone") or "UTC"))
    start = _moment(resource, recurrence.get("startTime"), "startTime", where)
    end = recurrence.get("endTime")
    return ScheduleTrigger(
        resource=resource,
        frequency=str(recurrence["frequency"]),
        interval=int(recurrence.get("interval") or 1),
        start=start,
        end=None if end is None else _moment(resource, end, "endTime", where).replace(tzinfo=where).astimezone(UTC),
        zone=where,
        schedule=recurrence.get("schedule") or {},
    )


def read_all(definitions: Definitions) -> list[ScheduleTrigger]:
    """All schedule triggers of a factory; triggers of other types are left out."""
    found = definitions.resources.get("trigger", {}).values()
    return [read(resource) for resource in found if resource.type == "ScheduleTrigger"]


_AT = "properties.typeProperties.recurrence"


def _checked(resource: Resource, recurrence: Mapping[str, Json]) -> None:
    def wrong(key: str, message: str, hint: str) -> FactoryError:
        return FactoryError(f"trigger '{resource.name}': {message}", place=resource.place(f"{_AT}.{key}"), hint=hint)

    if recurrence.get("frequency") not in _FREQUENCIES:
        raise wrong(
            "frequency",
            f"'{recurrence.get('frequency')}' is no frequency",
            f"one of {', '.join(_FREQUENCIES)}",
        )
    interval = recurrence.get("interval", 1)
    if isinstance(interval, bool) or not isinstance(interval, int) or interval < 1:
        raise wrong("interval", f"the interval {interval!r} is not a whole number above zero", "such as 1")
    for key, value in (recurrence.get("schedule") or {}).items():
        allowed = _ALLOWED.get(key)
        if allowed is None:
            raise wrong("schedule", f"'{key}' is not part of a schedule", f"one of {', '.join(_SCHEDULE_KEYS)}")
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(map(allowed, value)):
            raise wrong(f"schedule.{key}", f"{value!r} is not a list of {key}", "see Data Factory's schedule triggers")


def _between(low: int, high: int) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_ALLOWED: dict[str, Callable[[Json], bool]] = {
    "minutes": _between(0, 59),
    "hours": _between(0, 23),
    "weekDays": lambda value: value in WEEKDAYS,
    "monthDays": lambda value: value != 0 and _between(-31, 31)(value),
    "monthlyOccurrences": lambda value: isinstance(value, Mapping) and value.get("day") in WEEKDAYS,
}


def _zone(resource: Resource, name: str) -> ZoneInfo:
    try:
        return zone(name)
    except Refused as reason:
        raise FactoryError(f"trigger '{resource.name}': {reason}", place=resource.place(f"{_AT}.timeZone")) from None


def _moment(resource: Resource, value: Json, key: str, where: ZoneInfo) -> datetime:
    """A time of the recurrence on the clocks of the trigger's zone, without a zone of its own."""
    try:
        moment = parse(str(value))
    except Refused:
        raise FactoryError(
            f"trigger '{resource.name}': '{value}' is not a point in time",
            place=resource.place(f"{_AT}.{key}"),
            hint="write it as 2026-01-31T06:00:00Z",
        ) from None
    if moment.kind is Kind.UNSPECIFIED:
        return moment.day
    return moment.day.replace(tzinfo=UTC).astimezone(where).replace(tzinfo=None)
