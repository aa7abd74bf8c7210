"""The variables of one pipeline run: one copy, shared by everything that runs in parallel in it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import find_key, type_name

if TYPE_CHECKING:
    from houseboat.runs import Json

_FITS: dict[str, tuple[str, ...]] = {
    "string": ("String", "Null"),
    "boolean": ("Boolean", "Null"),
    "array": ("Array", "Null"),
    "integer": ("Integer", "Null"),
}


class Variables:
    """Names are compared without regard to case; every change is atomic."""

    def __init__(self, declared: Mapping[str, Mapping[str, Json]]) -> None:
        """``declared``: the pipeline's ``variables``. An unset String is null, an unset Array empty."""
        self._types = {name: str(entry.get("type") or "String") for name, entry in declared.items()}
        self._values: dict[str, Json] = {
            name: entry.get("defaultValue", [] if self._types[name].lower() == "array" else None)
            for name, entry in declared.items()
        }
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Json]:
        """All values as they are now."""
        with self._lock:
            return dict(self._values)

    def set(self, name: str, value: Json) -> Json:
        """Replace a value and return it. Raises ``ActivityError`` for an unknown name or a wrong type."""
        key = self._key(name)
        declared = self._types[key]
        fits = _FITS.get(declared.lower())
        if fits and type_name(value) not in fits:
            raise ActivityError(
                f"The variable '{key}' of type '{declared}' cannot be initialized or updated with value of type "
                f"'{type_name(value)}'. The variable '{key}' only supports values of types '{declared}'.",
                code="VariableTypeMismatch",
                hint="convert it, for example with string(...)" if declared.lower() == "string" else None,
            )
        with self._lock:
            self._values[key] = value
        return value

    def append(self, name: str, value: Json) -> list[Json]:
        """Add an element to an array and return the array. Raises ``ActivityError`` unless it is one."""
        key = self._key(name)
        with self._lock:
            current = self._values[key]
            if self._types[key].lower() != "array" or not isinstance(current, list):
                raise ActivityError(f"The variable '{key}' is not an array.", code="VariableTypeMismatch")
            self._values[key] = grown = [*current, value]
        return grown

    def _key(self, name: str) -> str:
        key = find_key(self._types, name)
        if key is None:
            known = ", ".join(self._types) or "none"
            raise ActivityError(
                f"there is no variable '{name}'",
                code="VariableNotFound",
                hint=f"declared are: {known}",
            )
        return key
