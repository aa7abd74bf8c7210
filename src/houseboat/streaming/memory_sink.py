"""The ``memory`` sink: a temporary view, named like the query, of everything that came.

The rows lie as Parquet files in a temporary folder, so that what a batch costs does not grow with the batches before.
"""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2, commands_pb2, relations_pb2

from houseboat.streaming.sinks import UNKNOWN_ROWS, Batch, SimpleSink

if TYPE_CHECKING:
    from houseboat.engine.handler import SessionContext


class MemorySink(SimpleSink):
    """Append mode only; the view belongs to the session and goes with the process."""

    def __init__(self, name: str, folder: Path, session: SessionContext) -> None:
        """``folder``: an empty one of its own, which goes when the sink does."""
        self._name = name
        self._session = session
        self._folder = folder
        self._schema = ""
        self._cleanup = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @property
    def description(self) -> str:
        """As Spark names it."""
        return "MemorySink"

    def prepare(self, plan: relations_pb2.Relation) -> None:
        """An empty view."""
        self._schema = self._session.dataframe(plan).schema.json()
        self._view(plan)

    def add(self, batch: Batch) -> int:
        """One more file; the view is made anew over all of them."""
        folder = self._folder / str(batch.number)
        plan = base_pb2.Plan()
        write = plan.command.write_operation
        write.input.CopyFrom(batch.relation)
        write.source = "parquet"
        write.path = folder.as_posix()
        write.mode = commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE
        self._session.execute(plan)
        read = relations_pb2.Relation()
        read.read.data_source.format = "parquet"
        read.read.data_source.schema = self._schema
        read.read.data_source.paths.extend(path.as_posix() for path in sorted(self._folder.iterdir()))
        self._view(read)
        return UNKNOWN_ROWS

    def _view(self, relation: relations_pb2.Relation) -> None:
        plan = base_pb2.Plan()
        view = plan.command.create_dataframe_view
        view.input.CopyFrom(relation)
        view.name = self._name
        view.replace = True
        self._session.execute(plan)
