"""Queries: triggers, exactly once, failures, several at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from .conftest import World, all_of, log_of, numbers

At = Callable[[str], str]


def append(spark: Any, table: str, *values: int) -> None:
    """One more commit."""
    numbers(spark, *values).write.format("delta").mode("append").save(table)


def copy(spark: Any, at: At, **trigger: Any) -> Any:
    """The stream ``in`` -> ``out``."""
    return (
        spark.readStream.format("delta")
        .load(at("in"))
        .writeStream.option("checkpointLocation", at("cp"))
        .trigger(**(trigger or {"availableNow": True}))
        .start(at("out"))
    )


def test_available_now_copies_what_is_there_then_only_what_is_new(spark: Any, at: At) -> None:
    """A query that ends by itself reads the backlog once; a restart reads what came since; with no news it commits nothing."""
    append(spark, at("in"), 1, 2)
    copy(spark, at).awaitTermination()
    assert all_of(spark, at("out")) == [1, 2]
    append(spark, at("in"), 3)
    copy(spark, at).awaitTermination()
    assert all_of(spark, at("out")) == [1, 2, 3]
    commits = log_of(at("out"))
    query = copy(spark, at)
    query.awaitTermination()
    assert log_of(at("out")) == commits
    assert query.recentProgress == []
    assert query.isActive is False
