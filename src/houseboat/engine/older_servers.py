"""Lets the client talk to servers of an earlier release.

PySpark 4.2's ``createDataFrame`` asks for settings that Apache Spark has since 4.1, and sends large frames in pieces that
4.0 does not know. A session on such a server is given the settings, and frames go in one piece (gRPC's limit, 128 MB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

_LIMIT = "spark.sql.session.localRelationSizeLimit"
_UNKNOWN = "3221225471"
"""What a server that does not know the limit answers; one byte less than the limit that Spark 4.1 has by default."""

_SINCE_4_1 = {
    _LIMIT: "3221225472",
    "spark.sql.session.localRelationChunkSizeRows": "10000",
    "spark.sql.session.localRelationChunkSizeBytes": "16777216",
    "spark.sql.session.localRelationBatchOfChunksSizeBytes": "536870912",
}
"""Setting -> its default in Spark 4.1."""

_IN_ONE_PIECE = {"spark.sql.session.localRelationCacheThreshold": "2147483647"}


def complete(spark: SparkSession) -> None:
    """Give a session the settings that its client asks for and its server does not know."""
    (limit,) = spark.client.get_config_with_defaults((_LIMIT, _UNKNOWN))
    if limit == _UNKNOWN:
        for key, value in (_SINCE_4_1 | _IN_ONE_PIECE).items():
            spark.conf.set(key, value)
