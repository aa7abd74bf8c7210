"""Runs one flow of an update: a stream appended, a materialized view recomputed, changes applied by key."""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.engine.plans import relation_of
from houseboat.errors import HouseboatError
from houseboat.pipelines import cdc, expectations, materialize, schema_places, snapshots
from houseboat.pipelines.definitions import CdcFlow, Expectation, Kind, QueryFlow, SnapshotFlow
from houseboat.pipelines.fingerprint import fingerprint
from houseboat.pipelines.names import DatasetNames, rewrite
from houseboat.pipelines.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from houseboat.pipelines.expectations import Quality
    from houseboat.pipelines.graph import FlowNode, Graph, Node, RunNames
    from houseboat.pipelines.spec import PipelineSpec
    from houseboat.pipelines.state import State
    from houseboat.pipelines.tables import Commit


@dataclass
class Outcome:
    """What a flow did. ``rows``: rows written (None: the engine does not say), ``change``: by AUTO CDC."""

    wrote: bool = False
    rows: int | None = 0
    quality: Quality | None = None
    change: cdc.Change | None = None
    batches: int = 0
    note: str = ""

    def add(self, rows: int | None, quality: Quality | None) -> None:
        """Count a batch."""
        self.batches += 1
        self.rows = None if rows is None or self.rows is None else self.rows + rows
        self.count(quality)

    def count(self, quality: Quality | None) -> None:
        """Count rules."""
        if quality is not None:
            self.quality = self.quality + quality if self.quality else quality


@dataclass(frozen=True)
class Surroundings:
    """What every flow of an update needs."""

    spec: PipelineSpec
    graph: Graph
    spark: SparkSession
    names: DatasetNames
    run_names: RunNames
    state: State
    folder: Path
    settings: threading.RLock = field(default_factory=threading.RLock)
    known: dict[str, Commit | None] = field(default_factory=dict)
    """Full table name -> its newest data commit, as far as flows of this update have asked; forgotten when written."""


def run_flow(around: Surroundings, node: Node, flow: FlowNode, *, force: bool) -> Outcome:
    """Run a flow to the end of the data that is there. ``force``: recompute even if nothing changed."""
    outcome = None
    try:
        outcome = _run(around, node, flow, force=force)
    finally:
        if outcome is None or outcome.wrote or outcome.batches:
            around.known.pop(node.name, None)
    return outcome


def _run(around: Surroundings, node: Node, flow: FlowNode, *, force: bool) -> Outcome:
    definition = flow.flow
    places = schema_places.of_flow(around.folder, node.name, definition.name)
    with configured(around, definition.spark_conf), places:
        if isinstance(definition, SnapshotFlow):
            return snapshots.run(around, node, definition)
        if isinstance(definition, CdcFlow):
            return _run_cdc(around, node, flow, definition)
        assert isinstance(definition, QueryFlow)  # noqa: S101 - there is no other kind
        if node.kind is Kind.MATERIALIZED_VIEW:
            return _recompute(around, node, definition, force=force)
        if definition.once:
            return _append_once(around, node, definition)
        return _append(around, node, definition)


@contextmanager
def configured(around: Surroundings, settings: Any) -> Iterator[None]:
    """A flow's own ``spark_conf``, for as long as it runs; such flows run one at a time."""
    if not settings:
        yield
        return
    with around.settings:
        before = {key: around.spark.conf.get(key, None) for key in settings}
        for key, value in settings.items():
            around.spark.conf.set(key, value)
        try:
            yield
        finally:
            for key, old in before.items():
                if old is None:
                    around.spark.conf.unset(key)
                else:
                    around.spark.conf.set(key, old)


def _recompute(around: Surroundings, node: Node, definition: QueryFlow, *, force: bool) -> Outcome:
    tables = Tables(around.spark, around.known)
    frame = definition.query()
    relation = relation_of(frame)
    rewrite(relation, around.run_names)
    mark = fingerprint(relation, node.dataset, around.spec, tables)
    if mark is not None and not force:
        commit = tables.last_data_commit(node.name)
        if commit is not None and commit.mark.get("fingerprint") == mark:
            return Outcome(note="nothing changed")
    outcome = Outcome()
    for view in _views_with_rules(around, node):
        query = view.flows[0].flow
        assert isinstance(query, QueryFlow)  # noqa: S101 - views have queries
        _, quality = _checked(query.query(), view, definition.name)
        outcome.count(quality)
    quality = materialize.overwrite(
        tables, frame, node, {"pipeline": around.spec.key, "fingerprint": mark or ""}, definition.name
    )
    outcome.add(_rows(tables, node, quality), quality)
    outcome.wrote = True
    return outcome


def _views_with_rules(around: Surroundings, node: Node) -> list[Node]:
    """The views with rules that a materialized view reads, directly or through views."""
    found: dict[str, Node] = {}
    left = list(node.inputs)
    while left:
        name = left.pop()
        read = around.graph.nodes[name]
        if read.kind is Kind.VIEW and name not in found:
            found[name] = read
            left += read.inputs
    return [view for view in found.values() if view.dataset.expectations]


def _append(around: Surroundings, node: Node, definition: QueryFlow) -> Outcome:
    outcome = Outcome()

    def write(frame: DataFrame, batch: int) -> None:
        kept, quality = _checked(frame, node, definition.name)
        tables = Tables(frame.sparkSession)
        if quality is not None and quality.rows == quality.dropped:
            outcome.add(0, quality)
            return
        tables.append(kept, node.name, {"pipeline": around.spec.key, "flow": definition.name},
                      writer=(_writer(around, node, definition.name), batch))  # fmt: skip
        outcome.add(_rows(tables, node, quality), quality)
        outcome.wrote = True

    drain(definition.query(), _checkpoint(around, node, definition.name), write)
    return outcome


def _append_once(around: Surroundings, node: Node, definition: QueryFlow) -> Outcome:
    if around.state.ran_once(node.name, definition.name):
        return Outcome(note="ran before")
    kept, quality = _checked(definition.query(), node, definition.name)
    tables = Tables(around.spark)
    tables.append(kept, node.name, {"pipeline": around.spec.key, "flow": definition.name},
                  writer=(_writer(around, node, definition.name), 0))  # fmt: skip
    around.state.note_once(node.name, definition.name)
    outcome = Outcome(wrote=True)
    outcome.add(_rows(tables, node, quality), quality)
    return outcome


def _run_cdc(around: Surroundings, node: Node, flow: FlowNode, definition: CdcFlow) -> Outcome:
    source = around.graph.nodes.get(around.spec.full_name(definition.source))
    target = flow.cdc_target
    assert target is not None  # noqa: S101 - the graph made it
    outcome = Outcome(change=cdc.Change())

    def write(frame: DataFrame, batch: int) -> None:  # noqa: ARG001 - a batch that comes again changes nothing
        if source is not None and source.kind is Kind.VIEW:
            frame, quality = _checked(frame, source, definition.name)
            outcome.count(quality)
        events, chosen = cdc.events_of(definition, frame)
        wanted = cdc.grown(target, definition, events, chosen)
        apply_events(Tables(frame.sparkSession), node, wanted, events, outcome, definition.name)

    if definition.once:
        if not around.state.ran_once(node.name, definition.name):
            write(around.spark.read.table(definition.source), 0)
            around.state.note_once(node.name, definition.name)
        return outcome
    if source is not None and source.kind is Kind.VIEW:
        query = source.flows[0].flow
        assert isinstance(query, QueryFlow)  # noqa: S101 - views have queries
        with schema_places.of_flow(around.folder, source.name, query.name):
            stream = query.query()  # without the view's rules: they are counted batch by batch
            drain(stream, _checkpoint(around, node, definition.name), write)
        return outcome
    drain(around.spark.readStream.table(definition.source), _checkpoint(around, node, definition.name), write)
    return outcome


def apply_events(
    tables: Tables, node: Node, target: cdc.Target, events: DataFrame, outcome: Outcome, flow: str
) -> None:
    """Check and apply a batch of events. The target's rules see the rows that upserts bring; deletes always pass."""
    from pyspark.sql import functions as F  # noqa: N812

    rules = node.dataset.expectations
    quality = None
    if rules:
        upsert = F.col(cdc.OPERATION) == cdc.UPSERT
        kept, quality = expectations.check(events.where(upsert), rules, dataset=node.dataset.name, flow=flow)
        events = kept.unionByName(events.where(~upsert))
    change = cdc.apply(tables, target, events)
    outcome.change = (outcome.change or cdc.Change()) + change
    outcome.wrote = outcome.wrote or change.any
    outcome.add(change.inserted + change.updated, quality)


def _checked(frame: DataFrame, node: Node, flow: str) -> tuple[DataFrame, Quality | None]:
    rules: Sequence[Expectation] = node.dataset.expectations
    return expectations.check(frame, rules, dataset=node.dataset.name, flow=flow)


def _rows(tables: Tables, node: Node, quality: Quality | None) -> int | None:
    if quality is not None:
        return quality.rows - quality.dropped
    return tables.history(node.name, 1)[0].rows


def _checkpoint(around: Surroundings, node: Node, flow: str) -> Path:
    generation = around.state.generation(node.name)
    return around.folder / "checkpoints" / node.name / f"{flow}" / str(generation)


def _writer(around: Surroundings, node: Node, flow: str) -> str:
    return f"{around.spec.key}/{node.name}/{flow}/{around.state.generation(node.name)}"


_batches: dict[str, Callable[[Any, int], None]] = {}


def _deliver(token: str, frame: Any, batch: int) -> None:
    """The function that a stream is given for its batches: it travels by name, what it calls stays here."""
    _batches[token](frame, batch)


def drain(stream: DataFrame, checkpoint: Path, write: Callable[[DataFrame, int], None]) -> None:
    """Give ``write`` all batches of what a stream has now. What ``write`` raises is raised here."""
    token = uuid.uuid4().hex
    failures: list[BaseException] = []

    def guarded(frame: Any, batch: int) -> None:
        try:
            write(frame, batch)
        except BaseException as error:
            failures.append(error)
            raise

    _batches[token] = guarded
    try:
        query = (
            stream.writeStream.foreachBatch(functools.partial(_deliver, token))
            .option("checkpointLocation", checkpoint.as_posix())
            .trigger(availableNow=True)
            .start()
        )
        try:
            query.awaitTermination()
        except Exception as error:
            if failures:
                raise failures[0] from None
            raise _plain(error) from error
        if failures:
            raise failures[0]
    finally:
        del _batches[token]


def _plain(error: Exception) -> Exception:
    """A query's failure, or the error of ours that caused it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HouseboatError):
            return cause
        cause = cause.__cause__
    return error
