"""What of Data Factory runs here and what does not, taken from the registries: the source of the support page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from houseboat.factory import connectors, limits, triggers
from houseboat.factory.activities import ACTIVITIES
from houseboat.factory.activities.unsupported import GAPS
from houseboat.factory.copying import columns, formats, settings
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
            _settings(),
            f"## Expression functions\n\n{functions}\n",
        ),
    )


def _settings() -> str:
    """Settings of a Copy and of a pipeline that do not count, and limits that are only warned about."""
    gaps = {name: gap.instead for name, gap in settings.GAPS.items()}
    limited = {name: f"{most} {what}" for name, (most, what) in limits.LIMITS.items()}
    return "\n".join(
        (
            "## Settings of a Copy\n\nRefused by name when they ask for something; their defaults are accepted.\n",
            _table("not here", "instead", gaps),
            "\nAccepted, and without effect at home (names below `typeProperties`):\n",
            _table("setting", "why it changes nothing", settings.NO_EFFECT),
            f"\nTypes that a mapping can give a column: {', '.join(f'`{name}`' for name in columns.TYPES)}.\n",
            "## Properties of a pipeline without effect at home\n",
            _table("property", "why it changes nothing", limits.NO_EFFECT),
            "\n## Limits of the service\n\nA pipeline beyond them runs here and is warned about.\n",
            _table("limit", "Azure takes at most", limited),
            "",
        ),
    )


def _table(left: str, right: str, rows: Mapping[str, str]) -> str:
    lines = "\n".join(f"| `{name}` | {text} |" for name, text in sorted(rows.items()))
    return f"| {left} | {right} |\n|---|---|\n{lines}"


def _section(title: str, there: Iterable[str], gaps: dict[str, str]) -> str:
    known = ", ".join(f"`{name}`" for name in sorted(there))
    return f"## {title}\n\n{known}\n\n{_table('not here', 'instead', gaps)}\n"
