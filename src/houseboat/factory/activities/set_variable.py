"""SetVariable: a pipeline variable, or the pipeline's return value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Set it; the output is its name and value."""
    name, value = call.required("variableName"), call.settings.get("value")
    if call.settings.get("setSystemVariable"):
        returned = _object(value or [])
        call.context.running.returned.update(returned)
        return {"name": name, "value": returned}
    return {"name": name, "value": call.context.running.variables.set(name, value)}


def _object(pairs: list[Json]) -> dict[str, Json]:
    return {pair["key"]: _typed(pair.get("value")) for pair in pairs}


def _typed(entry: Json) -> Json:
    """The value that ``{type, content}`` describes; expressions in it are evaluated already."""
    if not isinstance(entry, Mapping) or "type" not in entry:
        return entry
    read = _TYPES.get(str(entry["type"]).lower())
    if read is None:
        raise ActivityError(
            f"'{entry['type']}' is not a type of a return value", code="BadReturnValue",
            hint=f"types are {', '.join(_TYPES)}",
        )  # fmt: skip
    return read(entry.get("content"))


_TYPES: dict[str, Callable[[Json], Json]] = {
    "string": lambda content: content,
    "expression": lambda content: content,
    "boolean": lambda content: content,
    "int": lambda content: content,
    "float": lambda content: content,
    "null": lambda _: None,
    "array": lambda content: [_typed(item) for item in content or []],
    "object": lambda content: _object(content or []),
}
