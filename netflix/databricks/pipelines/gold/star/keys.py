"""Surrogate keys: the same on every run and every engine, because they are computed from the natural key alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

UNKNOWN = -1
"""The key of the member that stands for "not known"; computed keys are never negative."""


def surrogate_key(natural_key: str) -> Column:
    """The first 60 bits of the MD5 of a column's text, as a whole number. Among ten million keys the chance that any two
    are alike is 1 in 20,000; the table ``integrity`` would show it.
    """
    digits = F.substring(F.md5(F.col(natural_key).cast("string")), 1, 15)
    return F.conv(digits, 16, 10).cast("bigint")


def date_key(date: str) -> Column:
    """20190909 for 9 September 2019."""
    return F.coalesce(F.date_format(date, "yyyyMMdd").cast("int"), F.lit(UNKNOWN))
