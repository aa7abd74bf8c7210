"""``condition_task``: compares two values; its outcome, ``true`` or ``false``, chooses the branch.

``EQUAL_TO`` and ``NOT_EQUAL`` compare text (``12.0`` is not ``12``), the others compare numbers. Source: Databricks'
page on if/else tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from houseboat.databricks.errors import JobError
from houseboat.databricks.references import spell
from houseboat.databricks.yaml_places import Map, place_of

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import Services, TaskContext
    from houseboat.runs import Json

_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "EQUAL_TO": lambda left, right: left == right,
    "NOT_EQUAL": lambda left, right: left != right,
}
_NUMBER: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "GREATER_THAN": lambda left, right: left > right,
    "GREATER_THAN_OR_EQUAL": lambda left, right: left >= right,
    "LESS_THAN": lambda left, right: left < right,
    "LESS_THAN_OR_EQUAL": lambda left, right: left <= right,
}


def run(context: TaskContext) -> dict[str, Json]:
    """``{"outcome": "true" | "false"}``."""
    op = str(context.settings["op"])
    left, right = _operand(context, "left"), _operand(context, "right")
    if op in _TEXT:
        taken = _TEXT[op](left, right)
    else:
        taken = _NUMBER[op](_number(context, "left", left), _number(context, "right", right))
    outcome = "true" if taken else "false"
    context.progress(f"{left} {op} {right}: {outcome}")
    return {"outcome": outcome, "left": left, "right": right}


def check(key: str, settings: Map, services: Services) -> None:  # noqa: ARG001 - one signature for all types
    """The operator must be known, both operands there."""
    if settings.get("op") not in (*_TEXT, *_NUMBER):
        raise JobError(
            f"task {key!r}: op {settings.get('op')!r} is none of {', '.join((*_TEXT, *_NUMBER))}",
            place=place_of(settings, "op"),
        )
    for name in ("left", "right"):
        if settings.get(name) is None:
            raise JobError(f"task {key!r}: {name} is missing", place=place_of(settings))


def _operand(context: TaskContext, name: str) -> str:
    value = context.references.value(context.settings[name])
    if isinstance(value, (list, dict)):
        raise context.fail(f"{name} is a list or an object; a condition compares text, numbers and true/false", name)
    return spell(value)


def _number(context: TaskContext, name: str, text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise context.fail(f"{name} is {text!r}, which is not a number", name, "EQUAL_TO compares text") from None
