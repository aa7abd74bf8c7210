"""GetMetadata: facts about a file or folder."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.factory.activities.output import tail
from houseboat.factory.connectors import Dataset, Entry, Store, resolve, store_of
from houseboat.factory.connectors.lake import missing
from houseboat.factory.copying.formats import format_of

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN = ("dataset",)


def run(call: Call) -> Mapping[str, Json]:
    """The fields that were asked for. Without ``exists`` among them, what is not there is an error."""
    started = time.monotonic()
    dataset = resolve(call.step.type_properties["dataset"], call.context, call.step.at("typeProperties.dataset"))
    store = store_of(dataset, call.context.services)
    wanted = {str(field).lower(): str(field) for field in call.settings.get("fieldList") or []}
    entry = store.entry(dataset)
    if entry is None:
        if "exists" not in wanted:
            raise missing(store.address(dataset))
        return {"exists": False, **tail(time.monotonic() - started)}
    output: dict[str, Json] = {}
    for key, field in wanted.items():
        read = _FIELDS.get(key)
        if read is None:
            raise Unsupported(
                f"the field '{field}' is not known here", place=call.step.at("typeProperties.fieldList"),
                hint=f"known are {', '.join(sorted(_NAMES.values()))}",
            )  # fmt: skip
        output[_NAMES[key]] = read(dataset, store, entry)
    return {**output, **tail(time.monotonic() - started)}


def _kind(entry: Entry) -> str:
    return "Folder" if entry.is_folder else "File"


def _children(dataset: Dataset, store: Store, _entry: Entry) -> Json:
    return [{"name": child.name, "type": _kind(child)} for child in store.children(dataset)]


def _md5(_dataset: Dataset, _store: Store, entry: Entry) -> Json:
    with entry.place.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return base64.b64encode(digest.digest()).decode()


def _structure(dataset: Dataset, _store: Store, entry: Entry) -> list[Json]:
    import duckdb

    query = format_of(dataset).query(entry.place, dataset, {})
    with duckdb.connect() as connection:
        columns = connection.execute(f"describe {query}").fetchall()
    return [
        {"name": column[0], "type": "String" if column[1] == "VARCHAR" else column[1].title()} for column in columns
    ]


def _modified(_dataset: Dataset, _store: Store, entry: Entry) -> Json:
    return datetime.fromtimestamp(int(entry.modified), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_FIELDS: dict[str, Callable[[Dataset, Store, Entry], Json]] = {
    "exists": lambda *_: True,
    "itemname": lambda _dataset, _store, entry: entry.name,
    "itemtype": lambda _dataset, _store, entry: _kind(entry),
    "size": lambda _dataset, _store, entry: entry.size,
    "lastmodified": _modified,
    "childitems": _children,
    "contentmd5": _md5,
    "structure": _structure,
    "columncount": lambda dataset, store, entry: len(_structure(dataset, store, entry)),
}
_NAMES = {
    name.lower(): name
    for name in (
        "exists", "itemName", "itemType", "size", "lastModified", "childItems", "contentMD5", "structure", "columnCount",
    )
}  # fmt: skip
