"""Gaps of declarative pipelines that are no function of their own (those are in ``dlt_module`` and ``cdc_api``)."""

from __future__ import annotations

GAPS: dict[str, str] = {
    "SQL files and SQL cells": "define the dataset in Python",
    "STREAM read_files(...) in the SQL of a query": 'use spark.readStream.format("cloudFiles")',
    "magics other than %md and %pip": "import a module instead",
    "row_filter": "filter in the query",
    "format other than delta": "leave it out: tables are Delta tables",
    "stored_as_scd_type='bitemporal'": "use SCD type 2",
}
"""What is not here -> what to do instead."""
