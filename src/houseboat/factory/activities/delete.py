"""Delete: files of a folder, or a single one. What is not there is no error."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.output import tail
from houseboat.factory.connectors import resolve, store_of

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("dataset",)


def run(call: Call) -> Mapping[str, Json]:
    """Delete, and count. ``recursive`` on a folder takes the folder itself, too."""
    started = time.monotonic()
    dataset = resolve(call.step.type_properties["dataset"], call.context, call.step.at("typeProperties.dataset"))
    store = store_of(dataset, call.context.services)
    settings = dict(call.settings.get("storeSettings") or {})
    settings["recursive"] = settings.get("recursive") is True or call.settings.get("recursive") is True
    wildcard = bool(settings.get("wildcardFileName") or settings.get("wildcardFolderPath"))
    entry = store.entry(dataset)
    files = store.select(dataset, settings) if entry is not None else []
    for file in files:
        file.remove()
    whole = settings["recursive"] and not wildcard and bool(dataset.location.get("folderPath"))
    if whole and entry is not None and entry.is_folder:
        shutil.rmtree(entry.place, ignore_errors=True)
    return {
        "datasetName": dataset.name,
        "type": f"{dataset.linked.type}Location",
        "recursive": settings["recursive"],
        "isWildcardUsed": wildcard,
        "maxConcurrentConnections": 0,
        "filesDeleted": len(files),
        **tail(time.monotonic() - started),
    }
