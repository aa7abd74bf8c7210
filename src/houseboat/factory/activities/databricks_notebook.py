"""DatabricksNotebook: one notebook; its parameters arrive as widgets, its exit value as ``runOutput``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.databricks import launch
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Run the notebook and wait for its end. Libraries and clusters of the activity mean nothing here."""
    return launch(call, "notebook", to_text(call.required("notebookPath")), call.settings.get("baseParameters") or {})
