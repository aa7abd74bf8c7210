"""Says whether the result of a query can differ from last time: a fingerprint of the plan, its inputs and its table.

A materialized view is recomputed only when its fingerprint differs from the one that its newest data commit carries.
The fingerprint holds the query's plan (views taken apart), the version of every table read, and the table's definition.
There is none (None: always recompute) when the plan calls a function such as ``current_date`` or ``rand``, or reads
anything whose version is not known: files, other formats, temporary views of the session.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto.relations_pb2 import Relation

from houseboat.engine.plans import children
from houseboat.pipelines import sqlnames
from houseboat.pipelines.spec import split_name

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from houseboat.pipelines.definitions import Dataset
    from houseboat.pipelines.spec import PipelineSpec
    from houseboat.pipelines.tables import Tables

FORMAT = 1
_KNOWN_LEAVES = frozenset({"local_relation", "range", "cached_local_relation", "chunked_cached_local_relation"})


class _Unknown(Exception):  # noqa: N818 - a signal, never seen outside
    """The result may differ although nothing that is known of has changed."""


def fingerprint(relation: Relation, dataset: Dataset, spec: PipelineSpec, tables: Tables) -> str | None:
    """The fingerprint of a resolved query (names in full, views in place) that fills a dataset."""
    try:
        inputs = {name: _version(name, tables) for name in sorted(set(_tables_read(relation, spec)))}
    except _Unknown:
        return None
    content = {
        "format": FORMAT,
        "plan": hashlib.sha256(canonical(relation)).hexdigest(),
        "inputs": inputs,
        "table": [
            str(dataset.schema), list(dataset.partition_cols), dict(dataset.table_properties),
            [[rule.name, str(rule.condition), rule.action] for rule in dataset.expectations],
        ],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def canonical(relation: Relation) -> bytes:
    """A plan's bytes, the same whenever the same query is written: ids renumbered, places in the source left out."""
    copy = Relation.FromString(relation.SerializeToString())
    _renumber(copy, {})
    return bytes(copy.SerializeToString(deterministic=True))


def _renumber(message: Message, ids: dict[int, int]) -> None:
    for descriptor, value in message.ListFields():
        if descriptor.name in ("origin", "source_info"):
            message.ClearField(descriptor.name)
        elif descriptor.name in ("plan_id", "plan_ids", "subquery_id") and isinstance(value, int):
            setattr(message, descriptor.name, ids.setdefault(value, len(ids) + 1))
    for child in children(message):
        _renumber(child, ids)


def _version(name: str, tables: Tables) -> int:
    version = tables.data_version(name)
    if version is None:
        raise _Unknown
    return version


def _tables_read(message: Message, spec: PipelineSpec, aliases: frozenset[str] = frozenset()) -> Iterable[str]:
    """The full names of all tables in a plan; raises ``_Unknown`` for anything else that it reads or calls."""
    if isinstance(message, Relation):
        kind = message.WhichOneof("rel_type")
        if kind == "read":
            if not message.read.HasField("named_table"):
                raise _Unknown
            yield spec.full_name(message.read.named_table.unparsed_identifier)
            return
        if kind == "sql":
            _check_text(message.sql.query)
            for reference in sqlnames.references(message.sql.query):
                if len(reference.parts) > 1 or reference.parts[0].lower() not in aliases:
                    yield spec.full_name(".".join(f"`{part}`" for part in reference.parts))
        elif kind == "with_relations":
            named = [
                r.subquery_alias.alias.lower()
                for r in message.with_relations.references
                if r.HasField("subquery_alias")
            ]
            aliases |= frozenset(named)
        elif kind is None or (kind not in _KNOWN_LEAVES and not any(True for _ in children(message))):
            raise _Unknown
    _check_call(message)
    for child in children(message):
        yield from _tables_read(child, spec, aliases)


def _check_call(message: Any) -> None:
    name = message.DESCRIPTOR.name
    if name == "UnresolvedFunction" and split_name(message.function_name)[-1].lower() in sqlnames.NON_DETERMINISTIC:
        raise _Unknown
    if name == "ExpressionString":
        _check_text(message.expression)
    if name == "CommonInlineUserDefinedFunction" and not message.deterministic:
        raise _Unknown


def _check_text(text: str) -> None:
    if not sqlnames.is_deterministic(text):
        raise _Unknown
