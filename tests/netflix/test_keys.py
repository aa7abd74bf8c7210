"""Surrogate keys come from the natural key alone."""

from __future__ import annotations

import hashlib
import sys

import pytest

from conftest import DATABRICKS, Home

sys.path.insert(0, str(DATABRICKS / "pipelines" / "gold"))


@pytest.mark.parametrize("name", ["Ann", "Raúl Campos", "81145628"])
def test_a_key_is_the_first_60_bits_of_the_md5(home: Home, name: str) -> None:
    """So it is the same on every run and every engine; Python says which."""
    from star.keys import surrogate_key

    (row,) = home.spark.createDataFrame([(name,)], "name string").select(surrogate_key("name").alias("key")).collect()
    assert row["key"] == int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def test_a_missing_date_has_the_unknown_key(home: Home) -> None:
    """It points at the member of the dimension that stands for "not known"."""
    from star.keys import date_key

    dates = home.spark.createDataFrame([("2019-09-09",), (None,)], "text string").selectExpr(
        "cast(text AS date) AS date"
    )
    assert [row["key"] for row in dates.select(date_key("date").alias("key")).collect()] == [20190909, -1]
