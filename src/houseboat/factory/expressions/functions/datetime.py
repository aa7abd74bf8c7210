"""Functions on points in time. All give text; the default format is ISO 8601 with seven decimals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from houseboat.factory.expressions.functions.formats import format_moment
from houseboat.factory.expressions.functions.function import INTEGER, TEXT, Function, extension, outside, row
from houseboat.factory.expressions.functions.locales import culture
from houseboat.factory.expressions.functions.moments import TICKS_PER_DAY, TICKS_PER_SECOND, Kind, Moment, of, parse
from houseboat.factory.expressions.functions.zones import from_utc, is_utc, to_utc
from houseboat.factory.expressions.scope import Environment, Refused

_UNITS: dict[str, Callable[[Moment, int], Moment]] = {
    "second": lambda moment, count: moment.plus(count * TICKS_PER_SECOND),
    "minute": lambda moment, count: moment.plus(count * 60 * TICKS_PER_SECOND),
    "hour": lambda moment, count: moment.plus(count * 3600 * TICKS_PER_SECOND),
    "day": lambda moment, count: moment.plus(count * TICKS_PER_DAY),
    "week": lambda moment, count: moment.plus(count * 7 * TICKS_PER_DAY),
    "month": lambda moment, count: moment.plus_months(count),
    "year": lambda moment, count: moment.plus_months(count * 12),
}


def _now(environment: Environment) -> Moment:
    now = environment.now()
    return of(now, Kind.UTC) if isinstance(now, datetime) else parse(now)


def _shifted(moment: Moment, count: int, unit: str, form: str) -> str:
    shift = _UNITS.get(unit.lower())
    if shift is None:
        raise Refused(f"'{unit}' is not a time unit; units are Second, Minute, Hour, Day, Week, Month and Year")
    return format_moment(shift(moment, count), form)


def _adder(unit: str) -> Function:
    def call(timestamp: str, count: int, form: str = "o") -> str:
        return _shifted(parse(timestamp), count, unit, form)

    return row(call, TEXT, INTEGER, TEXT, optional=1)


def _start_of(floor: Callable[[datetime], datetime]) -> Function:
    def call(timestamp: str, form: str = "o") -> str:
        moment = parse(timestamp)
        return format_moment(of(floor(moment.day), moment.kind), form)

    return row(call, TEXT, TEXT, optional=1)


def _convert_from_utc(timestamp: str, name: str, form: str = "o") -> str:
    moment = parse(timestamp)
    if moment.kind is not Kind.UTC:
        raise Refused(f"the time '{timestamp}' must be in UTC, with the suffix 'Z'")
    return format_moment(from_utc(moment, name), form)


def _convert_to_utc(timestamp: str, name: str, form: str = "o") -> str:
    return format_moment(_as_utc(timestamp, name), form)


def _as_utc(timestamp: str, name: str) -> Moment:
    moment = parse(timestamp)
    if moment.kind is Kind.UNSPECIFIED:
        return to_utc(moment, name)
    if moment.kind is Kind.UTC and is_utc(name):
        return moment
    raise Refused(f"the time '{timestamp}' names its own zone, which is not '{name}'")


def _convert_time_zone(timestamp: str, source: str, target: str, form: str = "o") -> str:
    moment = parse(timestamp)
    in_utc = to_utc(moment, source) if moment.kind is Kind.UNSPECIFIED else Moment(moment.ticks, Kind.UTC)
    return format_moment(from_utc(in_utc, target), form)


def _difference(start: str, end: str) -> str:
    ticks = parse(end).ticks - parse(start).ticks
    days, rest = divmod(abs(ticks), TICKS_PER_DAY)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    text = f"{days}.{text}" if days else text
    return ("-" if ticks < 0 else "") + (f"{text}.{fraction:07d}" if fraction else text)


FUNCTIONS: dict[str, Function] = {
    "utcNow": outside(lambda outer, form="o": format_moment(_now(outer), form), TEXT, optional=1),
    "formatDateTime": row(
        lambda timestamp, form="o", locale="en-us": format_moment(parse(timestamp), form, culture(locale)),
        TEXT, TEXT, TEXT, optional=2,
    ),
    "addDays": _adder("day"),
    "addHours": _adder("hour"),
    "addMinutes": _adder("minute"),
    "addSeconds": _adder("second"),
    "addToTime": row(
        lambda timestamp, count, unit, form="o": _shifted(parse(timestamp), count, unit, form),
        TEXT, INTEGER, TEXT, TEXT, optional=1,
    ),
    "subtractFromTime": row(
        lambda timestamp, count, unit, form="o": _shifted(parse(timestamp), -count, unit, form),
        TEXT, INTEGER, TEXT, TEXT, optional=1,
    ),
    "getFutureTime": outside(
        lambda outer, count, unit, form="o": _shifted(_now(outer), count, unit, form), INTEGER, TEXT, TEXT, optional=1,
    ),
    "getPastTime": outside(
        lambda outer, count, unit, form="o": _shifted(_now(outer), -count, unit, form), INTEGER, TEXT, TEXT, optional=1,
    ),
    "startOfHour": _start_of(lambda day: day.replace(minute=0, second=0)),
    "startOfDay": _start_of(lambda day: day.replace(hour=0, minute=0, second=0)),
    "startOfMonth": _start_of(lambda day: day.replace(day=1, hour=0, minute=0, second=0)),
    "dayOfWeek": row(lambda timestamp: parse(timestamp).day.isoweekday() % 7, TEXT),
    "dayOfMonth": row(lambda timestamp: parse(timestamp).day.day, TEXT),
    "dayOfYear": row(lambda timestamp: parse(timestamp).day.timetuple().tm_yday, TEXT),
    "ticks": row(lambda timestamp: parse(timestamp).ticks, TEXT),
    "convertFromUtc": row(_convert_from_utc, TEXT, TEXT, TEXT, optional=1),
    "convertToUtc": row(_convert_to_utc, TEXT, TEXT, TEXT, optional=1),
    "convertTimeZone": row(_convert_time_zone, TEXT, TEXT, TEXT, TEXT, optional=1),
    "dateDifference": extension(row(_difference, TEXT, TEXT)),
}  # fmt: skip
