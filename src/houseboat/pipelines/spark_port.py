"""PySpark's own port into Houseboat's registry: for files that import ``pyspark.pipelines.api`` and the like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.pipelines.graph_element_registry import GraphElementRegistry
from pyspark.pipelines.output import MaterializedView, Sink, StreamingTable, Table, TemporaryView

from houseboat.errors import Place, Unsupported
from houseboat.pipelines import cdc_api
from houseboat.pipelines.definitions import Dataset, Kind, QueryFlow
from houseboat.pipelines.dlt_module import NOT_SUPPORTED
from houseboat.pipelines.gaps import GAPS
from houseboat.pipelines.registry import Registry, collecting, location

_KINDS: dict[type, Kind] = {
    StreamingTable: Kind.TABLE,
    MaterializedView: Kind.MATERIALIZED_VIEW,
    TemporaryView: Kind.VIEW,
}


class SparkRegistry(GraphElementRegistry):
    """Hands what ``pyspark.pipelines`` registers on to a ``Registry``."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._functions: dict[str, Dataset] = {}

    def register_output(self, output: Any) -> None:
        """A table or view."""
        where = location(output.source_code_location.filename, output.source_code_location.line_number)
        if isinstance(output, Sink):
            raise Unsupported(
                "create_sink is not supported in pipelines yet", place=where.place, hint=NOT_SUPPORTED["create_sink"]
            )
        stored = isinstance(output, Table)
        self._functions[output.name] = Dataset(
            name=output.name,
            kind=_KINDS[type(output)],
            location=where,
            comment=output.comment,
            schema=output.schema if stored else None,
            table_properties=dict(output.table_properties) if stored else {},
            partition_cols=tuple(output.partition_cols or ()) if stored else (),
            cluster_by=tuple(output.cluster_by or ()) if stored else (),
        )
        self._registry.add_dataset(self._functions[output.name])

    def register_flow(self, flow: Any) -> None:
        """A query that writes into a table; a dataset's own query also carries the rules put on it."""
        where = location(flow.source_code_location.filename, flow.source_code_location.line_number)
        dataset = self._functions.get(flow.target)
        if dataset is not None and flow.name == flow.target:
            self._registry.remove_dataset(dataset)
            self._registry.add_dataset(dataset, flow.func)
        self._registry.add_flow(QueryFlow(flow.name, flow.target, where, dict(flow.spark_conf or {}), query=flow.func))

    def register_auto_cdc_flow(self, flow: Any) -> None:
        """AUTO CDC as PySpark 4.2 defines it."""
        with collecting(self._registry):
            cdc_api.create_auto_cdc_flow(
                flow.target, flow.source, flow.keys, flow.sequence_by, name=flow.name,
                apply_as_deletes=flow.apply_as_deletes, column_list=flow.column_list,
                except_column_list=flow.except_column_list, stored_as_scd_type=flow.stored_as_scd_type or 1,
            )  # fmt: skip

    def register_sql(self, sql_text: str, file_path: Path) -> None:  # noqa: ARG002
        """SQL definitions are read by ``loader.py``, not by PySpark's command line."""
        raise Unsupported(
            "SQL definitions are not supported in pipelines yet",
            place=Place(file_path),
            hint=GAPS["SQL files and SQL cells"],
        )
