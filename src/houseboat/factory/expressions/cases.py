"""Evaluates lists of cases: ``houseboat adf eval --cases FILE``.

A case is ``{"expression": text, "context": {...}}``. The context may hold ``parameters``, ``globalParameters``,
``libraryVariables``, ``dataset``, ``linkedService``, ``system``, ``variables``, ``activities`` (name ->
``{output, status, error}``), ``item``, and ``mock_utcnow``, ``mock_guid``, ``mock_rand`` for the outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.factory.errors import ExpressionError
from houseboat.factory.expressions.evaluate import evaluate
from houseboat.factory.expressions.scope import Environment, Scope
from houseboat.factory.expressions.values import number_text

if TYPE_CHECKING:
    from houseboat.runs import Json


def evaluate_cases(cases: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """``{"value": ...}`` or ``{"error": "..."}`` for each case, in order."""
    return [_evaluated(case) for case in cases]


def _evaluated(case: Mapping[str, Json]) -> dict[str, Json]:
    try:
        return {"value": _finite(evaluate(case["expression"], scope_of(case.get("context") or {})))}
    except ExpressionError as error:
        return {"error": error.message}


def _finite(value: Json) -> Json:
    """The value with NaN and the infinities as text, for which JSON has no numbers."""
    match value:
        case float() if not math.isfinite(value):
            return number_text(value)
        case list():
            return [_finite(item) for item in value]
        case Mapping():
            return {key: _finite(item) for key, item in value.items()}
        case _:
            return value


def scope_of(context: Mapping[str, Json]) -> Scope:
    """The scope that a case's context describes."""
    named = {key: context.get(key) or {} for key in ("parameters", "globalParameters", "libraryVariables")}
    pipeline = {
        **named,
        "dataset": context.get("dataset") or {},
        "linkedService": context.get("linkedService") or {},
        **(context.get("system") or {}),
    }
    return Scope(
        pipeline=pipeline,
        variables=context.get("variables") or {},
        activities=context.get("activities") or {},
        items=(context["item"],) if "item" in context else (),
        dataset=context.get("dataset") or {},
        linked_service=context.get("linkedService") or {},
        environment=_environment(context),
    )


def _environment(context: Mapping[str, Json]) -> Environment:
    environment = Environment()
    now, guid, rand = (context.get(f"mock_{name}") for name in ("utcnow", "guid", "rand"))
    return Environment(
        now=environment.now if now is None else lambda: str(now),
        guid=environment.guid if guid is None else lambda: str(guid),
        rand=environment.rand if rand is None else lambda _low, _high: int(rand),
    )
