"""Arguments meet declared parameters: defaults, required ones, and conversion to the declared type.

Source: Data Factory's parameter types (pipelines ``string int float bool array object securestring``; datasets and
linked services the same in any case). Values of another JSON type are converted where the text allows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from houseboat.factory.errors import FactoryError
from houseboat.factory.expressions.values import find_key, to_json, to_text, type_name

if TYPE_CHECKING:
    from houseboat.errors import Place
    from houseboat.runs import Json


def bind(
    declared: Mapping[str, Mapping[str, Json]],
    arguments: Mapping[str, Json],
    place: Place,
    owner: str,
) -> dict[str, Json]:
    """The value of every declared parameter. Raises ``FactoryError`` for unknown, missing and misfit arguments.

    ``owner`` names who declares them, such as ``pipeline 'master'``; ``place`` is where it does.
    """
    for name in arguments:
        if find_key(declared, name) is None:
            known = ", ".join(declared) or "none"
            raise FactoryError(f"{owner} has no parameter '{name}'", place=place, hint=f"it declares: {known}")
    values: dict[str, Json] = {}
    for name, declaration in declared.items():
        given = find_key(arguments, name)
        if given is None and declaration.get("defaultValue") is None:
            raise FactoryError(
                f"{owner} needs a value for its parameter '{name}'",
                place=place,
                hint="pass one, or declare a default",
            )
        value = declaration.get("defaultValue") if given is None else arguments[given]
        values[name] = convert(value, str(declaration.get("type") or "string"), f"parameter '{name}' of {owner}", place)
    return values


def convert(value: Json, declared: str, what: str, place: Place) -> Json:
    """The value as the declared type. Raises ``FactoryError`` when it cannot be."""
    converter = _CONVERTERS.get(declared.lower())
    if converter is None or value is None:
        return value
    try:
        return converter(value)
    except (ValueError, TypeError):
        raise FactoryError(
            f"{what} is declared as {declared} and was given a value of type '{type_name(value)}'",
            place=place,
        ) from None


def _text(value: Json) -> str:
    if isinstance(value, Mapping) and value.get("type") == "SecureString":
        return str(value.get("value") or "")
    return to_json(value) if isinstance(value, (list, Mapping)) else to_text(value)


def _integer(value: Json) -> int:
    if isinstance(value, (bool, Mapping, list)) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _boolean(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise TypeError


def _number(value: Json) -> float:
    if isinstance(value, (bool, Mapping, list)):
        raise TypeError
    return float(value)


def _of(kind: type) -> Callable[[Json], Json]:
    def converted(value: Json) -> Json:
        found = json.loads(value) if isinstance(value, str) else value
        if not isinstance(found, kind):
            raise TypeError
        return found

    return converted


_CONVERTERS: dict[str, Callable[[Json], Json]] = {
    "string": _text,
    "securestring": _text,
    "int": _integer,
    "float": _number,
    "bool": _boolean,
    "array": _of(list),
    "object": lambda value: json.loads(value) if isinstance(value, str) else value,
}
