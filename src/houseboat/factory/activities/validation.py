"""Validation: waits until a file or folder is there, and fails when it is not in time.

A file must exist and have at least ``minimumSize`` bytes; a folder must exist, or hold something (``childItems``
true), or hold nothing (``childItems`` false).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory import timespan
from houseboat.factory.connectors import Dataset, Store, resolve, store_of
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("dataset",)
_HALF_A_DAY = 12 * 3600.0
_USUAL_SLEEP = 10.0


def run(call: Call) -> Mapping[str, Json]:
    """Look until it is there. Raises ``ActivityError`` at the timeout, saying what was missing."""
    dataset = resolve(call.step.type_properties["dataset"], call.context, call.step.at("typeProperties.dataset"))
    store = store_of(dataset, call.context.services)
    timeout, sleep = call.seconds("timeout", _HALF_A_DAY), call.seconds("sleep", _USUAL_SLEEP)
    end = time.monotonic() + timeout
    while True:
        found, lacking = _look(call, store, dataset)
        if lacking is None:
            return found
        left = end - time.monotonic()
        if left <= 0:
            raise ActivityError(
                f"The validation timed out after {timespan.text(timeout)}: {lacking}",
                code="ValidationTimeout",
                place=call.step.at("typeProperties.dataset"),
                hint="put the file there, or give the activity a longer timeout",
            )
        call.progress(f"waiting: {lacking}")
        call.context.cancellation.sleep(min(sleep, left))


def _look(call: Call, store: Store, dataset: Dataset) -> tuple[dict[str, Json], str | None]:
    """What is there, and what is lacking (None: nothing)."""
    address, entry = store.address(dataset), store.entry(dataset)
    if entry is None:
        return {}, f"{address} does not exist"
    found: dict[str, Json] = {
        "exists": True, "itemName": entry.name, "itemType": "Folder" if entry.is_folder else "File",
    }  # fmt: skip
    if not entry.is_folder:
        minimum = int(call.settings.get("minimumSize") or 0)
        return {**found, "size": entry.size}, (
            None if entry.size >= minimum else f"{address} has {entry.size} bytes, fewer than {minimum}"
        )
    wanted = call.settings.get("childItems")
    if wanted is None:
        return found, None
    items = [{"name": child.name, "type": "Folder" if child.is_folder else "File"} for child in store.children(dataset)]
    full = to_text(wanted).lower() == "true"
    lacking = None if bool(items) == full else f"{address} is {'empty' if full else 'not empty'}"
    return {**found, "childItems": items}, lacking
