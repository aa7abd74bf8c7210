"""Arithmetic: 64-bit integers that refuse to overflow, and IEEE floats with their noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from houseboat.factory.expressions.functions.function import INTEGER, NUMBER, Function, Kind, many, outside, row
from houseboat.factory.expressions.scope import Environment, Refused
from houseboat.factory.expressions.values import is_integer, is_number

if TYPE_CHECKING:
    from houseboat.runs import Json

_INTEGERS = range(-(2**63), 2**63)
_LONGEST_RANGE = 100_000
_NUMBER_OR_ARRAY = Kind("a number or an array", lambda value: is_number(value) or isinstance(value, list))


def _checked(name: str, value: float) -> float:
    if is_integer(value) and value not in _INTEGERS:
        raise Refused(f"the result of '{name}' does not fit into 64 bits")
    return value


def _divisor(name: str, value: float) -> float:
    if value == 0:
        raise Refused(f"the function '{name}' attempted to divide by zero")
    return value


def _div(left: float, right: float) -> float:
    _divisor("div", right)
    if is_integer(left) and is_integer(right):
        quotient = abs(left) // abs(right)
        return _checked("div", quotient if (left < 0) == (right < 0) else -quotient)
    return left / right


def _mod(left: float, right: float) -> float:
    _divisor("mod", right)
    if is_integer(left) and is_integer(right):
        return int(math.copysign(abs(left) % abs(right), left)) if left else 0
    return math.fmod(left, right)


def _extreme(name: str, choose: Callable[[list[float]], float]) -> Function:
    def call(*values: Json) -> float:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        if not numbers or not all(is_number(number) for number in numbers):
            raise Refused(f"the function '{name}' expects numbers, or one array of numbers")
        chosen = choose(numbers)
        return float(chosen) if any(isinstance(number, float) for number in numbers) else chosen

    return many(call, _NUMBER_OR_ARRAY)


def _rand(environment: Environment, low: int, high: int) -> int:
    if high < low:
        raise Refused("the second parameter of 'rand' must not be less than the first")
    return environment.rand(low, high)


def _range(start: int, count: int) -> list[int]:
    if not 0 <= count <= _LONGEST_RANGE:
        raise Refused(f"the second parameter of 'range' must be between 0 and {_LONGEST_RANGE}")
    return list(range(start, start + count))


FUNCTIONS: dict[str, Function] = {
    "add": row(lambda left, right: _checked("add", left + right), NUMBER, NUMBER),
    "sub": row(lambda left, right: _checked("sub", left - right), NUMBER, NUMBER),
    "mul": row(lambda left, right: _checked("mul", left * right), NUMBER, NUMBER),
    "div": row(_div, NUMBER, NUMBER),
    "mod": row(_mod, NUMBER, NUMBER),
    "min": _extreme("min", min),
    "max": _extreme("max", max),
    "rand": outside(_rand, INTEGER, INTEGER),
    "range": row(_range, INTEGER, INTEGER),
}
