"""Makes a query out of a ``writeStream...start``: what must be right before its first batch.

Source of the order and the messages: Apache Spark, ``StreamingQueryManager.createQuery`` and ``DataStreamWriter``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.engine import plans
from houseboat.streaming import leaves, metadata_column, rules
from houseboat.streaming.checkpoint import Checkpoint
from houseboat.streaming.errors import analysis_error
from houseboat.streaming.lock import CheckpointLock
from houseboat.streaming.progress import Identity
from houseboat.streaming.query import Parts, Query
from houseboat.streaming.sink_choice import TEMPORARY, Wish, format_of, sink_of
from houseboat.streaming.sources import SourceFactory, source_of
from houseboat.streaming.triggers import trigger_of

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import commands_pb2, relations_pb2

    from houseboat.engine.handler import SessionContext
    from houseboat.streaming.manager import Queries
    from houseboat.streaming.places import Places
    from houseboat.streaming.source import Source

_ROOT = "spark.sql.streaming.checkpointLocation"


class Starter:
    """Makes the queries of one session."""

    def __init__(self, session: SessionContext, places: Places, sources: Mapping[str, SourceFactory]) -> None:
        self._session = session
        self._places = places
        self._sources = sources

    def query(
        self,
        start: commands_pb2.WriteStreamOperationStart,
        queries: Queries,
        take_over: Callable[[Path], None],
        tell: Callable[[str, Query, str], None],
    ) -> Query:
        """A query that holds its checkpoint's lock and has not begun. ``take_over`` stops this process's run on a
        checkpoint folder.
        """
        rules.check(start.input, start.output_mode.lower() or "append")
        trigger = trigger_of(start)
        folder = self._folder(start)
        checkpoint = Checkpoint(folder or self._places.temporary("checkpoint"))
        take_over(checkpoint.folder)
        name = start.query_name or None
        if name and queries.by_name(name) is not None:
            raise analysis_error(
                f"Cannot start query with name {name} as a query with that name is already active in this SparkSession",
                hint="stop the other query, or choose another queryName",
            )
        lock = CheckpointLock(checkpoint.folder)
        lock.acquire()
        try:
            who = Identity(checkpoint.query_id(), str(uuid.uuid4()), name)
            plan = rules.without_watermarks(start.input)
            named = metadata_column.is_named(plan)
            sources = self._sources_of(plan, checkpoint, with_metadata=named)
            if named:
                metadata_column.hide(plan)
            sink = sink_of(Wish(start, who.id, self._session, self._places))
            parts = Parts(who, plan, sources, sink, trigger, checkpoint, lock, self._session, temporary=folder is None)
            return Query(parts, tell)
        except BaseException:
            lock.release()
            raise

    def _sources_of(self, plan: relations_pb2.Relation, checkpoint: Checkpoint, *, with_metadata: bool) -> list[Source]:
        return [
            source_of(
                leaves.leaf_of(leaf, with_metadata=with_metadata),
                self._session,
                checkpoint.source_folder(index),
                self._places,
                self._sources,
            )
            for index, leaf in enumerate(leaves.streams(plan))
        ]

    def _folder(self, start: commands_pb2.WriteStreamOperationStart) -> Path | None:
        """The checkpoint's folder: the option, else a folder below the session's root, else (None) a temporary one."""
        given = plans.options(start).get("checkpointlocation")
        if given:
            return self._places.folder(given)
        root = self._session.setting(_ROOT)
        if root:
            return self._places.folder(root) / (start.query_name or str(uuid.uuid4()))
        if format_of(start) in TEMPORARY:
            return None
        raise analysis_error(
            'checkpointLocation must be specified either through option("checkpointLocation", ...) or '
            f'SparkSession.conf.set("{_ROOT}", ...)',
            hint="one folder for each query, beside the data",
        )
