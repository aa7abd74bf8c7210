"""Conversions between time zones, by Windows' names (any case) or IANA's.

Source: CLDR's table of Windows zones (package tzlocal) and the IANA database (zoneinfo).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from houseboat.factory.expressions.functions.moments import TICKS_PER_SECOND, Kind, Moment
from houseboat.factory.expressions.scope import Refused


@cache
def _windows() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return {name.lower(): zone for name, zone in win_tz.items()}


@cache
def _iana() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def zone(name: str) -> ZoneInfo:
    """The zone of this name. Raises ``Refused``."""
    key = name.strip().lower()
    found = "UTC" if key in ("utc", "z") else _windows().get(key) or _iana().get(key)
    try:
        return ZoneInfo(found or name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"the time zone id '{name}' is not valid; use a name such as 'W. Europe Standard Time'") from None


def is_utc(name: str) -> bool:
    """Whether a zone name means UTC itself."""
    return zone(name).key in ("UTC", "Etc/UTC")


def from_utc(moment: Moment, name: str) -> Moment:
    """A moment in UTC on the clocks of a zone: no suffix, except in UTC."""
    offset = moment.day.replace(tzinfo=UTC).astimezone(zone(name)).utcoffset() or timedelta()
    kind = Kind.UTC if is_utc(name) else Kind.UNSPECIFIED
    return replace(moment.plus(_ticks(offset)), kind=kind)


def to_utc(moment: Moment, name: str) -> Moment:
    """A time on the clocks of a zone, in UTC. Raises ``Refused`` when the clocks show it never, or twice."""
    day = moment.day
    first, second = (_offset(day, zone(name), fold) for fold in (0, 1))
    if first != second:
        what = "is skipped" if first < second else "occurs twice"
        raise Refused(f"the time '{day.isoformat()}' {what} in the time zone '{name}'")
    return replace(moment.plus(-_ticks(first)), kind=Kind.UTC)


def _offset(day: datetime, where: ZoneInfo, fold: int) -> timedelta:
    return day.replace(tzinfo=where, fold=fold).utcoffset() or timedelta()


def _ticks(delta: timedelta) -> int:
    return (delta.days * 86_400 + delta.seconds) * TICKS_PER_SECOND
