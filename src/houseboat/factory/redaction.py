"""Keeps secrets out of the record of runs.

Hidden are values under telling names (``password``, ``Authorization``, ...), ``SecureString`` objects, and the values
of secure parameters wherever they appear. Expressions still see all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.runs import Json

HIDDEN = "***"
_TELLING = re.compile(
    r"password|passwd|secret|token|authorization|api-?key|(account|access|shared|servicePrincipal|subscription-?)key"
    r"|connectionString|sasUri|^pfx$",
    re.IGNORECASE,
)


def secrets_of(declared: Mapping[str, Mapping[str, Json]], values: Mapping[str, Json]) -> frozenset[str]:
    """The values of the parameters that are declared as secure strings."""
    names = [name for name, entry in declared.items() if str(entry.get("type") or "").lower() == "securestring"]
    return frozenset(str(values[name]) for name in names if values.get(name))


def redacted(value: Json, secrets: Iterable[str] = ()) -> Json:
    """The value as it may be written down."""
    match value:
        case str():
            return hidden(value, secrets)
        case list():
            return [redacted(item, secrets) for item in value]
        case Mapping() if value.get("type") == "SecureString":
            return {"type": "SecureString", "value": HIDDEN}
        case Mapping():
            return {
                key: HIDDEN if _TELLING.search(str(key)) and isinstance(item, str) else redacted(item, secrets)
                for key, item in value.items()
            }
        case _:
            return value


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
