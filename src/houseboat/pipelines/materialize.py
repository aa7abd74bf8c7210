"""Writes a materialized view's rows, checked, computing its query once.

A rule that fails the flow stands in the query that is written, so that the engine stops before the commit; rules that
warn are counted on the written table, where only their columns are read. Rules that drop are counted before the write,
because dropped rows are in no table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.pipelines import expectations
from houseboat.pipelines.definitions import Action
from houseboat.pipelines.expectations import Quality, RuleCount
from houseboat.pipelines.tables import quoted, quoted_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from houseboat.pipelines.graph import Node
    from houseboat.pipelines.tables import Mark, Tables


def overwrite(tables: Tables, frame: DataFrame, node: Node, mark: Mark, flow: str) -> Quality | None:
    """Replace a table's rows by a query's and say how they meet the table's rules (None: there are none).

    Raises ``ExpectationViolation`` when a row breaks a rule that fails the flow; then nothing is written.
    """
    rules, dataset = node.dataset.expectations, node.dataset
    guarded = _guarded(frame, node)
    if rules and guarded is not None:
        try:
            tables.overwrite(guarded, node.name, mark, dataset.partition_cols)
            return _counted(tables, node)
        except Exception as error:
            if expectations.VIOLATION not in str(error):
                raise
    # Where a row broke a rule, counting says which.
    kept, quality = expectations.check(frame, rules, dataset=dataset.name, flow=flow)
    tables.overwrite(kept, node.name, mark, dataset.partition_cols)
    return quality


def _guarded(frame: DataFrame, node: Node) -> DataFrame | None:
    """The rows, with the engine told to fail when one breaks a rule; None where these rules cannot do without counting
    first. The guard stands in a column that is written: as a filter it would move below the query's own expressions,
    and these be computed twice.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import BooleanType, DateType, NumericType, StringType, TimestampType

    rules = node.dataset.expectations
    if any(rule.action is Action.DROP or not isinstance(rule.condition, str) for rule in rules):
        return None
    failing = [expectations.condition(rule) for rule in rules if rule.action is Action.FAIL]
    if not failing:
        return frame
    simple = (BooleanType, DateType, NumericType, StringType, TimestampType)
    fields = node.schema.fields if node.schema is not None else []
    carrier = next((field for field in fields if isinstance(field.dataType, simple) and not field.metadata), None)
    if carrier is None:
        return None
    stays = failing[0]
    for passes in failing[1:]:
        stays = stays & passes
    broken = F.raise_error(f"{expectations.VIOLATION}: a row of {node.name}").cast(carrier.dataType)
    return frame.withColumn(carrier.name, F.when(stays, F.col(quoted_column(carrier.name))).otherwise(broken))


def _counted(tables: Tables, node: Node) -> Quality:
    """The figures of a written table, whose rows all passed the rules that fail."""
    name, rules = node.dataset.name, node.dataset.expectations
    warning = [rule for rule in rules if rule.action is Action.WARN]
    written = expectations.measure(tables.spark.read.table(quoted(node.name)), warning, dataset=name)
    warned = iter(written.rules)
    counts = [
        RuleCount(rule.name, name, rule.action, written.rows, 0) if rule.action is Action.FAIL else next(warned)
        for rule in rules
    ]
    return Quality(written.rows, 0, tuple(counts))
