"""Fail: always, with the message and code of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Raise it."""
    raise ActivityError(to_text(call.required("message")), code=to_text(call.required("errorCode")))
