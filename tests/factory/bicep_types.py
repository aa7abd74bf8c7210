"""Checks JSON against Azure's own description of a resource type (the format of Azure/bicep-types)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.runs import Json

_REQUIRED = 1
_SCALARS: dict[str, type | tuple[type, ...]] = {"StringType": str, "IntegerType": int, "BooleanType": bool}


class ResourceTypes:
    """The types of one API version."""

    def __init__(self, file: Path) -> None:
        self._types = json.loads(file.read_text(encoding="utf-8"))

    def variants(self, name: str) -> set[str]:
        """The values of ``type`` that this kind of thing may have."""
        return {
            variant
            for entry in self._types
            if entry["$type"] == "DiscriminatedObjectType" and entry["name"] == name
            for variant in entry["elements"]
        }

    def problems(self, resource_type: str, body: Json) -> list[str]:
        """What the description does not know or misses in this resource; empty when all is well."""
        resource = next(
            entry
            for entry in self._types
            if entry["$type"] == "ResourceType" and entry["name"].lower().startswith(resource_type.lower() + "@")
        )
        return list(self._check(self._type(resource["body"]), body, ""))

    def _type(self, reference: Mapping[str, str]) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self._types[int(reference["$ref"].removeprefix("#/"))]
        return found

    def _check(self, expected: Mapping[str, Json], value: Json, at: str) -> Iterator[str]:
        kind = expected["$type"]
        if kind == "ObjectType":
            yield from self._object(expected.get("properties") or {}, expected, value, at)
        elif kind == "DiscriminatedObjectType":
            yield from self._discriminated(expected, value, at)
        elif kind == "ArrayType":
            if not isinstance(value, list):
                yield f"{at}: not an array"
                return
            for index, item in enumerate(value):
                yield from self._check(self._type(expected["itemType"]), item, f"{at}[{index}]")
        elif kind == "UnionType":
            tries = [list(self._check(self._type(one), value, at)) for one in expected["elements"]]
            if all(tries):
                yield f"{at}: {value!r} is none of the allowed values"
        elif kind == "StringLiteralType":
            if value != expected["value"]:
                yield f"{at}: {value!r} is not {expected['value']!r}"
        elif kind in _SCALARS and not isinstance(value, _SCALARS[kind]):
            yield f"{at}: {value!r} is not a {kind}"

    def _discriminated(self, expected: Mapping[str, Json], value: Json, at: str) -> Iterator[str]:
        key = expected["discriminator"]
        element = expected["elements"].get(value.get(key)) if isinstance(value, dict) else None
        if element is None:
            yield f"{at}: unknown {key} {value.get(key) if isinstance(value, dict) else value!r}"
            return
        chosen = self._type(element)
        properties = {**expected["baseProperties"], **chosen["properties"]}
        yield from self._object(properties, chosen, value, at)

    def _object(self, known: Mapping[str, Json], expected: Mapping[str, Json], value: Json, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: not an object"
            return
        # Many types also allow whatever else there is; what they name themselves is what counts here.
        more = expected.get("additionalProperties") if not known else None
        for key, item in value.items():
            if key in known:
                yield from self._check(self._type(known[key]["type"]), item, f"{at}.{key}")
            elif more is not None:
                yield from self._check(self._type(more), item, f"{at}.{key}")
            else:
                yield f"{at}.{key}: unknown property"
        for key, entry in known.items():
            if entry["flags"] & _REQUIRED and key not in value:
                yield f"{at}.{key}: missing"
