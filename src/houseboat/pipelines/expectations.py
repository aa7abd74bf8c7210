"""Checks rows against rules: counts, drops, fails.

A row passes a rule when its condition is TRUE; FALSE and NULL both break it. Every rule is counted by itself, on the
rows as they come from the query, before any is dropped; a row that breaks several drop rules is dropped, and counted
as dropped, once. All counts of a batch come from one aggregate in the engine. Source: Databricks' expectations; that
NULL breaks a rule and that counts are independent is not stated there, and is pinned by tests here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from houseboat.pipelines.definitions import Action, Expectation
from houseboat.pipelines.errors import ExpectationViolation

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


VIOLATION = "EXPECTATION_VIOLATION"
"""What an engine's error says when a row breaks a rule that fails, while the row is read."""


@dataclass(frozen=True)
class RuleCount:
    """How many rows of a batch met a rule, and how many did not, whatever is done with these."""

    name: str
    dataset: str
    action: Action
    passed: int
    failed: int

    def record(self) -> dict[str, Any]:
        """As in the event log."""
        return {
            "name": self.name,
            "dataset": self.dataset,
            "passed_records": self.passed,
            "failed_records": self.failed,
        }


@dataclass(frozen=True)
class Quality:
    """A batch's rows before dropping, the rows dropped, and the count of every rule."""

    rows: int
    dropped: int
    rules: tuple[RuleCount, ...]

    def __add__(self, other: Quality) -> Quality:
        """The figures of two batches as one."""
        merged = {(rule.dataset, rule.name): rule for rule in self.rules}
        for rule in other.rules:
            old = merged.get((rule.dataset, rule.name))
            passed, failed = (old.passed, old.failed) if old else (0, 0)
            merged[rule.dataset, rule.name] = RuleCount(
                rule.name, rule.dataset, rule.action, passed + rule.passed, failed + rule.failed
            )
        return Quality(self.rows + other.rows, self.dropped + other.dropped, tuple(merged.values()))

    def record(self) -> dict[str, Any]:
        """As in the event log: ``data_quality`` of ``flow_progress``."""
        return {"dropped_records": self.dropped, "expectations": [rule.record() for rule in self.rules]}


def condition(rule: Expectation) -> Column:
    """A rule as a column that is TRUE or FALSE, never NULL."""
    from pyspark.sql import functions as F  # noqa: N812

    asked = F.expr(rule.condition) if isinstance(rule.condition, str) else rule.condition
    return F.coalesce(asked, F.lit(False))


def check(
    frame: DataFrame, rules: Sequence[Expectation], *, dataset: str, flow: str
) -> tuple[DataFrame, Quality | None]:
    """The rows that stay, and the figures. Raises ``ExpectationViolation`` when a row breaks a rule that fails the
    flow. Without rules nothing is counted and the figures are None.
    """
    if not rules:
        return frame, None
    quality = measure(frame, rules, dataset=dataset)
    broken = [count for count in quality.rules if count.action is Action.FAIL and count.failed]
    if broken:
        raise _violation(frame, rules, broken, dataset, flow)
    return kept(frame, rules), quality


def measure(frame: DataFrame, rules: Sequence[Expectation], *, dataset: str) -> Quality:
    """Count, in one aggregate."""
    from pyspark.sql import functions as F  # noqa: N812

    failed = [F.sum(F.when(condition(rule), 0).otherwise(1)).alias(f"r{i}") for i, rule in enumerate(rules)]
    stays = _all_dropping(rules)
    dropped = F.lit(0) if stays is None else F.sum(F.when(stays, 0).otherwise(1))
    row = frame.agg(F.count(F.lit(1)).alias("rows"), dropped.alias("dropped"), *failed).collect()[0]
    rows = int(row["rows"])
    counts = [int(row[f"r{i}"] or 0) for i in range(len(rules))]
    return Quality(
        rows,
        int(row["dropped"] or 0) if rows else 0,
        tuple(
            RuleCount(rule.name, dataset, rule.action, rows - count, count)
            for rule, count in zip(rules, counts, strict=True)
        ),
    )


def kept(frame: DataFrame, rules: Sequence[Expectation]) -> DataFrame:
    """The rows that break no drop rule."""
    stays = _all_dropping(rules)
    return frame if stays is None else frame.where(stays)


def guarded(frame: DataFrame, rules: Sequence[Expectation], *, dataset: str) -> DataFrame:
    """A view's rows with its rules at work wherever it is used: dropped rows are gone, and a row that breaks a rule
    that fails makes the engine raise as it reads it.
    """
    from pyspark.sql import functions as F  # noqa: N812

    failing = [rule for rule in rules if rule.action is Action.FAIL]
    for rule in failing:
        message = f"{VIOLATION}: a row of {dataset} breaks {rule.name!r}"
        frame = frame.where(F.when(condition(rule), F.lit(True)).otherwise(F.raise_error(message).cast("boolean")))
    return kept(frame, rules)


def _all_dropping(rules: Sequence[Expectation]) -> Column | None:
    stays: Column | None = None
    for rule in rules:
        if rule.action is Action.DROP:
            stays = condition(rule) if stays is None else stays & condition(rule)
    return stays


def _violation(
    frame: DataFrame, rules: Sequence[Expectation], broken: Sequence[RuleCount], dataset: str, flow: str
) -> ExpectationViolation:
    first = next(rule for rule in rules if rule.name == broken[0].name)
    sample = frame.where(~condition(first)).limit(1).collect()
    record = sample[0].asDict(recursive=True) if sample else {}
    listed = ", ".join(f"{count.name!r} ({count.failed} rows)" for count in broken)
    return ExpectationViolation(
        f"flow {flow!r}: rows of {dataset} break {listed}; nothing was written. One of them: {record}",
        hint=f"correct the rows or the rule: {first.condition}",
        code=VIOLATION,
    )
