"""Formats points in time by .NET's standard (one letter) and custom format strings.

Source: .NET's published tables of date and time format strings.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from houseboat.factory.expressions.functions.locales import ENGLISH, Culture
from houseboat.factory.expressions.functions.moments import Kind, Moment
from houseboat.factory.expressions.scope import Refused

ROUND_TRIP = "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK"
_RFC1123 = "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'"
_SORTABLE = "yyyy'-'MM'-'dd'T'HH':'mm':'ss"

# Letter -> pattern, and whether it is written in English whatever the culture.
_STANDARD: dict[str, tuple[Callable[[Culture], str], bool]] = {
    "d": (lambda c: c.short_date, False),
    "D": (lambda c: c.long_date, False),
    "f": (lambda c: f"{c.long_date} {c.short_time}", False),
    "F": (lambda c: f"{c.long_date} {c.long_time}", False),
    "U": (lambda c: f"{c.long_date} {c.long_time}", False),
    "g": (lambda c: f"{c.short_date} {c.short_time}", False),
    "G": (lambda c: f"{c.short_date} {c.long_time}", False),
    "m": (lambda c: c.month_day, False),
    "M": (lambda c: c.month_day, False),
    "t": (lambda c: c.short_time, False),
    "T": (lambda c: c.long_time, False),
    "y": (lambda c: c.year_month, False),
    "Y": (lambda c: c.year_month, False),
    "o": (lambda _: ROUND_TRIP, True),
    "O": (lambda _: ROUND_TRIP, True),
    "r": (lambda _: _RFC1123, True),
    "R": (lambda _: _RFC1123, True),
    "s": (lambda _: _SORTABLE, True),
    "u": (lambda _: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'", True),
}
_REPEATABLE = "dfFghHKmMstyz"


def format_moment(moment: Moment, form: str, culture: Culture = ENGLISH) -> str:
    """The moment in this format; an empty one means ``G``. Raises ``Refused`` for a format that .NET has not."""
    if len(form) <= 1:
        if (form or "G") not in _STANDARD:
            raise Refused(f"the format '{form}' is not a valid date and time format")
        pattern, invariant = _STANDARD[form or "G"]
        return _custom(moment, pattern(culture), ENGLISH if invariant else culture)
    return _custom(moment, form, culture)


def _custom(moment: Moment, form: str, culture: Culture) -> str:
    out: list[str] = []
    position = 0
    while position < len(form):
        mark = form[position]
        if mark in "'\"":
            end = form.find(mark, position + 1)
            if end < 0:
                raise Refused(f"the format '{form}' has a quote that is never closed")
            out.append(form[position + 1 : end])
            position = end + 1
        elif mark == "\\":
            out.append(form[position + 1 : position + 2])
            position += 2
        elif mark == "%":
            position += 1
        elif mark in _REPEATABLE:
            end = position
            while end < len(form) and form[end] == mark:
                end += 1
            _append(out, moment, mark, end - position, culture)
            position = end
        else:
            out.append(mark)
            position += 1
    return "".join(out)


def _append(out: list[str], moment: Moment, mark: str, count: int, culture: Culture) -> None:
    if mark == "F":
        text = f"{moment.fraction:07d}"[:count].rstrip("0")
        if not text and out and out[-1] == ".":
            out.pop()  # .NET drops the point before an absent fraction
        out.append(text)
    else:
        out.append(_token(moment, moment.day, mark, count, culture))


def _token(moment: Moment, day: datetime, mark: str, count: int, culture: Culture) -> str:  # noqa: PLR0911 - one per letter
    match mark:
        case "d":
            names = {3: culture.short_days}.get(count, culture.days)
            return _padded(day.day, count) if count <= 2 else names[day.weekday()]  # noqa: PLR2004 - d, dd are numbers
        case "M":
            names = {3: culture.short_months}.get(count, culture.months)
            return _padded(day.month, count) if count <= 2 else names[day.month - 1]  # noqa: PLR2004 - M, MM likewise
        case "y":
            year = day.year % 100 if count <= 2 else day.year  # noqa: PLR2004 - y, yy are the short year
            return str(year).zfill(count)
        case "f":
            if count > 7:  # noqa: PLR2004 - ticks have seven digits
                raise Refused(f"'{mark * count}' has more digits than a fraction of a second")
            return f"{moment.fraction:07d}"[:count]
        case "t":
            half = culture.halves[day.hour >= 12]  # noqa: PLR2004 - noon
            return half[:1] if count == 1 else half
        case "h":
            return _padded((day.hour + 11) % 12 + 1, count)
        case "H" | "m" | "s":
            return _padded({"H": day.hour, "m": day.minute, "s": day.second}[mark], count)
        case "K":
            return moment.kind.value * count
        case "z":
            return {1: "+0", 2: "+00"}.get(count, "+00:00")
        case _:
            return culture.era


def _padded(number: int, count: int) -> str:
    return f"{number:02d}" if count > 1 else str(number)


def iso(moment: Moment) -> str:
    """The default format of every date function: ISO 8601 with seven decimals."""
    return format_moment(moment, "o")


def utc(day: datetime) -> str:
    """A datetime in UTC as Data Factory writes it, ``2026-01-02T03:04:05.1234567Z``."""
    from houseboat.factory.expressions.functions.moments import of

    return iso(of(day, Kind.UTC))
