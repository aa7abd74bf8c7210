"""A bundle's variables, and the ``${...}`` references that stand for them.

A variable's value comes from the first of: the command line, ``BUNDLE_VAR_<name>`` in the environment, ``lookup``,
``.databricks/bundle/<target>/variable-overrides.json``, the target, its default. Source: Databricks' pages on
bundle variables and substitutions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from houseboat.databricks.errors import BundleError
from houseboat.databricks.yaml_places import Map, Seq, place_of
from houseboat.errors import Place

if TYPE_CHECKING:
    from houseboat.runs import Json

_REFERENCE = re.compile(r"\$\{(?P<path>[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\])+)\}")
_NAMESPACES = ("var", "variables", "bundle", "workspace", "resources", "artifacts")


def variable_values(
    declared: Map,
    given: Mapping[str, str],
    environment: Mapping[str, str],
    overrides: Path,
    warn: Callable[[str], None],
) -> dict[str, Json]:
    """The value of each declared variable; raises ``BundleError`` for one without a value and for unknown names."""
    for name in given:
        if name not in declared:
            raise BundleError(f"variable {name!r} is given but not declared", hint=f"declared: {', '.join(declared)}")
    from_file = _overrides(overrides)
    values: dict[str, Json] = {}
    for name, definition in declared.items():
        place = place_of(declared, name)
        if not isinstance(definition, Map):
            raise BundleError(
                f"variables.{name}: expected a mapping", place=place, hint="variables: {name: {default: value}}"
            )
        complex_type = definition.get("type") == "complex"
        outside = given.get(name, environment.get(f"BUNDLE_VAR_{name}"))
        if outside is not None:
            values[name] = _parse(name, outside, place) if complex_type else outside
        elif definition.get("lookup"):
            kind, looked_up = next(iter(definition["lookup"].items()))
            values[name] = looked_up
            warn(f"variable {name!r} looks up the {kind} {looked_up!r} in a workspace; its name stands for it here")
        elif name in from_file:
            values[name] = from_file[name]
        elif "default" in definition:
            values[name] = definition["default"]
        else:
            raise BundleError(
                f"no value for the variable {name!r}",
                place=place,
                hint=f"give it a default, set BUNDLE_VAR_{name}, or pass it on the command line",
            )
    return values


def target_variables(declared: Map, target: Map) -> Map:
    """A target's ``variables`` in long form: ``x: value`` means ``x: {default: value}``."""
    long = Map(place=target.place)
    for name, value in target.items():
        place = place_of(target, name)
        if name not in declared:
            raise BundleError(f"the target sets the variable {name!r}, which is not declared", place=place)
        definition = value if isinstance(value, Map) and ({"default", "lookup"} & value.keys()) else None
        if definition is None:
            definition = Map(place=place)
            definition.put("default", value, place)
        long.put(name, definition, place)
    return long


class Interpolation:
    """Replaces ``${...}`` by what it names; a text that is one reference takes the value with its type."""

    def __init__(self, lookup: Callable[[list[str]], Json]) -> None:
        """``lookup`` answers a path such as ``["var", "x"]``; raises ``KeyError`` when there is nothing."""
        self._lookup = lookup
        self._open: list[str] = []

    def apply(self, value: Json, place: Place) -> Json:
        """The value with every reference replaced, in place where it is a ``Map`` or ``Seq``."""
        if isinstance(value, Map):
            for key in list(value):
                value[key] = self.apply(value[key], place_of(value, key))
        elif isinstance(value, Seq):
            for number in range(len(value)):
                value[number] = self.apply(value[number], place_of(value, number))
        elif isinstance(value, str):
            return self._text(value, place)
        return value

    def _text(self, text: str, place: Place) -> Json:
        whole = _REFERENCE.fullmatch(text)
        if whole:
            return self._resolve(whole, place)
        return _REFERENCE.sub(lambda match: _spell(self._resolve(match, place)), text)

    def _resolve(self, match: re.Match[str], place: Place) -> Json:
        written = match["path"]
        path = re.findall(r"[\w-]+", written)
        if path[0] not in _NAMESPACES:
            return match.group(0)
        if written in self._open:
            raise BundleError(f"${{{written}}} refers to itself: {' -> '.join([*self._open, written])}", place=place)
        self._open.append(written)
        try:
            return self.apply(deepcopy(self._lookup(path)), place)
        except KeyError as error:
            raise BundleError(
                f"${{{written}}} names nothing in the bundle", place=place, hint=f"no {error.args[0]!r}"
            ) from error
        finally:
            self._open.pop()


def _spell(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _parse(name: str, text: str, place: Place) -> Json:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BundleError(f"the value given for the complex variable {name!r} is not JSON", place=place) from error


def _overrides(path: Path) -> dict[str, Json]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(f"not JSON: {error}", place=Place(path)) from error
    return found if isinstance(found, dict) else {}
