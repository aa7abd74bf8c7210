"""Values of the expression language: their names, their text, their equality.

JSON values are plain Python values. Source of the conversions: .NET's and Newtonsoft's rules, as parity cases show.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.runs import Json

CONTENT_TYPE, CONTENT = "$content-type", "$content"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def type_name(value: Json) -> str:  # noqa: PLR0911 - one per type
    """The engine's name of a value's type, as it stands in messages."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Float"
        case str():
            return "String"
        case list():
            return "Array"
        case _:
            return "Object"


def is_number(value: Json) -> bool:
    """Whether a value is an integer or a float; booleans are neither."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: Json) -> bool:
    """Whether a value is an integer; booleans are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_binary(value: Json) -> bool:
    """Whether a value is the engine's object for bytes: a content type and base64."""
    if not isinstance(value, Mapping) or set(value) != {CONTENT_TYPE, CONTENT}:
        return False
    content = value[CONTENT]
    return (
        isinstance(value[CONTENT_TYPE], str)
        and isinstance(content, str)
        and len(content) % 4 == 0
        and _BASE64.fullmatch(content) is not None
    )


def binary(data: bytes, content_type: str = "application/octet-stream") -> dict[str, Json]:
    """Bytes as the engine shows them."""
    return {CONTENT_TYPE: content_type, CONTENT: base64.b64encode(data).decode()}


def binary_bytes(value: Mapping[str, Json]) -> bytes:
    """The bytes of such an object."""
    return base64.b64decode(value[CONTENT])


def number_text(value: float) -> str:
    """A float as .NET writes it: shortest digits, ``1E+20`` from 15 digits on, ``1E-05`` below 0.0001."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    digits, exponent = _shortest(abs(value))
    if not digits.strip("0"):
        return sign + "0"
    if -5 < exponent < 15:  # noqa: PLR2004 - .NET's bounds of plain notation
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole = digits[: exponent + 1].ljust(exponent + 1, "0")
        fraction = digits[exponent + 1 :]
        return sign + (f"{whole}.{fraction}" if fraction else whole)
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{mantissa}E{'+' if exponent > 0 else '-'}{abs(exponent):02d}"


def _shortest(value: float) -> tuple[str, int]:
    """Shortest round-trip digits and the power of ten of the first one."""
    mantissa, _, power = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    exponent = len(whole) - 1 + int(power or 0)
    stripped = digits.lstrip("0")
    exponent -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", exponent


def to_json(value: Json) -> str:  # noqa: PLR0911 - one per type
    """Compact JSON as the engine writes it: floats keep a decimal point, text outside ASCII stays."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case float():
            text = number_text(value)
            if not math.isfinite(value):
                return f'"{text}"'
            return text if any(mark in text for mark in ".E") else f"{text}.0"
        case str():
            return _quoted(value)
        case list() | tuple():
            return f"[{','.join(to_json(item) for item in value)}]"
        case Mapping():
            return f"{{{','.join(f'{_quoted(str(key))}:{to_json(item)}' for key, item in value.items())}}}"
        case _:
            return json.dumps(value)


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    for separator, escape in (("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("\u0085", "\\u0085")):
        quoted = quoted.replace(separator, escape)
    return quoted


def to_text(value: Json) -> str:  # noqa: PLR0911 - one per type
    """A value as ``concat`` and ``@{...}`` write it: null is empty, a boolean is True or False, objects are JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value)
        case float():
            return number_text(value)
        case int():
            return str(value)
        case _ if is_binary(value):
            return binary_bytes(value).decode(errors="replace")
        case _:
            return to_json(value)


def same(left: Json, right: Json) -> bool:
    """Deep equality: types count (1 is not 1.0 here), object keys in any order, everything case-sensitive."""
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    return bool(left == right)


def find_key(properties: Mapping[str, Json], key: str) -> str | None:
    """The key as the object spells it; names are compared without regard to case, an exact match wins."""
    if key in properties:
        return key
    lowered = key.lower()
    return next((name for name in properties if name.lower() == lowered), None)
