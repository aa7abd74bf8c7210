"""The event log of a pipeline: a Delta table of Databricks' record shape, appended to once per update.

``details`` is a JSON text whose one top key is the event type. An update that found nothing to do leaves no events: it
is in the record of runs, and a run with nothing new writes no table version anywhere. Each flow's metrics come once,
on its COMPLETED event.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from houseboat.pipelines.flows import Outcome
    from houseboat.pipelines.graph import Graph, Node
    from houseboat.pipelines.spec import PipelineSpec


class EventLog:
    """The events of one update, written together by ``save``. Thread-safe: a list's ``append`` is."""

    def __init__(self, folder: Path, spec: PipelineSpec, update_id: str) -> None:
        self.path = folder / "event_log"
        self._spec, self._update = spec, update_id
        self._events: list[dict[str, Any]] = []

    def add(
        self, kind: str, message: str, details: Mapping[str, Any], *, level: str = "INFO", error: BaseException | None = None,
        **origin: str,
    ) -> None:  # fmt: skip
        """Note an event; ``origin`` may name ``dataset_name`` and ``flow_name``."""
        now = dt.datetime.now(tz=dt.UTC)
        self._events.append({
            "id": str(uuid.uuid4()),
            "sequence": {"data_plane_id": {"instance": self._update, "seq_no": len(self._events)}},
            "origin": {
                "pipeline_id": self._spec.id, "pipeline_name": self._spec.name, "pipeline_type": "WORKSPACE",
                "update_id": self._update, **origin,
            },
            "timestamp": now, "message": message, "level": level, "maturity_level": "STABLE",
            "error": _error(error), "details": json.dumps({kind: details}, default=str), "event_type": kind,
        })  # fmt: skip

    def update(self, state: str, message: str = "", error: BaseException | None = None) -> None:
        """``update_progress``."""
        level = "ERROR" if error else "INFO"
        text = message or f"Update {self._update[:6]} is {state}."
        self.add("update_progress", text, {"state": state}, level=level, error=error)

    def graph(self, graph: Graph) -> None:
        """``dataset_definition`` and ``flow_definition`` of everything."""
        for node in graph.nodes.values():
            rules = [
                {"name": r.name, "constraint": str(r.condition), "action": r.action.value}
                for r in node.dataset.expectations
            ]
            details = {"dataset_type": node.kind.name, "num_flows": len(node.flows), "expectations": rules}
            self.add(
                "dataset_definition",
                f"Dataset {node.name} defined as {node.kind.name}.",
                details,
                dataset_name=node.name,
            )
            for flow in node.flows:
                inputs = [{"name": name} for name in flow.inputs]
                schema = flow.schema.json() if flow.schema is not None else None
                details = {"input_datasets": inputs, "output_dataset": node.name, "schema_json": schema,
                           "flow_type": flow_type(node, flow.flow), "once": getattr(flow.flow, "once", False),
                           "language": "PYTHON", "spark_conf": dict(flow.flow.spark_conf), "comment": node.dataset.comment}  # fmt: skip
                self.add("flow_definition", f"Flow {flow.flow.name} defined.", details,
                         dataset_name=node.name, flow_name=flow.flow.name)  # fmt: skip

    def flow(
        self, node: Node, name: str, status: str, outcome: Outcome | None = None, error: BaseException | None = None
    ) -> None:
        """``flow_progress``, with metrics where there are any."""
        details: dict[str, Any] = {"status": status}
        if outcome is not None:
            details |= {"metrics": metrics(outcome)}
            if outcome.quality is not None:
                details["data_quality"] = outcome.quality.record()
        level = "ERROR" if status == "FAILED" else "WARN" if status == "SKIPPED" else "METRICS" if outcome else "INFO"
        message = f"Flow '{name}' has {status}." + (f" {error}" if error else "")
        self.add("flow_progress", message, details, level=level, error=error, dataset_name=node.name, flow_name=name)

    def save(self) -> None:
        """Append all events in one commit."""
        from deltalake import write_deltalake

        write_deltalake(str(self.path), _table(self._events), mode="append")
        self._events = []


def flow_type(node: Node, flow: object) -> str:
    """The platform's word for a kind of flow."""
    from houseboat.pipelines.definitions import CdcFlow, Kind, SnapshotFlow

    if isinstance(flow, CdcFlow):
        return "CHANGE"
    if isinstance(flow, SnapshotFlow):
        return "SNAPSHOT_CHANGE"
    return {Kind.VIEW: "VIEW", Kind.MATERIALIZED_VIEW: "MATERIALIZED_VIEW"}.get(node.kind, "APPEND")


def metrics(outcome: Outcome) -> dict[str, int]:
    """A flow's figures: AUTO CDC counts changes by key, every other flow its output rows."""
    if outcome.change is not None:
        change = outcome.change
        return {"num_upserted_rows": change.inserted + change.updated, "num_deleted_rows": change.deleted}
    return {} if outcome.rows is None else {"num_output_rows": outcome.rows}


def _error(error: BaseException | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"fatal": True, "exceptions": [{"class_name": type(error).__name__, "message": str(error), "stack": []}]}


def _table(events: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    text = pa.string()
    origin = ("cloud", "region", "org_id", "user_id", "pipeline_id", "pipeline_type", "pipeline_name", "cluster_id", "update_id",
              "table_name", "dataset_name", "sink_name", "flow_id", "flow_name", "request_id", "maintenance_id")  # fmt: skip
    stack = pa.struct(
        [("declaring_class", text), ("method_name", text), ("file_name", text), ("line_number", pa.int64())]
    )
    exceptions = pa.list_(pa.struct([("class_name", text), ("message", text), ("stack", pa.list_(stack))]))
    schema = pa.schema([
        ("id", text),
        ("sequence", pa.struct([("data_plane_id", pa.struct([("instance", text), ("seq_no", pa.int64())]))])),
        ("origin", pa.struct([*((name, text) for name in origin), ("batch_id", pa.int64())])),
        ("timestamp", pa.timestamp("us", "UTC")), ("message", text), ("level", text), ("maturity_level", text),
        ("error", pa.struct([("fatal", pa.bool_()), ("exceptions", exceptions)])),
        ("details", text), ("event_type", text),
    ])  # fmt: skip
    return pa.Table.from_pylist(events, schema=schema)
