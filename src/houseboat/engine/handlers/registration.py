"""What the engine has been told of the catalogue, session by session.

Sail forgets tables with the process, keeps them to one session, and goes on with the columns it saw when a table
was registered (a MERGE into a table that another session widened would silently lose the new column: seen with
0.7.2). So tables are registered by need, again when they changed, and forgotten when another session dropped them.

A catalog that the engine was not started with has no name there: its tables stand in the engine's own catalog, in a
schema named ``catalog__schema``.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from houseboat.delta import log
from houseboat.engine.catalog import HIVE_METASTORE, CatalogError, Entry, Full
from houseboat.engine.names import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql.connect.proto import base_pb2 as pb2

    from houseboat.engine.handler import SessionContext
    from houseboat.lake import Lake


@dataclass
class Names:
    """Where a session is in the catalogue, its temporary views, and what the engine knows in it."""

    catalog: str
    schema: str = "default"
    temporary: set[str] = field(default_factory=set)
    schemas: set[str] = field(default_factory=set)
    tables: dict[Full, tuple[str, ...]] = field(default_factory=dict)
    kinds: dict[Full, str] = field(default_factory=dict)
    stamps: dict[Full, tuple[int, int, int] | None] = field(default_factory=dict)
    under_way: set[Full] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)


class Registration:
    """Tells the engine of schemas, tables and views."""

    def __init__(self, lake: Lake, native: frozenset[str], map_text: Callable[[str], str]) -> None:
        """``native``: the catalogs that the engine knows by name. ``map_text``: puts places for lake addresses."""
        self._lake = lake
        self._native = native
        self._map_text = map_text

    def native(self, catalog: str) -> bool:
        """Whether the engine knows a catalog by its name."""
        return catalog in self._native

    def engine_name(self, full: Full) -> str:
        """The name, quoted, by which the engine knows a table."""
        return f"{self._engine_schema(full[0], full[1])}.{quoted(full[2:])}"

    def place(self, entry: Entry) -> Path:
        """Where a table's files are."""
        text = entry.location
        return self._lake.local(text) if self._lake.is_address(text) else Path(text)

    def ensure_schema(self, here: Names, catalog: str, schema: str, session: SessionContext) -> None:
        """Let the engine know a schema."""
        name = self._engine_schema(catalog, schema)
        if name not in here.schemas:
            session.sql_on_engine(f"create schema if not exists {name}")
            here.schemas.add(name)

    def table(self, here: Names, entry: Entry, session: SessionContext) -> None:
        """Let the engine know a table as it is now."""
        with here.lock:
            if entry.provider == "delta":
                self._delta(here, entry, session)
            else:
                self._create(here, entry, session, (entry.view_text or "", entry.location), self._other_text(entry))

    def view(
        self, here: Names, entry: Entry, session: SessionContext, prepare: Callable[[str], tuple[str, list[Full]]]
    ) -> None:
        """Let the engine know a view. ``prepare`` registers what its text mentions and gives the text for the engine."""
        with here.lock:
            if entry.full in here.under_way:
                raise CatalogError(
                    f"view {entry.name} refers to itself", code="RECURSIVE_VIEW", hint="rename one of them"
                )
            here.under_way.add(entry.full)
            try:
                text, mentioned = prepare(entry.view_text or "")
            finally:
                here.under_way.discard(entry.full)
            known = (text, *(part for full in mentioned for part in here.tables.get(full, ())))
            statement = f"create view {self.engine_name(entry.full)} as {self._map_text(text)}"
            self._create(here, entry, session, known, statement)

    def registered(self, here: Names, entry: Entry) -> None:
        """The engine made this table in this session: it knows it as it is now."""
        place = self.place(entry)
        if entry.provider == "delta" and log.exists(place):
            self._note(here, entry, (str(place), log.identity(place)))
            here.stamps[entry.full] = log.stamp(place)
        elif entry.provider != "delta":
            self._note(here, entry, (entry.view_text or "", entry.location))

    def forget(self, here: Names, full: Full, session: SessionContext) -> None:
        """Let the engine forget a table or view."""
        with here.lock:
            if here.tables.pop(full, None) is not None:
                here.stamps.pop(full, None)
                session.sql_on_engine(f"drop {here.kinds.pop(full, 'table')} if exists {self.engine_name(full)}")

    def _delta(self, here: Names, entry: Entry, session: SessionContext) -> None:
        place = self.place(entry)
        stamp = log.stamp(place)
        known = here.tables.get(entry.full)
        if known and known[0] == str(place) and here.stamps.get(entry.full) == stamp:
            return
        text = f"create table {self.engine_name(entry.full)} using delta location {literal(place.as_posix())}"
        self._create(here, entry, session, (str(place), log.identity(place)), text)
        here.stamps[entry.full] = stamp

    def _create(
        self, here: Names, entry: Entry, session: SessionContext, known: tuple[str, ...], statement: str
    ) -> None:
        if here.tables.get(entry.full) == known:
            return
        self.ensure_schema(here, entry.full[0], entry.full[1], session)
        self.forget(here, entry.full, session)
        if session.engine.embedded or not self.make_way(entry, session):
            session.sql_on_engine(statement)
        self._note(here, entry, known)

    def make_way(self, entry: Entry, session: SessionContext) -> bool:
        """Whether a shared server knows this very table already, from another session. What it knows by this name and
        lies elsewhere (another project's, or one that is gone) it forgets; no files go with that.
        """
        from pyspark.errors import PySparkException

        name = self.engine_name(entry.full)
        if entry.kind == "table" and entry.provider == "delta" and log.exists(self.place(entry)):
            with suppress(PySparkException):
                if _location(session.sql_on_engine(f"describe detail {name}")) == self.place(entry):
                    return True
        session.sql_on_engine(f"drop {entry.kind} if exists {name}")
        return False

    @staticmethod
    def _note(here: Names, entry: Entry, known: tuple[str, ...]) -> None:
        here.tables[entry.full] = known
        here.kinds[entry.full] = entry.kind

    def _other_text(self, entry: Entry) -> str:
        """CREATE TABLE of a table that is no Delta table: what was written behind its name is kept in the catalogue."""
        behind = entry.view_text or f"using {entry.provider} location {literal(self.place(entry).as_posix())}"
        return self._map_text(f"create table {self.engine_name(entry.full)} {behind}")

    def _engine_schema(self, catalog: str, schema: str) -> str:
        return (
            quoted((catalog, schema)) if catalog in self._native else quoted((HIVE_METASTORE, f"{catalog}__{schema}"))
        )


def _location(responses: list[pb2.ExecutePlanResponse]) -> Path | None:
    """Where a table is, by what Spark answers to DESCRIBE DETAIL."""
    import pyarrow as pa

    for response in responses:
        if response.sql_command_result.relation.HasField("local_relation"):
            with pa.ipc.open_stream(response.sql_command_result.relation.local_relation.data) as reader:
                address = reader.read_all().column("location")[0].as_py()
            return Path(unquote(urlsplit(address).path))
    return None
