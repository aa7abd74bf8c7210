"""Resolves the names of a pipeline's datasets in what its session asks of the engine.

A handler on the session's channel. While a session is bound to a pipeline, every name that means one of the pipeline's
datasets (``x``, ``schema.x``, ``catalog.schema.x``, ``LIVE.x``) is replaced: by the full name of its table, or by the
relation that stands for it (a view's query; before the first update, no rows of a table's columns). Sessions that
are not bound pass untouched. A query given as SQL text becomes a relation without asking the engine, as any other
DataFrame does, so that a definition never depends on what has been written so far.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import relations_pb2
from pyspark.sql.connect.proto.relations_pb2 import Relation

from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, ProceedAnalyze, SessionContext
from houseboat.errors import Unsupported
from houseboat.pipelines import schema_places, sqlnames
from houseboat.pipelines.gaps import GAPS
from houseboat.pipelines.spec import split_name

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from pyspark.sql import SparkSession

_plan_ids = itertools.count(1 << 40)
"""Ids for relations that are added here, above those that PySpark counts up from 0."""


class Resolver(Protocol):
    """Says what a name means in a pipeline."""

    def resolve(self, parts: tuple[str, ...], *, streaming: bool) -> str | Relation | None:
        """A table's quoted full name, the relation that stands for the dataset, or None: not of this pipeline."""


class DatasetNames(Handler):
    """The handler. It must come before those for streams and for the catalogue."""

    def __init__(self) -> None:
        self._bound: dict[str, Resolver] = {}

    @contextmanager
    def bound(self, spark: SparkSession, resolver: Resolver) -> Iterator[None]:
        """Resolve the names in this session by ``resolver`` inside the ``with``."""
        session = spark.session_id
        before = self._bound.get(session)
        self._bound[session] = resolver
        try:
            yield
        finally:
            if before is None:
                del self._bound[session]
            else:
                self._bound[session] = before

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Rewrite a plan of a bound session."""
        resolver = self._bound.get(session.id)
        if resolver is None:
            return proceed(plan)
        text = plans.sql_text(plan)
        if text is not None and sqlnames.is_query(text) and plan.command.sql_command.HasField("input"):
            response = pb2.ExecutePlanResponse()
            response.sql_command_result.relation.CopyFrom(plan.command.sql_command.input)
            return iter((response,))
        copy = plans.copied(plan)
        rewrite(copy, resolver)
        schema_places.fill(copy)
        return proceed(copy)

    def analyze(
        self, request: pb2.AnalyzePlanRequest, session: SessionContext, proceed: ProceedAnalyze
    ) -> pb2.AnalyzePlanResponse:
        """Rewrite the plan that is asked about."""
        resolver = self._bound.get(session.id)
        if resolver is None:
            return proceed(request)
        copy = pb2.AnalyzePlanRequest()
        copy.CopyFrom(request)
        rewrite(copy, resolver)
        schema_places.fill(copy)
        return proceed(copy)


def rewrite(message: Message, resolver: Resolver) -> None:
    """Replace, in place, every name of a dataset below a message."""
    if isinstance(message, Relation):
        if message.HasField("read") and message.read.HasField("named_table"):
            _named_table(message, resolver)
            return
        if message.HasField("sql"):
            _sql(message, resolver)
            return
        if message.HasField("with_relations") and message.with_relations.root.HasField("sql"):
            for reference in message.with_relations.references:
                rewrite(reference, resolver)
            inner = Relation.FromString(message.with_relations.root.SerializeToString())
            added = _sql_text(inner, resolver, _held(message))
            message.with_relations.root.CopyFrom(inner)
            message.with_relations.references.extend(added)
            return
    for child in plans.children(message):
        rewrite(child, resolver)


def reads_stream(relation: Relation, resolver: Resolver) -> bool:
    """Whether a relation reads a stream, itself or through a view."""
    if relation.HasField("read"):
        if relation.read.is_streaming:
            return True
        if relation.read.HasField("named_table"):
            parts = tuple(split_name(relation.read.named_table.unparsed_identifier))
            meant = resolver.resolve(parts, streaming=False)
            return isinstance(meant, Relation) and reads_stream(meant, resolver)
        return False
    if relation.HasField("sql"):
        return _text_streams(relation.sql.query, resolver)
    if relation.HasField("with_relations") and relation.with_relations.root.HasField("sql"):
        text = relation.with_relations.root.sql.query
        coming = any(reads_stream(reference, resolver) for reference in relation.with_relations.references)
        return coming or _text_streams(text, resolver, _held(relation))
    return any(_message_streams(child, resolver) for child in plans.children(relation))


def _text_streams(text: str, resolver: Resolver, held: frozenset[str] = frozenset()) -> bool:
    for reference in sqlnames.references(text):
        if reference.streaming:
            return True
        if len(reference.parts) > 1 or reference.parts[0].lower() not in held:
            meant = resolver.resolve(reference.parts, streaming=False)
            if isinstance(meant, Relation) and reads_stream(meant, resolver):
                return True
    return False


def _message_streams(message: Message, resolver: Resolver) -> bool:
    if isinstance(message, Relation):
        return reads_stream(message, resolver)
    return any(_message_streams(child, resolver) for child in plans.children(message))


def _named_table(relation: Relation, resolver: Resolver) -> None:
    table = relation.read.named_table
    parts = tuple(split_name(table.unparsed_identifier))
    meant = resolver.resolve(parts, streaming=relation.read.is_streaming)
    if isinstance(meant, str):
        table.unparsed_identifier = meant
    elif meant is not None:
        relation.CopyFrom(_alias(meant, parts[-1], resolver, relation.common))


def _alias(meant: Relation, name: str, resolver: Resolver, common: Any = None) -> Relation:
    """A relation under a dataset's name, as a view would be: columns may be written ``name.column``."""
    made = Relation(common=common)
    made.subquery_alias.input.CopyFrom(meant)
    rewrite(made.subquery_alias.input, resolver)
    made.subquery_alias.alias = name
    return made


def _sql(relation: Relation, resolver: Resolver) -> None:
    common = relations_pb2.RelationCommon.FromString(relation.common.SerializeToString())
    inner = Relation.FromString(relation.SerializeToString())
    added = _sql_text(inner, resolver)
    if not added:
        relation.CopyFrom(inner)
        return
    made = Relation(common=common)
    made.with_relations.root.CopyFrom(inner)
    made.with_relations.references.extend(added)
    relation.CopyFrom(made)


def _held(relation: Relation) -> frozenset[str]:
    """The names, in lower case, that a query's text finds among the relations that come with it."""
    references = relation.with_relations.references
    return frozenset(r.subquery_alias.alias.lower() for r in references if r.HasField("subquery_alias"))


def _sql_text(relation: Relation, resolver: Resolver, held: frozenset[str] = frozenset()) -> list[Relation]:
    """Rewrite a query's text; returns the relations that it now refers to by name. ``held``: names that it has already, as
    in a batch of a stream, whose text was rewritten when the stream began.
    """
    added: dict[str, Relation] = {}
    taken: dict[str, tuple[str, ...]] = {}

    def replace(reference: sqlnames.Reference) -> str | None:
        if reference.call:
            raise Unsupported(
                f"STREAM {reference.parts[-1]}(...) in a SQL query is not supported",
                hint=GAPS["STREAM read_files(...) in the SQL of a query"],
            )
        if len(reference.parts) == 1 and reference.parts[0].lower() in held:
            return None
        meant = resolver.resolve(reference.parts, streaming=reference.streaming)
        if reference.streaming and not isinstance(meant, Relation):
            meant = _stream(meant or ".".join(f"`{part}`" for part in reference.parts))
        if meant is None or isinstance(meant, str):
            return meant
        name = reference.parts[-1]
        if reference.streaming:  # a name that no table has: the catalogue would take it for the whole table
            name = "_".join(["stream", *reference.parts])
        while taken.setdefault(name.lower(), reference.parts[:-1]) != reference.parts[:-1]:
            name = f"{name}_"
        if name.lower() not in added:
            added[name.lower()] = _alias(meant, name, resolver)
            added[name.lower()].common.plan_id = next(_plan_ids)  # Sail wants one
        return f"`{name}` AS `{reference.parts[-1]}`" if reference.streaming and not reference.aliased else f"`{name}`"

    relation.sql.query = sqlnames.replaced(relation.sql.query, replace)
    return list(added.values())


def _stream(table: str) -> Relation:
    """``STREAM table`` as the relation that ``readStream.table`` makes."""
    made = Relation()
    made.read.named_table.unparsed_identifier = table
    made.read.is_streaming = True
    return made


def empty(schema_json: str) -> Relation:
    """A relation of these columns without rows."""
    made = Relation()
    made.local_relation.schema = schema_json
    return made
