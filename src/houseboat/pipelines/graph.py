"""The dependency graph of a pipeline, found by asking each query once what it reads, before anything is written.

A query function runs once; its DataFrame's plan says which datasets it names. A dataset that is named is examined
first, in the middle of examining its reader, so cycles show themselves as such; it then stands in the reader's plan as
a relation of its columns without rows. So all queries are analysed by the engine, from first to last, although no
table need exist yet.
"""

from __future__ import annotations

import contextvars
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto.relations_pb2 import Relation

from houseboat.engine.plans import relation_of
from houseboat.errors import HouseboatError
from houseboat.pipelines import cdc, expectations, schema_places
from houseboat.pipelines.definitions import (
    CdcFlow,
    Dataset,
    Definitions,
    Expectation,
    Flow,
    Kind,
    Location,
    QueryFlow,
    SnapshotFlow,
)  # fmt: skip
from houseboat.pipelines.errors import GraphError
from houseboat.pipelines.names import DatasetNames, empty, reads_stream, rewrite
from houseboat.pipelines.registry import failing_line, placed
from houseboat.pipelines.tables import Tables, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from houseboat.pipelines.spec import PipelineSpec


@dataclass
class FlowNode:
    """A flow with what was learned of it. ``inputs`` are full names of the pipeline's datasets that it reads."""

    flow: Flow
    target: str
    frame: DataFrame | None = None
    streaming: bool = False
    inputs: tuple[str, ...] = ()
    schema: StructType | None = None
    cdc_target: cdc.Target | None = None


@dataclass
class Node:
    """A dataset with what was learned of it. ``relation``: a view's query, names as written, its rules at work."""

    dataset: Dataset
    name: str
    kind: Kind
    flows: list[FlowNode] = field(default_factory=list)
    schema: StructType | None = None
    relation: Relation | None = None
    streaming: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """The pipeline's datasets that it is made of, views included."""
        return tuple(dict.fromkeys(name for flow in self.flows for name in flow.inputs))


@dataclass(frozen=True)
class Graph:
    """A checked pipeline: its datasets by full name, inputs before what reads them."""

    nodes: Mapping[str, Node]

    def tables_behind(self, name: str) -> tuple[str, ...]:
        """The tables that a dataset reads, directly or through views."""
        found: dict[str, None] = {}
        for read in self.nodes[name].inputs:
            if self.nodes[read].kind is Kind.VIEW:
                found.update(dict.fromkeys(self.tables_behind(read)))
            else:
                found[read] = None
        return tuple(found)

    def tables(self) -> Iterator[Node]:
        """The datasets that have rows of their own, inputs first."""
        return (node for node in self.nodes.values() if node.kind is not Kind.VIEW)


class RunNames:
    """What names mean while an update writes: a table is itself, a view its query."""

    def __init__(self, graph: Graph, spec: PipelineSpec) -> None:
        self._graph, self._spec = graph, spec

    def resolve(self, parts: tuple[str, ...], *, streaming: bool) -> str | Relation | None:  # noqa: ARG002
        """See ``names.Resolver``."""
        node = self._graph.nodes.get(self._spec.full_name(".".join(parts)))
        if node is None:
            return None
        return node.relation if node.kind is Kind.VIEW else quoted(node.name)


def build(
    spec: PipelineSpec, definitions: Definitions, spark: SparkSession, names: DatasetNames, folder: Path
) -> Graph:
    """Check all definitions against each other and the engine; raises ``GraphError`` at the first contradiction.

    ``folder``: the pipeline's state, where inferred schemas are kept.
    """
    return _Builder(spec, definitions, spark, names, folder).build()


class _Builder:
    def __init__(
        self, spec: PipelineSpec, definitions: Definitions, spark: SparkSession, names: DatasetNames, folder: Path
    ) -> None:
        self._spec, self._definitions, self._spark, self._names = spec, definitions, spark, names
        self._folder = folder
        self._tables = Tables(spark)
        self._nodes: dict[str, Node] = {}
        self._done: dict[str, Node] = {}
        self._open: list[str] = []
        self._existing: dict[str, StructType] = {}
        self._read: contextvars.ContextVar[dict[str, None] | None] = contextvars.ContextVar("read", default=None)
        self._files = {str(file) for file in spec.files}
        self._failure: GraphError | None = None

    def build(self) -> Graph:
        self._declare()
        self._existing = {
            name: self._tables.schema(name)
            for name, node in self._nodes.items()
            if node.kind in (Kind.TABLE, Kind.STREAMING_TABLE) and self._tables.exists(name)
        }
        with self._names.bound(self._spark, self):
            for name in self._nodes:
                self._examine(name)
        return Graph(self._done)

    def resolve(self, parts: tuple[str, ...], *, streaming: bool) -> str | Relation | None:
        """What a name means while queries are examined: columns without rows."""
        name = self._spec.full_name(".".join(parts))
        if name not in self._nodes:
            return None
        read = self._read.get()
        if read is not None:
            read[name] = None
        node = self._examine(name)
        if streaming and node.kind is Kind.MATERIALIZED_VIEW:
            raise self._refuse(
                f"{self._open[-1] if self._open else 'a query'} reads the materialized view {name} as a stream",
                node.dataset.location, "read it with spark.read.table, or make it a streaming table",
            )  # fmt: skip
        if node.kind is Kind.VIEW and node.relation is not None and node.streaming:
            return node.relation
        assert node.schema is not None  # noqa: S101 - every examined node has columns
        return empty(node.schema.json())

    def _declare(self) -> None:
        for dataset in self._definitions.datasets:
            name = self._spec.full_name(dataset.name)
            if name in self._nodes:
                first = self._nodes[name].dataset.location.place
                raise self._refuse(f"{name} is defined twice", dataset.location, f"the other definition: {first}")
            self._nodes[name] = Node(dataset, name, dataset.kind)
        if not self._nodes and not self._definitions.flows:
            raise GraphError(
                f"the pipeline {self._spec.name!r} defines no dataset", place=self._spec.place, code="RUN_EMPTY_PIPELINE",
                hint="define one with @dp.table or @dp.materialized_view",
            )  # fmt: skip
        for flow in self._definitions.flows:
            self._attach(flow)
        for node in self._nodes.values():
            if not node.flows:
                raise self._refuse(
                    f"{node.name} has no flow that writes into it", node.dataset.location,
                    "add one with @dp.append_flow or create_auto_cdc_flow", "PIPELINE_DATASET_WITHOUT_FLOW",
                )  # fmt: skip

    def _attach(self, flow: Flow) -> None:
        target = self._spec.full_name(flow.target)
        node = self._nodes.get(target)
        if node is None:
            near = self._near(target)
            raise self._refuse(f"flow {flow.name!r} writes into {flow.target!r}, which is not defined", flow.location,
                               f"{near}create it with create_streaming_table")  # fmt: skip
        if flow.name.lower() in (known.flow.name.lower() for known in node.flows):
            raise self._refuse(
                f"{node.name} has two flows named {flow.name!r}", flow.location, "give each its own name"
            )
        by_key = [isinstance(f, (CdcFlow, SnapshotFlow)) for f in [flow, *(known.flow for known in node.flows)]]
        if any(by_key) and not all(by_key):
            raise self._refuse(f"{node.name} takes changes by key, so it takes no append flow", flow.location, None)
        own = isinstance(flow, QueryFlow) and flow.name == node.dataset.name
        if not own and node.kind in (Kind.VIEW, Kind.MATERIALIZED_VIEW):
            raise self._refuse(f"flow {flow.name!r} writes into {node.name}, which is no streaming table", flow.location,
                               "create the target with create_streaming_table")  # fmt: skip
        node.flows.append(FlowNode(flow, target))

    def _examine(self, name: str) -> Node:
        if name in self._done:
            return self._done[name]
        if self._failure is not None:
            raise self._failure
        node = self._nodes[name]
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise self._refuse(f"the datasets read each other in a circle: {circle}", node.dataset.location,
                               "break the circle", "CYCLIC_PIPELINE")  # fmt: skip
        self._open.append(name)
        try:
            for flow in node.flows:
                self._examine_flow(node, flow)
            self._settle(node)
            self._check_rules(node)
        finally:
            self._open.pop()
        self._done[name] = node
        return node

    def _examine_flow(self, node: Node, flow: FlowNode) -> None:
        read: dict[str, None] = {}
        token = self._read.set(read)
        try:
            with schema_places.of_flow(self._folder, node.name, flow.flow.name):
                self._ask(node, flow)
        except HouseboatError as error:
            raise placed(error, failing_line(error, self._files) or flow.flow.location) from error.__cause__
        except Exception as error:
            if self._failure is not None:
                raise self._failure from error
            raise self._explained(error, node, flow) from error
        finally:
            self._read.reset(token)
        flow.inputs = tuple(read)

    def _ask(self, node: Node, flow: FlowNode) -> None:
        definition = flow.flow
        if isinstance(definition, QueryFlow):
            frame = definition.query()
            if not hasattr(frame, "isStreaming"):
                raise self._refuse(
                    f"the query function of {node.name} returns {type(frame).__name__}, not a DataFrame",
                    definition.location, "end it with: return <DataFrame>",
                )  # fmt: skip
            relation = relation_of(frame)
            flow.streaming = reads_stream(relation, self)
            rewrite(Relation.FromString(relation.SerializeToString()), self)  # notes what it reads, even if cached
            flow.frame, flow.schema = frame, frame.schema
        elif isinstance(definition, CdcFlow):
            self._ask_cdc(node, flow, definition)
        elif isinstance(definition, SnapshotFlow):
            self._ask_snapshot(flow, definition)

    def _ask_cdc(self, node: Node, flow: FlowNode, definition: CdcFlow) -> None:
        from pyspark.sql.types import StructType

        source = self._spec.full_name(definition.source)
        meant = self._nodes.get(source)
        if (
            meant is not None
            and self._examine(source).kind is Kind.VIEW
            and not meant.streaming
            and not definition.once
        ):
            raise self._refuse(f"the source {definition.source!r} of flow {definition.name!r} is a view of a batch",
                               definition.location, "let the view return a stream (spark.readStream)")  # fmt: skip
        reader = self._spark.read if definition.once else self._spark.readStream
        frame = reader.table(definition.source)
        events, chosen = cdc.events_of(definition, frame)
        fields = {item.name: item for item in events.schema.fields}
        columns = StructType([fields[name] for name in chosen])
        flow.cdc_target = cdc.target_of(
            node.name, definition.keys, columns, fields[cdc.SEQUENCE], scd_type=definition.scd_type,
            track=definition.track, ignore_nulls=definition.ignore_nulls,
        )  # fmt: skip
        flow.streaming, flow.frame = not definition.once, frame
        flow.schema = cdc.visible_schema(flow.cdc_target, columns)

    def _ask_snapshot(self, flow: FlowNode, definition: SnapshotFlow) -> None:
        if isinstance(definition.source, str):
            flow.schema = self._spark.read.table(definition.source).schema

    def _settle(self, node: Node) -> None:
        """Decide what a dataset is, and its columns."""
        streams = [flow.streaming for flow in node.flows]
        location = node.dataset.location
        if node.kind is Kind.TABLE:
            node.kind = Kind.STREAMING_TABLE if any(streams) or len(node.flows) > 1 else Kind.MATERIALIZED_VIEW
        for flow in node.flows:
            batch = isinstance(flow.flow, QueryFlow) and not flow.streaming
            if node.kind is Kind.MATERIALIZED_VIEW and flow.streaming:
                raise self._refuse(f"the materialized view {node.name} reads a stream", location,
                                   "read with spark.read, or define it with @dp.table")  # fmt: skip
            if (
                node.kind is Kind.STREAMING_TABLE
                and batch
                and not (isinstance(flow.flow, QueryFlow) and flow.flow.once)
            ):
                raise self._refuse(f"flow {flow.flow.name!r} into the streaming table {node.name} returns a batch",
                                   flow.flow.location, "read with spark.readStream, or append_flow(once=True)",
                                   "INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE")  # fmt: skip
        node.streaming = any(streams)
        node.schema = self._columns(node)
        if node.kind is Kind.VIEW:
            frame = node.flows[0].frame
            assert frame is not None  # noqa: S101 - a view has a query
            rules = node.dataset.expectations
            guarded = expectations.guarded(frame, rules, dataset=node.dataset.name) if rules else frame
            node.relation = relation_of(guarded)
            with schema_places.of_flow(self._folder, node.name, node.flows[0].flow.name):
                schema_places.fill(node.relation)

    def _columns(self, node: Node) -> StructType:
        from pyspark.sql.types import StructType

        found: dict[str, Any] = {}
        for flow in node.flows:
            for item in flow.schema.fields if flow.schema is not None else ():
                found.setdefault(item.name.lower(), item)
        if node.kind is Kind.STREAMING_TABLE and node.name in self._existing:
            for item in self._existing[node.name].fields:
                found.setdefault(item.name.lower(), item)
        if not found and node.dataset.schema is not None:
            declared = node.dataset.schema
            return self._spark.createDataFrame([], declared).schema if isinstance(declared, str) else declared
        return StructType(list(found.values()))

    def _check_rules(self, node: Node) -> None:
        rules = node.dataset.expectations
        if not rules or node.schema is None or not node.schema.fields:
            return
        frame = self._spark.createDataFrame([], node.schema)
        try:
            frame.select(*map(expectations.condition, rules)).schema  # noqa: B018 - the engine checks them, all at once
        except Exception:  # noqa: BLE001 - one of them is wrong: which?
            for rule in rules:
                self._check_rule(node, rule, frame)

    def _check_rule(self, node: Node, rule: Expectation, frame: DataFrame) -> None:
        try:
            frame.select(expectations.condition(rule)).schema  # noqa: B018 - the engine checks it
        except Exception as error:
            columns = ", ".join(frame.columns)
            raise self._refuse(
                f"the rule {rule.name!r} of {node.name} does not fit its columns: {_first_line(error)}",
                node.dataset.location, f"its columns: {columns}; the rule: {rule.condition}",
            ) from error  # fmt: skip

    def _explained(self, error: Exception, node: Node, flow: FlowNode) -> GraphError:
        where = failing_line(error, self._files) or flow.flow.location
        text = _first_line(error)
        hint = "correct the query; nothing was written"
        if "TABLE_OR_VIEW_NOT_FOUND" in str(error) or "able not found" in str(error):
            hint = f"{self._near(text)}define it in the pipeline, or load it before"
        kind = type(error).__name__
        return GraphError(f"the query of {node.name} cannot be analysed: {kind}: {text}", place=where.place, hint=hint)

    def _near(self, text: str) -> str:
        known = {name.rsplit(".", 1)[-1]: name for name in self._nodes}
        words = text.replace("`", " ").replace(".", " ").replace("'", " ").split()
        for word in reversed(words):
            near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.75)
            if near:
                return f"did you mean {known[near[0]]}? "
        return ""

    def _refuse(self, message: str, location: Location, hint: str | None, code: str | None = None) -> GraphError:
        self._failure = GraphError(message, place=location.place, hint=hint, code=code)
        return self._failure


def selected(graph: Graph, names: Iterable[str], spec: PipelineSpec) -> set[str]:
    """The full names of a selection; raises ``GraphError`` for one that the pipeline does not define."""
    chosen = set()
    for name in names:
        full = spec.full_name(name)
        if full not in graph.nodes:
            near = difflib.get_close_matches(full, graph.nodes, n=1)
            raise GraphError(f"the pipeline {spec.name!r} has no dataset {name!r}", place=spec.place,
                             hint=f"did you mean {near[0]}?" if near else f"it has: {', '.join(graph.nodes)}")  # fmt: skip
        chosen.add(full)
    return chosen


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "")
