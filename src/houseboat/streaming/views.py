"""Temporary views over streams: ``createOrReplaceTempView`` on a streaming DataFrame, then ``spark.table`` or SQL.

The view itself stays here; the engine gets an empty one of the same columns, so that it can answer questions about
SQL that names it. A query over the view carries the stream along as a named reference.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from pyspark.sql.connect.proto import relations_pb2

from houseboat.engine import plans
from houseboat.engine.sql_text import names, tokens
from houseboat.streaming.places import name_parts

_plan_ids = itertools.count(1 << 40)
"""Ids for plan nodes of our own, far from those that PySpark counts up from 0."""


class StreamingViews:
    """The streaming temporary views of one session."""

    def __init__(self) -> None:
        self._views: dict[str, relations_pb2.Relation] = {}

    def put(self, name: str, plan: relations_pb2.Relation) -> None:
        """Add or replace a view."""
        copy = relations_pb2.Relation()
        copy.CopyFrom(plan)
        self._views[name.lower()] = copy

    def drop(self, name: str) -> None:
        """Forget a view (a batch view may have taken its name)."""
        self._views.pop(name.lower(), None)

    def any(self) -> bool:
        """Whether there is one."""
        return bool(self._views)

    def expand(self, message: Any) -> None:
        """Put the streams in the place of what names them, in a plan, command or request."""
        if not self._views:
            return
        for relation in plans.relations(message):
            if relation.HasField("read") and relation.read.HasField("named_table"):
                self._expand_table(relation)

    def mentioned(self, sql: str) -> Mapping[str, relations_pb2.Relation]:
        """The views that a SQL text names."""
        if not self._views:
            return {}
        words = {parts[0].lower() for parts, _, _ in names(tokens(sql)) if len(parts) == 1}
        return {name: plan for name, plan in self._views.items() if name in words}

    def _expand_table(self, relation: relations_pb2.Relation) -> None:
        parts = name_parts(relation.read.named_table.unparsed_identifier)
        plan = self._views.get(parts[0].lower()) if len(parts) == 1 else None
        if plan is None:
            return
        alias = relations_pb2.Relation(common=relation.common)
        alias.subquery_alias.input.CopyFrom(plan)
        alias.subquery_alias.alias = parts[0]
        relation.CopyFrom(alias)


def over_views(sql: relations_pb2.Relation, views: Mapping[str, relations_pb2.Relation]) -> relations_pb2.Relation:
    """The relation of a SQL text with the streams that it names, as PySpark packs ``spark.sql("... {df}", df=df)``."""
    relation = relations_pb2.Relation()
    if sql.HasField("with_relations"):
        relation.CopyFrom(sql)
    else:
        relation.with_relations.root.CopyFrom(sql)
    for name, plan in views.items():
        reference = relation.with_relations.references.add()
        reference.common.plan_id = next(_plan_ids)
        reference.subquery_alias.alias = name
        reference.subquery_alias.input.CopyFrom(plan)
    return relation
