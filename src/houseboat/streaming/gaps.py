"""Gaps of streams that are neither a source, a sink, a trigger nor an option (those stand in their own modules)."""

from __future__ import annotations

GAPS: dict[str, str] = {
    "a join of two streams": "write one side to a table and join the stream with the table, or use foreachBatch",
    "toTable with a format other than Delta": "leave the format out: tables are Delta",
    "a Delta source with column mapping": "write the table without delta.columnMapping.mode",
    "a Delta source with deletion vectors": "run REORG TABLE ... APPLY (PURGE), or set delta.enableDeletionVectors = false",
    "rampUpTime of the rate source": "leave it out",
    "spark.databricks.delta.write.txnAppId for INSERT, UPDATE, DELETE, MERGE": "unset it; let the statement itself do "
    "nothing the second time (MERGE by key), or write a DataFrame with the options txnAppId and txnVersion",
}
"""What is not here -> what to do instead."""
