"""Comparisons. ``if``, ``and``, ``or`` and ``coalesce`` are lazy and live with the evaluator."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from houseboat.factory.expressions.functions import text
from houseboat.factory.expressions.functions.function import ANY, BOOLEAN, Function, Kind, row
from houseboat.factory.expressions.scope import Refused
from houseboat.factory.expressions.values import is_number, same, type_name

if TYPE_CHECKING:
    from houseboat.runs import Json

_COMPARABLE = Kind("a number or a string", lambda value: is_number(value) or isinstance(value, str))


def _equals(left: Json, right: Json) -> bool:
    """Deep equality; at the top level (only there) an integer may equal a float."""
    return bool(left == right) if is_number(left) and is_number(right) else same(left, right)


def _comparison(name: str, compare: Callable[[Any, Any], bool]) -> Function:
    def call(left: Json, right: Json) -> bool:
        if isinstance(left, str) != isinstance(right, str):
            raise Refused(
                f"the function '{name}' expects two numbers or two strings, "
                f"and was given values of type '{type_name(left)}' and '{type_name(right)}'",
            )
        if isinstance(left, str):
            return compare(text.order(left), text.order(right))
        return compare(left, right)

    return row(call, _COMPARABLE, _COMPARABLE)


FUNCTIONS: dict[str, Function] = {
    "equals": row(_equals, ANY, ANY),
    "greater": _comparison("greater", operator.gt),
    "greaterOrEquals": _comparison("greaterOrEquals", operator.ge),
    "less": _comparison("less", operator.lt),
    "lessOrEquals": _comparison("lessOrEquals", operator.le),
    "not": row(operator.not_, BOOLEAN),
}
