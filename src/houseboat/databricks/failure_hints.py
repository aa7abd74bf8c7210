"""One sentence of help for failures that unchanged notebooks meet at home."""

from __future__ import annotations

import re

from houseboat.errors import disk_full

_BY_TEXT = (
    (
        r"JVM_ATTRIBUTE_NOT_SUPPORTED.*`_jsparkSession`",
        "Spark Connect has no JVM; write spark.catalog.tableExists(name), which also runs on Databricks",
    ),
    (
        r"JVM_ATTRIBUTE_NOT_SUPPORTED.*`(sparkContext|_jvm|_sc)`",
        "Spark Connect has no SparkContext; use spark.conf, spark.createDataFrame or DataFrame functions instead",
    ),
    (r"JVM_ATTRIBUTE_NOT_SUPPORTED.*`rdd`", "Spark Connect has no RDDs; use mapInPandas or DataFrame functions"),
    (
        r"JVM_ATTRIBUTE_NOT_SUPPORTED",
        "Spark Connect has no JVM; Databricks' shared and serverless compute refuse it, too",
    ),
    (
        r"CAST_INVALID_INPUT|[Cc]annot cast (?:string|value)",
        "under ANSI a bad value is an error: use try_cast, or declare the runtime the notebook was written for",
    ),
)
_BY_NAME = {
    "sc": "Spark Connect has no SparkContext; use spark instead",
    "sqlContext": "use spark instead of sqlContext",
    "dlt": "this notebook defines a declarative pipeline: run it as a pipeline, not as a notebook",
}


def hint_for(error: BaseException) -> str | None:
    """Help for a failure of a cell, or None."""
    if hint := getattr(error, "hint", None):
        return str(hint)
    if full := disk_full(error):
        return full.hint
    if isinstance(error, NameError) and error.name in _BY_NAME:
        return _BY_NAME[error.name]
    if isinstance(error, ModuleNotFoundError) and error.name:
        if error.name == "dlt":
            return _BY_NAME["dlt"]
        return f"install it into Houseboat's environment, or put the module beside the notebook: {error.name}"
    text = str(error)
    return next((hint for pattern, hint in _BY_TEXT if re.search(pattern, text, re.DOTALL)), None)
