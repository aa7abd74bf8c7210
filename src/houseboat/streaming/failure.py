"""What a failed query raises: PySpark's ``StreamingQueryException``, in Spark's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.errors import StreamingQueryException

    from houseboat.streaming.progress import Identity


def stream_failed(who: Identity, error: BaseException) -> StreamingQueryException:
    """The exception of a query that ended with ``error``, which is its cause."""
    from pyspark.errors.exceptions.connect import StreamingQueryException

    reason = str(error) or type(error).__name__
    text = f"[STREAM_FAILED] Query [id = {who.id}, runId = {who.run_id}] terminated with exception: {reason}"
    failure = StreamingQueryException(f"{text} SQLSTATE: XXKST", errorClass="STREAM_FAILED", sql_state="XXKST")
    failure.__cause__ = error
    return failure


def error_class(failure: BaseException) -> str:
    """The error class for listeners: that of the cause when it has one, else the query's own."""
    code = getattr(failure.__cause__, "code", None)
    return code if isinstance(code, str) else "STREAM_FAILED"
