"""What of Data Factory runs here and what does not, taken from the registries: the source of the support page."""

from __future__ import annotations

from collections.abc import Iterable

from houseboat.factory import connectors, triggers
from houseboat.factory.activities import ACTIVITIES
from houseboat.factory.activities.unsupported import GAPS
from houseboat.factory.copying import formats
from houseboat.factory.expressions.functions import documented_names

_HEAD = """# Data Factory: what runs at home

This page is written from the runtime's own tables (`houseboat.factory.support`). An activity type that is not
listed is unknown, and refused before anything runs; what is listed under "not here" is refused by name when its turn
comes, with the advice beside it.
"""


def page() -> str:
    """The support page, as Markdown."""
    functions = ", ".join(f"`{name}`" for name in documented_names())
    return "\n".join(
        (
            _HEAD,
            _section("Activities", (name for name in ACTIVITIES if name not in GAPS), GAPS),
            _section("Linked services", connectors.STORES, connectors.GAPS),
            _section("Dataset formats", ("Binary", *formats.FORMATS), formats.GAPS),
            _section("Triggers (read, checked, next times)", ("ScheduleTrigger",), triggers.GAPS),
            f"## Expression functions\n\n{functions}\n",
        )
    )


def _section(title: str, there: Iterable[str], gaps: dict[str, str]) -> str:
    known = ", ".join(f"`{name}`" for name in sorted(there))
    rows = "\n".join(f"| `{name}` | {instead} |" for name, instead in sorted(gaps.items()))
    return f"## {title}\n\n{known}\n\n| not here | instead |\n|---|---|\n{rows}\n"
