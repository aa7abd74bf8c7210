"""Points in time as .NET's DateTime has them: 100 ns ticks since 0001-01-01, and a kind.

==========  ==============================  ================
kind        written as                      printed by ``K``
==========  ==============================  ================
UTC         ``...Z``                        ``Z``
LOCAL       an explicit offset, now in UTC  ``+00:00``
UNSPECIFIED no zone                         nothing
==========  ==============================  ================

LOCAL is what a server in UTC makes of an offset. Which texts are understood follows the engine's answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from houseboat.factory.expressions.scope import Refused

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
_LAST_TICK = 3_652_059 * TICKS_PER_DAY - 1
_EPOCH = datetime(1, 1, 1)  # noqa: DTZ001 - .NET's zero, of no zone


class Kind(Enum):
    """What is known of the zone of a moment."""

    UTC = "Z"
    LOCAL = "+00:00"
    UNSPECIFIED = ""


@dataclass(frozen=True)
class Moment:
    """``ticks`` of 100 ns since 0001-01-01T00:00, and the ``kind``."""

    ticks: int
    kind: Kind

    @property
    def day(self) -> datetime:
        """The moment without its fraction of a second, as a naive datetime."""
        return _EPOCH + timedelta(seconds=self.ticks // TICKS_PER_SECOND)

    @property
    def fraction(self) -> int:
        """Ticks beyond the whole second."""
        return self.ticks % TICKS_PER_SECOND

    def plus(self, ticks: int) -> Moment:
        """A later (or earlier) moment. Raises ``Refused`` outside of the years 1 to 9999."""
        moved = self.ticks + ticks
        if not 0 <= moved <= _LAST_TICK:
            raise Refused("the resulting time is outside of the years 1 to 9999")
        return replace(self, ticks=moved)

    def plus_months(self, months: int) -> Moment:
        """The same day of another month; a day that it lacks becomes its last one."""
        day = self.day
        index = day.year * 12 + day.month - 1 + months
        year, month = index // 12, index % 12 + 1
        if not 1 <= year <= 9999:  # noqa: PLR2004 - .NET's range of years
            raise Refused("the resulting time is outside of the years 1 to 9999")
        moved = day.replace(year=year, month=month, day=min(day.day, _days_in(year, month)))
        return of(moved, self.kind, self.fraction)


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else None  # noqa: DTZ001
    return (following - timedelta(days=1)).day if following else 31


def of(moment: datetime, kind: Kind, fraction: int = 0) -> Moment:
    """A moment from a naive datetime (its own microseconds count when ``fraction`` is 0)."""
    since = moment.replace(tzinfo=None) - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return Moment(seconds * TICKS_PER_SECOND + (fraction or since.microseconds * 10), kind)


_MONTHS = ("january", "february", "march", "april", "may", "june",
           "july", "august", "september", "october", "november", "december")  # fmt: skip
_NAMES = {name: index for index, month in enumerate(_MONTHS, 1) for name in (month, month[:3])}
_MONTH = rf"(?P<name>{'|'.join(sorted(_NAMES, key=len, reverse=True))})\.?"
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?\s*(?P<half>[ap]m?)?"
_ZONE = r"\s*(?P<zone>z|gmt|utc|[+-]\d{1,2}(?::?\d{2})?)?"
_CLOCK = rf"(?:(?:\s*T\s*|,?\s+){_TIME}{_ZONE})?"
_FORMS = [
    re.compile(rf"\s*(?:{form})\s*\Z", re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})(?P<s>[-/])(?P<month>\d{{1,2}})(?:(?P=s)(?P<day>\d{{1,2}}){_CLOCK})?",
        rf"(?P<month>\d{{1,2}})(?P<s>[-/])(?P<day>\d{{1,2}})(?P=s)(?P<year>\d{{4}}){_CLOCK}",
        rf"{_DAY}{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_CLOCK}",
        rf"{_DAY}(?P<day>\d{{1,2}})[\s-]+{_MONTH}[\s,-]+(?P<year>\d{{4}}){_CLOCK}",
        rf"{_MONTH}\s+(?P<year>\d{{4}})",
        rf"{_TIME}{_ZONE}",
    )
]


def parse(text: str) -> Moment:
    """Read a point in time. Raises ``Refused`` when it is none, or its form is not understood."""
    for form in _FORMS:
        if match := form.match(text):
            moment = _from_groups(match.groupdict())
            if moment is not None:
                return moment
    raise Refused(f"the datetime string '{text}' must match ISO 8601 format")


def _from_groups(groups: dict[str, str | None]) -> Moment | None:
    now = datetime.now(UTC)
    name = groups.get("name")
    year = int(groups.get("year") or now.year)
    month = _NAMES[name.lower()] if name else int(groups.get("month") or now.month)
    day = int(groups.get("day") or (1 if groups.get("year") else now.day))
    hour, half = int(groups.get("hour") or 0), (groups.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's face
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        whole = datetime(year, month, day, hour, int(groups.get("minute") or 0), int(groups.get("second") or 0))  # noqa: DTZ001
    except ValueError:
        return None
    digits = groups.get("fraction") or "0"
    fraction = (int(digits) * TICKS_PER_SECOND + 10 ** len(digits) // 2) // 10 ** len(digits)
    return _in_zone(of(whole, Kind.UNSPECIFIED).plus(fraction), (groups.get("zone") or "").upper())


def _in_zone(moment: Moment, zone: str) -> Moment:
    if not zone:
        return moment
    if zone in ("Z", "GMT", "UTC"):
        return replace(moment, kind=Kind.UTC)
    digits = zone[1:].replace(":", "").ljust(2, "0") if ":" in zone or len(zone) > 3 else zone[1:]  # noqa: PLR2004
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)  # noqa: PLR2004
    offset = (hours * 60 + minutes) * 60 * TICKS_PER_SECOND
    return replace(moment.plus(-offset if zone[0] == "+" else offset), kind=Kind.LOCAL)
