"""Expressions that the flagship and its like depend on: one expected value, two engines."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

import pytest

from .conftest import rows


@pytest.mark.parametrize(
    "expression",
    ["cast('a' as int)", "1 / 0", "cast('2019-13-01' as date)", "element_at(array(1), 3)", "cast(300 as tinyint)"],
)
def test_ansi_mode_refuses_what_has_no_value(spark: Any, expression: str) -> None:
    """An error with ANSI mode on, NULL (or a wrapped number) with it off."""
    with pytest.raises(Exception, match=r".+"):
        spark.sql(f"select {expression} as x").collect()
    assert spark.sql("select try_cast('a' as int) as x").collect()[0][0] is None


@pytest.mark.parametrize("expression", ["cast('a' as int)", "1 / 0", "cast('2019-13-01' as date)"])
def test_without_ansi_mode_there_is_null(spark: Any, expression: str) -> None:
    """As Databricks Runtimes did before ANSI mode was theirs by default."""
    spark.conf.set("spark.sql.ansi.enabled", "false")
    assert rows(spark.sql(f"select {expression} as x")) == [(None,)]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("try_cast(' 12 ' as bigint)", 12),
        ("try_cast('12.5' as int)", None),
        ("try_cast('1e3' as int)", None),
        ("try_cast('9999999999' as int)", None),
        ("try_to_timestamp('9/9/2019', 'M/d/yyyy')", datetime(2019, 9, 9)),  # noqa: DTZ001 - Spark's are without
        ("try_to_timestamp('09-09-2019', 'dd-MM-yyyy')", datetime(2019, 9, 9)),  # noqa: DTZ001
        ("try_to_timestamp('September 9, 2019', 'MMMM d, yyyy')", datetime(2019, 9, 9)),  # noqa: DTZ001
        ("cast(try_to_timestamp('12/31/2019', 'M/d/yyyy') as date)", date(2019, 12, 31)),
        ("try_to_timestamp('31-12-2019', 'M/d/yyyy')", None),
        ("try_to_timestamp('13/13/2019', 'M/d/yyyy')", None),
        ("date_format(date'2019-09-09', 'yyyyMMdd EEEE MMMM')", "20190909 Monday September"),
        ("split_part('Show: Part: 2', ':', 1)", "Show"),
        ("regexp_extract('90 min', '^([0-9]+) min$', 1)", "90"),
        ("nullif(btrim('\u00a0 x\t', ' \t\r\n\u00a0'), '')", "x"),
        ("concat_ws(',', 'a', cast(null as string), 'b')", "a,b"),
        ("to_json(named_struct('a', 1, 'b', cast(null as string), 'c', array('x')))", '{"a":1,"c":["x"]}'),
        ("1999 - 1999 % 10", 1990),
        ("-7 div 2", -3),
        ("cast(2.5 as decimal(3,1)) + 1", pytest.approx(3.5)),
    ],
)
def test_an_expression_has_sparks_value(spark: Any, expression: str, value: object) -> None:
    """The value is written down here, so the engines agree with it and with each other."""
    (row,) = spark.sql(f"select {expression} as x").collect()
    assert row["x"] == value


def test_a_surrogate_key_is_the_first_60_bits_of_the_md5(spark: Any) -> None:
    """By ``md5`` and ``conv``; null stays null."""
    (row,) = spark.sql(
        "select cast(conv(substring(md5('Raúl Campos'), 1, 15), 16, 10) as bigint) as k, md5(cast(null as string)) as n"
    ).collect()
    assert row["k"] == int(hashlib.md5("Raúl Campos".encode(), usedforsecurity=False).hexdigest()[:15], 16)
    assert row["n"] is None


def test_hashes_are_sparks(spark: Any) -> None:
    """``xxhash64`` and ``hash`` with Spark's seed 42; NULL leaves the hash as it was. The figures are Apache Spark's."""
    (row,) = spark.sql(
        "select xxhash64('Spark') as a, xxhash64('Spark', cast(null as string)) as b, xxhash64(1L, 2) as c, hash('Spark') as d"
    ).collect()
    assert tuple(row) == HASHES


HASHES = (-4294468057691064905, -4294468057691064905, 2111505684582270266, 228093765)


def test_dense_rank_leaves_no_gaps(spark: Any) -> None:
    """Equal values share a rank; NULLs come last when asked."""
    frame = spark.sql(
        "select d, dense_rank() over (order by d desc nulls last) as r from values (90), (90), (60), (null) as t(d)"
    )
    assert rows(frame) == [(60, 2), (90, 1), (90, 1), (None, 3)]


def test_explode_of_split(spark: Any) -> None:
    """A list in a text becomes rows; an empty text is one empty name; ``explode`` drops NULL, ``explode_outer`` keeps it."""
    values = "values (1, 'a, b'), (2, ''), (3, cast(null as string)) as t(k, names)"
    assert rows(spark.sql(f"select k, explode(split(names, ', ')) as n from {values}")) == [(1, "a"), (1, "b"), (2, "")]
    assert rows(spark.sql(f"select k, explode_outer(split(names, ', ')) as n from {values}"))[-1] == (3, None)
