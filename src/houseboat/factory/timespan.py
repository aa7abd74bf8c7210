"""Data Factory's time spans: ``d.hh:mm:ss``, such as ``0.12:00:00``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.runs import Json

_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\Z")


def seconds(text: Json) -> float | None:
    """The length in seconds; a bare number is taken as seconds; None when it is no time span."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    match = _SPAN.match(str(text).strip())
    if match is None:
        return None
    days, hours, minutes, rest = (int(match[index] or 0) for index in range(1, 5))
    return days * 86_400 + hours * 3600 + minutes * 60 + rest + float(match[5] or 0)


def text(length: float) -> str:
    """Seconds as a time span."""
    whole = int(length)
    clock = f"{whole % 86_400 // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 86_400}.{clock}"
