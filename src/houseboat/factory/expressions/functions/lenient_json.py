"""Reads JSON as leniently as Newtonsoft's parser, which the expression function ``json`` uses.

Beyond the standard: single quotes, bare keys, trailing commas, comments, NaN and Infinity; empty text is null; the
last of several equal keys wins. Big integers keep all digits and dates stay text.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from houseboat.factory.expressions.scope import Refused

if TYPE_CHECKING:
    from houseboat.runs import Json

_SKIP = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|\ufeff)*", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER = re.compile(r"-?(?:\d+(?P<real>\.\d*)?|(?P<point>\.\d+))(?P<power>[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"-?[A-Za-z]+")
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "\"'"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Json] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


def parse_json(text: str) -> Json:
    """The value of a JSON text. Raises ``Refused``."""
    try:
        return json.loads(text)
    except ValueError:
        pass  # not standard JSON: read it leniently
    position = _skip(text, 0)
    if position == len(text):
        return None
    value, position = _value(text, position)
    position = _skip(text, position)
    if position != len(text):
        raise _broken(text, position)
    return value


def _skip(text: str, position: int) -> int:
    match = _SKIP.match(text, position)
    return match.end() if match else position


def _broken(text: str, position: int) -> Refused:
    near = text[position : position + 20]
    return Refused(f"the value given to 'json' is not valid JSON at position {position}: '{near}'")


def _value(text: str, position: int) -> tuple[Json, int]:
    start = text[position : position + 1]
    if start == "{":
        return _object(text, position + 1)
    if start == "[":
        return _array(text, position + 1)
    if start in _STRING:
        return _string(text, position)
    if match := _NUMBER.match(text, position):
        real = match["real"] or match["point"] or match["power"]
        return (float(match[0]) if real else int(match[0])), match.end()
    if (match := _WORD.match(text, position)) and match[0] in _WORDS:
        return _WORDS[match[0]], match.end()
    raise _broken(text, position)


def _string(text: str, position: int) -> tuple[str, int]:
    match = _STRING[text[position]].match(text, position)
    if match is None:
        raise _broken(text, position)
    return _ESCAPE.sub(_unescaped, match[1]), match.end()


def _unescaped(match: re.Match[str]) -> str:
    mark = match[1]
    return chr(int(mark[1:], 16)) if len(mark) > 1 else _ESCAPES.get(mark, mark)


def _object(text: str, position: int) -> tuple[dict[str, Json], int]:
    found: dict[str, Json] = {}
    while True:
        position = _skip(text, position)
        if text[position : position + 1] == "}":
            return found, position + 1
        if text[position : position + 1] in _STRING:
            key, position = _string(text, position)
        elif match := _BARE_KEY.match(text, position):
            key, position = match[0], match.end()
        else:
            raise _broken(text, position)
        position = _skip(text, position)
        if text[position : position + 1] != ":":
            raise _broken(text, position)
        found[key], position = _value(text, _skip(text, position + 1))
        position = _separator(text, position, "}")


def _array(text: str, position: int) -> tuple[list[Json], int]:
    found: list[Json] = []
    while True:
        position = _skip(text, position)
        if text[position : position + 1] == "]":
            return found, position + 1
        item, position = _value(text, position)
        found.append(item)
        position = _separator(text, position, "]")


def _separator(text: str, position: int, closing: str) -> int:
    """Past a comma, or at the closing bracket."""
    position = _skip(text, position)
    if text[position : position + 1] == ",":
        return position + 1
    if text[position : position + 1] == closing:
        return position
    raise _broken(text, position)
