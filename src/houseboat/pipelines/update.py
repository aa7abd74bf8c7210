"""Runs one update of a pipeline: reads its files, checks the graph, runs the flows in order, writes the event log."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError, Place, disk_full
from houseboat.pipelines import graph as graphs
from houseboat.pipelines.definitions import Kind
from houseboat.pipelines.dlt_module import installed
from houseboat.pipelines.errors import CdcError, UpdateFailed
from houseboat.pipelines.event_log import EventLog, metrics
from houseboat.pipelines.flows import Outcome, Surroundings, run_flow
from houseboat.pipelines.loader import importable, load
from houseboat.pipelines.registry import collecting
from houseboat.pipelines.reset import finish_resets, may_reset
from houseboat.pipelines.tables import Tables
from houseboat.runs import Run, Runs, Status

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.pipelines.graph import FlowNode, Graph, Node
    from houseboat.pipelines.names import DatasetNames
    from houseboat.pipelines.spec import PipelineSpec
    from houseboat.pipelines.state import State

WORKERS = 4
RETRIES = 2
"""``pipelines.maxFlowRetryAttempts``: tries after the first, outside development mode."""
EVOLUTIONS = 10
"""How often a flow is started again because Auto Loader has just learned new columns."""


@dataclass(frozen=True)
class Request:
    """What an update is asked to do. Empty selections mean all tables."""

    full_refresh: bool = False
    refresh_selection: tuple[str, ...] = ()
    full_refresh_selection: tuple[str, ...] = ()
    validate_only: bool = False

    def details(self) -> dict[str, Any]:
        """As in the event log."""
        return {
            "cause": "USER_ACTION", "full_refresh": self.full_refresh, "refresh_selection": list(self.refresh_selection),
            "full_refresh_selection": list(self.full_refresh_selection), "validate_only": self.validate_only,
        }  # fmt: skip


@dataclass
class Update:
    """One update on its way."""

    spec: PipelineSpec
    request: Request
    spark: SparkSession
    names: DatasetNames
    state: State
    folder: Path
    runs: Runs
    run: Run
    events: EventLog = field(init=False)
    graph: Graph = field(init=False)
    _outcomes: dict[str, str] = field(default_factory=dict)
    _errors: list[tuple[str, BaseException, Place | None]] = field(default_factory=list)
    _flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    _wrote: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.events = EventLog(self.folder, self.spec, self.run.id)

    def perform(self) -> dict[str, Any]:
        """Run it; returns what the run's output says. Raises ``UpdateFailed`` when a flow failed."""
        self.events.add("create_update", f"Update {self.run.id[:6]} started.", self.request.details())
        self._prepare()
        try:
            with installed(), importable(self.spec):
                definitions, registry = load(self.spec, self.spark)
                with collecting(registry):
                    self.events.update("INITIALIZING")
                    self.graph = graphs.build(self.spec, definitions, self.spark, self.names, self.folder)
                    self.events.graph(self.graph)
                    if self.request.validate_only:
                        return {"state": "COMPLETED", "written": False, "flows": {}}
                    self._write()
        except UpdateFailed:
            raise
        except BaseException as error:
            self.events.update("FAILED", error=error)
            self.events.save()
            raise
        return self._finish()

    def _prepare(self) -> None:
        tables = Tables(self.spark)
        tables.ensure_schema(self.spec.catalog, self.spec.schema)
        self.spark.catalog.setCurrentCatalog(self.spec.catalog)
        self.spark.catalog.setCurrentDatabase(self.spec.schema)
        for key, value in self.spec.configuration.items():
            self.spark.conf.set(key, value)

    def _write(self) -> None:
        run_names = graphs.RunNames(self.graph, self.spec)
        with self.names.bound(self.spark, run_names):
            chosen, full = self._selection()
            tables = Tables(self.spark)
            for name in full:
                self.state.begin_reset(name)
            self._wrote = finish_resets(tables, self.state, self.folder, self.graph) or self._wrote
            nodes = [node for node in self.graph.tables() if node.name in chosen]
            self.events.update("SETTING_UP_TABLES")
            for node in nodes:
                self._wrote = self._set_up(tables, node) or self._wrote
            self.events.update("RUNNING")
            around = Surroundings(
                self.spec, self.graph, self.spark, self.names, run_names, self.state, self.folder
            )  # fmt: skip
            self._run_all(nodes, lambda node, flow: run_flow(around, node, flow, force=node.name in full))

    def _selection(self) -> tuple[set[str], set[str]]:
        """The tables to refresh, and those of them to refresh in full."""
        everything = {node.name for node in self.graph.tables()}
        full = graphs.selected(self.graph, self.request.full_refresh_selection, self.spec)
        some = graphs.selected(self.graph, self.request.refresh_selection, self.spec)
        chosen = (full | some) & everything if full or some else everything
        full = chosen if self.request.full_refresh else full & everything
        return chosen, {name for name in full if may_reset(self.graph.nodes[name], self._tell)}

    def _set_up(self, tables: Tables, node: Node) -> bool:
        """Make a streaming table before it has rows; a materialized view only if it says more than its query does."""
        wanted = node.kind is Kind.STREAMING_TABLE or node.dataset.comment or isinstance(node.dataset.schema, str)
        if not wanted or node.schema is None or not node.schema.fields or tables.exists(node.name):
            return False
        tables.create(node.name, node.schema, node.dataset)
        return True

    def _run_all(self, nodes: Sequence[Node], run: Callable[[Node, FlowNode], Outcome]) -> None:
        names = {node.name for node in nodes}
        waiting = {node.name: set(self.graph.tables_behind(node.name)) & names for node in nodes}
        by_name = {node.name: node for node in nodes}
        alone = any(flow.flow.spark_conf for node in nodes for flow in node.flows)
        with ThreadPoolExecutor(1 if alone else WORKERS, thread_name_prefix="pipeline") as pool:
            running: dict[Future[None], str] = {}
            while waiting or running:
                ready = [name for name, needs in waiting.items() if not needs - self._outcomes.keys()]
                for name in ready:
                    failed = [need for need in waiting.pop(name) if self._outcomes[need] != "COMPLETED"]
                    context = contextvars.copy_context()
                    task = pool.submit(context.run, self._run_node, by_name[name], run, failed)
                    running[task] = name
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for task in done:
                    del running[task]
                    task.result()

    def _run_node(self, node: Node, run: Callable[[Node, FlowNode], Outcome], failed: Sequence[str]) -> None:
        state = "COMPLETED"
        for flow in node.flows:
            if failed or state == "FAILED":
                state = "SKIPPED" if failed else state
                self._skip(
                    node, flow, f"{failed[0]} did not complete" if failed else "another flow of the table failed"
                )
            elif not self._run_one(node, flow, run):
                state = "FAILED"
        with self._lock:
            self._outcomes[node.name] = state

    def _skip(self, node: Node, flow: FlowNode, why: str) -> None:
        record = self.runs.begin("flow", _flow_name(node, flow), parent=self.run)
        record.output["reason"] = why
        self.runs.end(record, Status.SKIPPED)
        self.events.flow(node, flow.flow.name, "SKIPPED")
        with self._lock:
            self._flows[record.name] = {"status": "SKIPPED", "reason": why}

    def _run_one(self, node: Node, flow: FlowNode, run: Callable[[Node, FlowNode], Outcome]) -> bool:
        name = _flow_name(node, flow)
        record = self.runs.begin("flow", name, parent=self.run)
        self.events.flow(node, flow.flow.name, "STARTING")
        try:
            outcome = self._tried(flow, record, lambda: run(node, flow))
        except Exception as error:  # noqa: BLE001 - recorded here, raised as one error when independent flows are done
            if isinstance(error, HouseboatError) and error.place is None:
                error.place = flow.flow.location.place
            self.runs.end(record, Status.FAILED, error=error)
            self.events.flow(node, flow.flow.name, "FAILED", error=error)
            with self._lock:
                self._errors.append((name, error, flow.flow.location.place))
                self._flows[name] = {"status": "FAILED", "error": str(error)}
            return False
        summary = _summary(node, outcome)
        record.output.update(summary)
        self.runs.end(record, Status.SUCCEEDED)
        self.events.flow(node, flow.flow.name, "COMPLETED", outcome)
        with self._lock:
            self._wrote = self._wrote or outcome.wrote or bool(outcome.batches)
            self._flows[name] = summary
        return True

    def _tried(self, flow: FlowNode, record: Run, run: Callable[[], Outcome]) -> Outcome:
        """Run a flow, again when it may help: after new columns were learned, and in production after any failure that
        another try may cure.
        """
        attempts = self._attempts(flow)
        evolutions = EVOLUTIONS
        while True:
            try:
                return run()
            except Exception as error:
                if "UNKNOWN_FIELD_EXCEPTION" in str(error) and evolutions:
                    evolutions -= 1
                    self.runs.progress(record, "new columns were found; the flow starts again")
                    continue
                attempts -= 1
                if attempts <= 0 or _is_final(error):
                    raise
                self.runs.progress(record, f"failed ({error}); tries again")

    def _attempts(self, flow: FlowNode) -> int:
        if self.spec.development:
            return 1
        key = "pipelines.maxFlowRetryAttempts"
        return 1 + int(flow.flow.spark_conf.get(key, self.spec.configuration.get(key, RETRIES)))

    def _tell(self, message: str) -> None:
        self.runs.progress(self.run, message)

    def _finish(self) -> dict[str, Any]:
        failed = bool(self._errors)
        output = {"state": "FAILED" if failed else "COMPLETED", "written": self._wrote, "flows": dict(self._flows)}
        if not failed:
            if self._wrote:
                self.events.update("COMPLETED")
                self.events.save()
            return output
        name, first, place = self._errors[0]
        first = disk_full(first) or first
        self.events.update("FAILED", error=first)
        self.events.save()
        self.run.output.update(output)
        more = f" (and {len(self._errors) - 1} more)" if len(self._errors) > 1 else ""
        place = (first.place if isinstance(first, HouseboatError) else None) or place
        code = first.code if isinstance(first, HouseboatError) else None
        message = first.message if isinstance(first, HouseboatError) else f"{type(first).__name__}: {first}"
        hint = first.hint if isinstance(first, HouseboatError) else None
        raise UpdateFailed(
            f"pipeline {self.spec.name!r}: flow {name} failed{more}: {message}", place=place, code=code, hint=hint
        ) from first


def _flow_name(node: Node, flow: FlowNode) -> str:
    own = node.name.rsplit(".", 1)[-1]
    return node.name if flow.flow.name.rsplit(".", 1)[-1].lower() == own else f"{node.name}.{flow.flow.name}"


def _summary(node: Node, outcome: Outcome) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "status": "COMPLETED",
        "kind": node.kind.value,
        "wrote": outcome.wrote,
        **metrics(outcome),
    }
    if outcome.change is not None:
        change = outcome.change
        summary |= {"inserted": change.inserted, "updated": change.updated, "deleted": change.deleted}
    if outcome.quality is not None:
        summary["data_quality"] = outcome.quality.record()
    if outcome.note:
        summary["note"] = outcome.note
    return summary


def _is_final(error: Exception) -> bool:
    from houseboat.errors import Unsupported
    from houseboat.pipelines.errors import ExpectationViolation

    return isinstance(error, (CdcError, ExpectationViolation, Unsupported)) or "EXPECTATION_VIOLATION" in str(error)
