"""Adds one sentence of help to what the engine refuses.

The engine's own message stays as it is; what is appended says what to do at home. One row a refusal.
"""

from __future__ import annotations

import re
from typing import Any

import grpc

HELP = (
    (r"\bpivot\b", "The embedded engine has no PIVOT: use sum(case when ... end), or run on Apache Spark."),
    (r"\bqualify\b", "The embedded engine has no QUALIFY: filter on the window column in an outer query."),
    (r"json_tuple", "The embedded engine has no json_tuple: use get_json_object or from_json."),
    (r"\bobserve\b|collect_metrics|CollectMetrics", "The embedded engine has no observe(): count with an aggregate."),
    (
        r"input_file_name",
        "The embedded engine has no input_file_name(): read with cloudFiles and select _metadata.file_path.",
    ),
    (r"Failed to commit transaction", "Another writer committed first and nothing was lost: run the statement again."),
    (
        r"No space left on device|StorageFull|File too large",
        "The disk is full: free some space; what was committed is whole.",
    ),
    (r"CAST_INVALID_INPUT|Cannot cast", "ANSI mode is on: use try_cast, or set spark.sql.ansi.enabled to false."),
)


def sentence(message: str) -> str | None:
    """The help for an engine's message, or None."""
    return next((text for pattern, text in HELP if re.search(pattern, message, re.IGNORECASE)), None)


def helpful(error: grpc.RpcError) -> grpc.RpcError:
    """The same error, its message followed by help where there is some."""
    if not isinstance(error, grpc.Call) or isinstance(error, _HelpfulError):
        return error
    text = sentence(error.details() or "")
    return _HelpfulError(error, text) if text else error


class _HelpfulError(grpc.RpcError, grpc.Call):
    """The engine's status with a longer message, in the shape that PySpark's client reads."""

    def __init__(self, error: Any, text: str) -> None:
        super().__init__(error.details())
        self._error = error
        self._text = text

    def code(self) -> Any:
        return self._error.code()

    def details(self) -> str:
        return f"{self._error.details()}\n  next: {self._text}"

    def initial_metadata(self) -> Any:
        return self._error.initial_metadata()

    def trailing_metadata(self) -> Any:
        from google.rpc import status_pb2

        key = "grpc-status-details-bin"
        pairs = []
        for name, value in self._error.trailing_metadata() or ():
            if name != key:
                pairs.append((name, value))
                continue
            status = status_pb2.Status.FromString(value)
            status.message = f"{status.message}\n  next: {self._text}"
            pairs.append((name, status.SerializeToString()))
        return tuple(pairs)

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Any) -> bool:  # noqa: ARG002
        return False
