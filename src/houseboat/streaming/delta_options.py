"""The options of a Delta table read as a stream.

Source: Databricks, "Delta table streaming reads and writes"; Delta Lake, ``DeltaSource``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.streaming.errors import StreamingError, analysis_error

if TYPE_CHECKING:
    from houseboat.streaming.leaves import Leaf

DEFAULT_FILES = 1000

UNSUPPORTED = {
    "readChangeFeed": "read the events that were merged into the table, or use skipChangeCommits",
    "readChangeData": "read the events that were merged into the table, or use skipChangeCommits",
    "withEventTimeOrder": "leave it out: queries keep no state, so the order of the first batches does not matter",
    "schemaTrackingLocation": "restart the query when the table's schema changes",
    "schemaLocation": "restart the query when the table's schema changes",
}
"""Options that Houseboat does not have (when true, or set) -> what to do instead."""

_SIZE = re.compile(r"\s*(\d+)\s*([kmgtp]?)(?:i?b)?\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True)
class DeltaOptions:
    """``max_files`` and ``max_bytes``: limits of one batch (None: no such limit; bytes may be exceeded by one file).
    ``starting_version`` and ``starting_timestamp`` (milliseconds UTC) count for a new checkpoint only.
    """

    max_files: int | None = DEFAULT_FILES
    max_bytes: int | None = None
    starting_version: int | str | None = None
    starting_timestamp: int | None = None
    skip_change_commits: bool = False
    ignore_deletes: bool = False
    ignore_changes: bool = False
    fail_on_data_loss: bool = True


def delta_options(leaf: Leaf) -> DeltaOptions:
    """The options of a ``readStream`` of a Delta table; raises for those that make no sense."""
    if leaf.schema:
        raise analysis_error("Delta does not support specifying the schema at read time", hint="leave .schema(...) out")
    for name, instead in UNSUPPORTED.items():
        if leaf.option(name) not in (None, "false"):
            raise Unsupported(f"the option {name} of a Delta stream is not supported", hint=instead)
    files, size = leaf.option("maxFilesPerTrigger"), leaf.option("maxBytesPerTrigger")
    version, timestamp = leaf.option("startingVersion"), leaf.option("startingTimestamp")
    if version is not None and timestamp is not None:
        raise StreamingError(
            "startingVersion and startingTimestamp cannot be set together",
            hint="keep one of the two",
            code="DELTA_STARTING_VERSION_AND_TIMESTAMP_BOTH_SET",
        )
    return DeltaOptions(
        max_files=positive("maxFilesPerTrigger", files) if files else (None if size else DEFAULT_FILES),
        max_bytes=byte_count("maxBytesPerTrigger", size) if size else None,
        starting_version=None if version is None else _version(version),
        starting_timestamp=None if timestamp is None else _milliseconds(timestamp),
        skip_change_commits=_truth(leaf, "skipChangeCommits", default=False),
        ignore_deletes=_truth(leaf, "ignoreDeletes", default=False),
        ignore_changes=_truth(leaf, "ignoreChanges", default=False)
        or _truth(leaf, "ignoreFileDeletion", default=False),
        fail_on_data_loss=_truth(leaf, "failOnDataLoss", default=True),
    )


def positive(name: str, text: str) -> int:
    """An option that is a whole number above zero."""
    if text.strip().isdigit() and int(text) > 0:
        return int(text)
    raise StreamingError(
        f"Invalid value {text!r} for option {name!r}, must be a positive integer",
        hint=f"for example .option('{name}', 100)",
        code="DELTA_ILLEGAL_OPTION",
    )


def byte_count(name: str, text: str) -> int:
    """An option that is an amount of bytes, such as ``10g`` or ``512mb`` (powers of 1024, as in Spark)."""
    match = _SIZE.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise StreamingError(
            f"Invalid value {text!r} for option {name!r}, must be a size above zero",
            hint=f"for example .option('{name}', '10g')",
            code="DELTA_ILLEGAL_OPTION",
        )
    return int(match[1]) * 1024 ** _POWERS[match[2].lower()]


def _version(text: str) -> int | str:
    if text.strip().lower() == "latest":
        return "latest"
    if text.strip().isdigit():
        return int(text)
    raise StreamingError(
        f"Invalid value {text!r} for option 'startingVersion', must be greater than or equal to zero or 'latest'",
        hint="give a table version from DESCRIBE HISTORY, or 'latest'",
        code="DELTA_ILLEGAL_OPTION",
    )


def _milliseconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise StreamingError(
            f"The provided timestamp ({text}) cannot be converted to a valid timestamp",
            hint="for example '2024-10-18' or '2024-10-18 12:00:00' (UTC)",
            code="DELTA_TIMESTAMP_INVALID",
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _truth(leaf: Leaf, name: str, *, default: bool) -> bool:
    text = leaf.option(name)
    if text is None:
        return default
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise StreamingError(
        f"Invalid value {text!r} for option {name!r}, must be 'true' or 'false'", code="DELTA_ILLEGAL_OPTION"
    )
