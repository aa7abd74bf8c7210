"""The errors of streaming queries, in the words of Spark and Delta Lake.

    StreamingError                  base
    +-- CheckpointError             a checkpoint folder is damaged, or belongs to another query
    +-- ConcurrentStream            another process runs a query on this checkpoint
    +-- DeltaStreamError            a Delta table can no longer be read as a stream; ``code`` is Delta's error class

What Spark finds wrong with a plan before it starts is PySpark's own ``AnalysisException``, because that is what user
code catches.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pyspark.errors import AnalysisException


class StreamingError(HouseboatError):
    """A streaming query cannot start or go on."""


class CheckpointError(StreamingError):
    """A checkpoint folder cannot be used as it is."""


class ConcurrentStream(StreamingError):  # noqa: N818 - named after Spark's CONCURRENT_STREAM_LOG_UPDATE
    """Another process runs a query on this checkpoint."""


class DeltaStreamError(StreamingError):
    """A Delta table can no longer be read as a stream."""


def analysis_error(message: str, *, code: str | None = None, hint: str | None = None) -> AnalysisException:
    """Spark's ``AnalysisException``, with the next step at its end."""
    from pyspark.errors import AnalysisException

    text = f"[{code}] {message}" if code else message
    return AnalysisException(f"{text}\n  next: {hint}" if hint else text)


def corrupt_checkpoint(file: Path, problem: str) -> CheckpointError:
    """A file of a checkpoint cannot be read."""
    return CheckpointError(
        f"the checkpoint file {file} is damaged: {problem}",
        hint=f"put the file back from a copy, or delete the checkpoint folder {file.parent.parent} to start the stream "
        "from the beginning (its sink will receive everything again)",
        code="CHECKPOINT_CORRUPT",
    )


def sources_changed(folder: Path, before: int, now: int) -> CheckpointError:
    """The query's number of sources is not the checkpoint's."""
    return CheckpointError(
        f"There are [{before}] sources in the checkpoint offsets and now there are [{now}] sources requested by the "
        f"query. Cannot continue. Checkpoint: {folder}",
        hint="give the changed query a checkpointLocation of its own",
    )


def concurrent_stream(folder: Path, owner: str) -> ConcurrentStream:
    """Spark's words for two queries on one checkpoint."""
    return ConcurrentStream(
        f"Concurrent update to the log. Multiple streaming jobs detected for {folder} ({owner}). Please make sure only "
        "one streaming job runs on a specific checkpoint location at a time.",
        hint="stop the other process, or give this query a checkpointLocation of its own",
        code="CONCURRENT_STREAM_LOG_UPDATE",
    )
