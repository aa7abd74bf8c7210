"""What happens to a notebook's streaming queries when the notebook ends.

A query without a trigger that ends (``processingTime``, none) would run for ever; on Databricks its job never ends,
or ends with its cluster. Here such a query is drained, then stopped: everything that was there has been processed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def drain(spark: SparkSession, tell: Callable[[str], None]) -> int:
    """Let every active query of the session process what is available, then stop it; returns how many there were.

    Raises the ``StreamingQueryException`` of a query that fails meanwhile.
    """
    if spark.is_stopped:  # the notebook itself called spark.stop()
        return 0
    queries = list(spark.streams.active)
    for query in queries:
        tell(f"draining stream {query.name or query.id}")
        try:
            query.processAllAvailable()
        finally:
            query.stop()
        if (error := query.exception()) is not None:
            raise error
    return len(queries)


def stop(spark: SparkSession) -> None:
    """Stop every active query of the session as it stands."""
    for query in list(spark.streams.active):
        query.stop()
