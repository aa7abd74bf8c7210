"""What rules count, drop and fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.pipelines import expectations
from houseboat.pipelines.definitions import Action, Expectation
from houseboat.pipelines.errors import ExpectationViolation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.fixture
def frame(spark: SparkSession) -> DataFrame:
    """Six rows, one of them null."""
    return spark.createDataFrame([(1,), (2,), (3,), (4,), (5,), (None,)], "n int")


def rule(name: str, condition: str, action: Action) -> Expectation:
    """A rule."""
    return Expectation(name, condition, action)


def test_rules_are_counted_by_themselves_before_any_row_is_dropped(frame: DataFrame) -> None:
    """NULL breaks a rule; a row that breaks two drop rules is dropped, and counted as dropped, once."""
    rules = [rule("a", "n > 2", Action.DROP), rule("b", "n > 1", Action.DROP), rule("c", "n < 5", Action.WARN)]
    kept, quality = expectations.check(frame, rules, dataset="d", flow="f")
    assert sorted(row.n for row in kept.collect()) == [3, 4, 5]
    assert quality is not None
    assert quality.record() == {
        "dropped_records": 3,
        "expectations": [
            {"name": "a", "dataset": "d", "passed_records": 3, "failed_records": 3},
            {"name": "b", "dataset": "d", "passed_records": 4, "failed_records": 2},
            {"name": "c", "dataset": "d", "passed_records": 4, "failed_records": 2},
        ],
    }


def test_a_rule_that_fails_shows_a_row(frame: DataFrame) -> None:
    """The error has the platform's code, the rule, the count and one of the rows."""
    with pytest.raises(ExpectationViolation, match=r"'a' \(1 rows\).*\{'n': 5\}") as error:
        expectations.check(frame, [rule("a", "n < 5 or n is null", Action.FAIL)], dataset="d", flow="f")
    assert error.value.code == "EXPECTATION_VIOLATION"


def test_no_rows_break_nothing(frame: DataFrame) -> None:
    """An empty batch counts zero everywhere."""
    rules = [rule("a", "n > 2", Action.DROP), rule("b", "n > 2", Action.FAIL)]
    kept, quality = expectations.check(frame.where("false"), rules, dataset="d", flow="f")
    assert kept.collect() == []
    assert quality is not None
    assert (quality.rows, quality.dropped, [r.failed for r in quality.rules]) == (0, 0, [0, 0])


def test_without_rules_nothing_is_counted(frame: DataFrame) -> None:
    """No aggregate runs."""
    assert expectations.check(frame, [], dataset="d", flow="f") == (frame, None)


def test_a_guarded_view_drops_and_fails_wherever_it_is_read(frame: DataFrame) -> None:
    """Dropped rows are gone; a row that breaks a failing rule makes the reader fail."""
    drop = expectations.guarded(frame, [rule("a", "n > 2", Action.DROP)], dataset="v")
    assert drop.count() == 3
    fail = expectations.guarded(frame, [rule("a", "n > 2", Action.FAIL)], dataset="v")
    with pytest.raises(Exception, match=r"EXPECTATION_VIOLATION"):
        fail.collect()


def test_figures_of_batches_add_up() -> None:
    """By rule."""
    one = expectations.Quality(3, 1, (expectations.RuleCount("a", "d", Action.DROP, 2, 1),))
    two = expectations.Quality(4, 0, (expectations.RuleCount("a", "d", Action.DROP, 4, 0),))
    assert one + two == expectations.Quality(7, 1, (expectations.RuleCount("a", "d", Action.DROP, 6, 1),))
