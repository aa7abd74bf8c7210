"""Evaluates expressions and whole JSON values against a scope.

``if``, ``and``, ``or`` and ``coalesce`` evaluate only what they need. The result of an expression is never evaluated
again, so a parameter whose value happens to start with ``@`` stays text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from houseboat.errors import Place
from houseboat.factory.errors import ExpressionError
from houseboat.factory.expressions.functions import FUNCTIONS
from houseboat.factory.expressions.grammar import Access, Call, Literal, Node
from houseboat.factory.expressions.scope import ACCESSORS, Missing, Refused, Scope
from houseboat.factory.expressions.template import Expression, Interpolated, Plain, read
from houseboat.factory.expressions.values import find_key, is_integer, to_text, type_name

if TYPE_CHECKING:
    from houseboat.runs import Json


def evaluate(value: Json, scope: Scope, place: Place | None = None) -> Json:
    """A JSON value with every expression in it replaced by what it evaluates to.

    ``place`` is where the value stands in the user's files. Raises ``ExpressionError``.
    """
    match value:
        case str():
            return evaluate_text(value, scope, place)
        case list():
            return [evaluate(item, scope, _below(place, f"[{index}]")) for index, item in enumerate(value)]
        case Mapping() if is_expression(value):
            inner = value["value"]
            return evaluate_text(inner, scope, place) if isinstance(inner, str) else inner
        case Mapping():
            return {key: evaluate(item, scope, _below(place, f".{key}")) for key, item in value.items()}
        case _:
            return value


def is_expression(value: Json) -> bool:
    """Whether a JSON object is the wrapper ``{"value": ..., "type": "Expression"}``."""
    return isinstance(value, Mapping) and value.get("type") == "Expression" and "value" in value


def evaluate_text(text: str, scope: Scope, place: Place | None = None) -> Json:
    """The value of one JSON string: text as it is, a typed result, or interpolated text."""
    try:
        template = read(text)
        match template:
            case Plain(plain):
                return plain
            case Expression():
                return _whole(template, scope)
            case Interpolated(parts):
                return "".join(part if isinstance(part, str) else to_text(_whole(part, scope)) for part in parts)
    except ExpressionError as error:
        error.place = error.place or place
        raise


def _below(place: Place | None, step: str) -> Place | None:
    return None if place is None else Place(place.file, place.line, f"{place.at or ''}{step}")


def _whole(expression: Expression, scope: Scope) -> Json:
    try:
        return _value(expression.node, scope)
    except Refused as reason:
        raise ExpressionError.because(expression.source, str(reason)) from None
    except RecursionError:
        raise ExpressionError.because(expression.source, "it is nested too deeply") from None


def _value(node: Node, scope: Scope) -> Json:
    match node:
        case Literal(value):
            return value
        case Call(name, arguments):
            return _call(name, arguments, scope)
        case Access(subject, key, guarded):
            holder = _value(subject, scope)
            step = _value(key, scope)
            try:
                return _step(holder, step)
            except Missing:
                if guarded:
                    return None
                raise


def _call(name: str, arguments: tuple[Node, ...], scope: Scope) -> Json:
    lowered = name.lower()
    if lazy := LAZY.get(lowered):
        return lazy(arguments, scope)
    if lowered in ACCESSORS:
        count, accessor = ACCESSORS[lowered]
        if len(arguments) != count:
            raise Refused(f"the function '{name}' expects {count} parameter(s) and was given {len(arguments)}")
        return accessor(scope, *(_value(argument, scope) for argument in arguments))
    function = FUNCTIONS.get(lowered)
    if function is None:
        raise Refused(f"the function '{name}' is not defined or not valid")
    return function.apply(name, [_value(argument, scope) for argument in arguments], scope.environment)


def _step(holder: Json, step: Json) -> Json:
    if isinstance(holder, Mapping):
        if not isinstance(step, str):
            raise Refused(f"an object is accessed by a name, not by a value of type '{type_name(step)}'")
        key = find_key(holder, step)
        if key is None:
            available = ", ".join(holder)
            raise Missing(f"property '{step}' doesn't exist, available properties are '{available}'")
        return holder[key]
    if isinstance(holder, list):
        if not is_integer(step):
            raise Refused(f"array elements can only be selected using an integer index, not '{to_text(step)}'")
        if step < 0 or step >= len(holder):
            bounds = f"(0, {len(holder) - 1})"
            raise Missing(f"array index '{step}' is outside bounds {bounds} of array")
        return holder[step]
    if holder is None:
        raise Missing(f"property '{to_text(step)}' cannot be selected: its parent is null")
    raise Refused(f"property '{to_text(step)}' cannot be selected from a value of type '{type_name(holder)}'")


def _boolean(name: str, node: Node, scope: Scope) -> bool:
    value = _value(node, scope)
    if not isinstance(value, bool):
        raise Refused(f"the function '{name}' expects a boolean, and was given a value of type '{type_name(value)}'")
    return value


def _if(arguments: tuple[Node, ...], scope: Scope) -> Json:
    if len(arguments) != 3:  # noqa: PLR2004 - condition, then, else
        raise Refused(f"the function 'if' expects 3 parameters and was given {len(arguments)}")
    chosen = arguments[1] if _boolean("if", arguments[0], scope) else arguments[2]
    return _value(chosen, scope)


def _some(name: str, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    if not arguments:
        raise Refused(f"the function '{name}' expects at least 1 parameter")
    return arguments


def _coalesce(arguments: tuple[Node, ...], scope: Scope) -> Json:
    values = (_value(argument, scope) for argument in _some("coalesce", arguments))
    return next((value for value in values if value is not None), None)


LAZY: dict[str, Callable[[tuple[Node, ...], Scope], Json]] = {
    "if": _if,
    "and": lambda arguments, scope: all(_boolean("and", argument, scope) for argument in _some("and", arguments)),
    "or": lambda arguments, scope: any(_boolean("or", argument, scope) for argument in _some("or", arguments)),
    "coalesce": _coalesce,
}
"""Functions that evaluate only the arguments they need."""
