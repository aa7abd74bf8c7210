"""Resolves the names of tables in plans: registers what a plan mentions just before the plan proceeds.

``spark.table`` becomes a read by path, ``saveAsTable`` a write by path and an entry of the catalogue, SQL text goes to
the engine as it was written wherever the engine can know the names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import relations_pb2

from houseboat.delta import log
from houseboat.engine import plans
from houseboat.engine.catalog import HIVE_METASTORE, CatalogError, Entry, Full
from houseboat.engine.handler import Handler, Proceed, ProceedAnalyze, SessionContext
from houseboat.engine.handlers import table_writes
from houseboat.engine.handlers.lake_paths import LakePaths
from houseboat.engine.handlers.registration import Names, Registration
from houseboat.engine.names import common_table_expressions, quoted, split, table_positions, versions_spelled_out
from houseboat.engine.sql_text import Name, names, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from houseboat.engine.catalog import Catalog
    from houseboat.lake import Lake

__all__ = ["CatalogNames", "Names", "quoted"]

_PATHS = "houseboat_paths"
"""The engine's schema of tables that stand for a path; no entry of the catalogue."""


class CatalogNames(Handler):
    """Registers what a plan mentions; turns ``spark.table`` and ``saveAsTable`` into reads and writes by path."""

    def __init__(self, catalog: Catalog, lake: Lake, *, native: frozenset[str] | None = None) -> None:
        """``native``: the catalogs that the engine itself knows by name (None: all that exist now)."""
        self.catalog = catalog
        self._lake = lake
        native = native if native is not None else frozenset(catalog.catalogs())
        self._engine = Registration(lake, native, LakePaths(lake).text)

    def names(self, session: SessionContext) -> Names:
        """Where a session is."""
        return session.state.setdefault(CatalogNames, Names(self.catalog.default))

    def native(self, catalog: str) -> bool:
        """Whether the engine knows a catalog by its name."""
        return self._engine.native(catalog)

    def engine_name(self, full: Full) -> str:
        """The name, quoted, by which the engine knows a table."""
        return self._engine.engine_name(full)

    def full(self, parts: Name, session: SessionContext) -> Full | None:
        """The full name that a written name means in a session; None when it has too many parts."""
        here = self.names(session)
        lowered = tuple(part.lower() for part in parts)
        if lowered[:1] == ("hive_metastore",) and len(lowered) > 1:
            lowered = (HIVE_METASTORE, *lowered[1:])
        match lowered:
            case (table,):
                return (here.catalog, here.schema, table)
            case (schema, table):
                return (here.catalog, schema, table)
            case (catalog, schema, table):
                return (catalog, schema, table)
            case _:
                return None

    def schema_of(self, parts: Name, session: SessionContext) -> tuple[str, str]:
        """The catalog and schema that a written schema name means."""
        catalog = parts[-2].lower() if len(parts) > 1 else self.names(session).catalog
        return (HIVE_METASTORE if catalog == "hive_metastore" else catalog), parts[-1].lower()

    def find(self, parts: Name, session: SessionContext) -> Entry | None:
        """The table or view that a written name means, when it is really there."""
        if len(parts) == 1 and parts[0].lower() in self.names(session).temporary:
            return None
        full = self.full(parts, session)
        entry = self.catalog.find(full) if full else None
        if entry and self.there(entry):
            return entry
        if full and full[1] != _PATHS and full in self.names(session).tables:
            self._engine.forget(self.names(session), full, session)
        return None

    def place(self, entry: Entry) -> Path:
        """Where a table's files are."""
        return self._engine.place(entry)

    def managed_location(self, full: Full) -> str:
        """The address of a managed table of this name; it holds when the project's folder is moved."""
        text = self.catalog.managed_location(full)
        return text if self._lake.is_address(text) else self._lake.address(Path(text))

    def check_location(self, address: str | None) -> None:
        """Raises ``LakePathError`` for a location that leaves the lake."""
        if address is not None and self._lake.is_address(address):
            self._lake.local(address)

    def there(self, entry: Entry) -> bool:
        """Whether an entry stands for something: a Delta table without a commit was never finished."""
        return entry.kind == "view" or entry.provider != "delta" or log.exists(self.place(entry))

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Resolve the names of a plan."""
        plan = plans.copied(plan)
        self._relations(plan, session)
        if not plan.HasField("command"):
            return proceed(plan)
        command = plan.command
        text = plans.sql_text(plan)
        if text is not None:  # as a relation, it was resolved above
            resolved = text if command.sql_command.HasField("input") else self.prepare_text(text, session)
            plans.set_sql_text(plan, resolved)
        elif command.HasField("create_dataframe_view") and not command.create_dataframe_view.is_global:
            self.names(session).temporary.add(command.create_dataframe_view.name.lower())
        elif (write := table_writes.table_write(command)) is not None:
            return table_writes.save(self, write, session, proceed)
        elif command.HasField("merge_into_table_command"):
            merge = command.merge_into_table_command
            if entry := self.find(split(merge.target_table_name), session):
                self.register(entry, session)
                merge.target_table_name = self.engine_name(entry.full)
        return proceed(plan)

    def analyze(
        self, request: pb2.AnalyzePlanRequest, session: SessionContext, proceed: ProceedAnalyze
    ) -> pb2.AnalyzePlanResponse:
        """Resolve the names of the plan that is asked about."""
        copy = pb2.AnalyzePlanRequest()
        copy.CopyFrom(request)
        self._relations(copy, session)
        return proceed(copy)

    def prepare_text(self, text: str, session: SessionContext) -> str:
        """Register what a SQL text mentions; names that the engine knows by another name are spelled out."""
        return self._resolved(text, session, self._spelled(session))[0]

    def qualified(self, text: str, session: SessionContext) -> str:
        """A SQL text with the names of the catalogue's tables spelled out in full, to be kept (a view)."""
        return self._resolved(text, session, lambda entry, _: quoted(entry.full))[0]

    def register(self, entry: Entry, session: SessionContext) -> None:
        """Let the engine know a table or view as it is now."""
        here = self.names(session)
        if entry.kind == "view":
            self._engine.view(here, entry, session, lambda text: self._resolved(text, session, self._spelled(session)))
        else:
            self._engine.table(here, entry, session)

    def ensure_schema(self, catalog: str, schema: str, session: SessionContext) -> None:
        """Let the engine know a schema."""
        self._engine.ensure_schema(self.names(session), catalog, schema, session)

    def make(self, entry: Entry, statement: str, session: SessionContext) -> None:
        """Carry out the statement that makes a table, on the engine itself."""
        self.ensure_schema(entry.full[0], entry.full[1], session)
        if not session.engine.embedded:
            self._engine.make_way(entry, session)
        session.sql_on_engine(LakePaths(self._lake).text(statement))

    def registered(self, entry: Entry, session: SessionContext) -> None:
        """The engine made this table in this session: it knows it as it is now."""
        self._engine.registered(self.names(session), entry)

    def forget(self, full: Full, session: SessionContext) -> None:
        """Let the engine forget a table or view."""
        self._engine.forget(self.names(session), full, session)

    def volume(self, full: Full) -> Path:
        """The folder of a volume."""
        return self._lake.local("/Volumes/" + "/".join(full))

    def register_schema(self, catalog: str, schema: str, session: SessionContext) -> None:
        """Let the engine know all tables of a schema."""
        self.ensure_schema(catalog, schema, session)
        for entry in self.catalog.tables(catalog, schema):
            if self.there(entry):
                self.register(entry, session)

    def check_schema(self, full: Full) -> None:
        """Raises ``CatalogError`` when the schema of a name does not exist."""
        if not self.catalog.has_schema(full[0], full[1]):
            raise CatalogError(
                f"schema {full[0]}.{full[1]} does not exist",
                code="SCHEMA_NOT_FOUND",
                hint=f"CREATE SCHEMA {full[0]}.{full[1]}",
            )

    def _spelled(self, session: SessionContext) -> Callable[[Entry, Name], str | None]:
        """How a name is written for the engine; None leaves it as the user wrote it."""
        here = self.names(session)

        def spelled(entry: Entry, written: Name) -> str | None:
            alias = len(written) == 3 and written[0].lower() != entry.full[0]  # noqa: PLR2004
            as_written = self.native(entry.full[0]) and self.native(here.catalog) and not alias
            return None if as_written else self.engine_name(entry.full)

        return spelled

    def _resolved(
        self, text: str, session: SessionContext, spelled: Callable[[Entry, Name], str | None]
    ) -> tuple[str, list[Full]]:
        text = versions_spelled_out(text)
        found = tokens(text)
        positions, expressions = table_positions(found), common_table_expressions(found)
        pieces: list[str] = []
        mentioned: list[Full] = []
        at = 0
        for parts, first, _ in names(found):
            if len(parts) == 1 and (parts[0].lower() in expressions or first not in positions):
                continue
            if by_path := self._by_path(parts, found[first - 1].upper if first else "", session):
                pieces += [text[at : found[first].start], by_path]
                at = found[first + 2].end
                continue
            entry, length = self._longest(parts, session)
            if entry is None:
                continue
            self.register(entry, session)
            mentioned.append(entry.full)
            name = spelled(entry, parts[:length])
            if name is not None:
                pieces += [text[at : found[first].start], name]
                at = found[first + 2 * (length - 1)].end
        return "".join([*pieces, text[at:]]), mentioned

    def _by_path(self, parts: Name, before: str, session: SessionContext) -> str | None:
        """A name for ``delta.`path` `` where Sail 0.7.2 takes no path: behind INSERT INTO, DESCRIBE TABLE, in a view."""
        if len(parts) != 2 or parts[0].lower() != "delta" or "/" not in parts[1]:  # noqa: PLR2004
            return None
        if before not in ("INTO", "OVERWRITE", "TABLE") and not self.names(session).under_way:
            return None
        name = f"p{hashlib.sha256(parts[1].encode()).hexdigest()[:24]}"
        entry = Entry((HIVE_METASTORE, _PATHS, name), "table", location=parts[1], managed=False)
        if not self.there(entry):
            return None
        self.register(entry, session)
        return self.engine_name(entry.full)

    def _longest(self, parts: Name, session: SessionContext) -> tuple[Entry | None, int]:
        """The table that a dotted name begins with (columns may follow), with the number of its parts."""
        lengths = range(min(len(parts), 3), 0, -1) if len(parts) == 1 else range(min(len(parts), 3), 1, -1)
        for length in lengths:
            if entry := self.find(parts[:length], session):
                return entry, length
        return None, 0

    def _relations(self, message: Any, session: SessionContext) -> None:
        for relation in plans.relations(message):
            if relation.HasField("sql"):
                relation.sql.query = self.prepare_text(relation.sql.query, session)
            elif relation.HasField("read") and relation.read.HasField("named_table") and not relation.read.is_streaming:
                self._named_table(relation, session)

    def _named_table(self, relation: relations_pb2.Relation, session: SessionContext) -> None:
        table = relation.read.named_table
        entry = self.find(split(table.unparsed_identifier), session)
        if entry is None:
            return
        if entry.kind == "view" or entry.provider != "delta":
            self.register(entry, session)
            table.unparsed_identifier = self.engine_name(entry.full)
            return
        read = relations_pb2.Relation(common=relation.common)
        read.read.data_source.format = "delta"
        read.read.data_source.paths.append(self.place(entry).as_posix())
        for key, value in table.options.items():
            read.read.data_source.options[key] = value
        alias = relations_pb2.Relation(common=relation.common)
        alias.subquery_alias.input.CopyFrom(read)
        alias.subquery_alias.input.common.ClearField("plan_id")
        alias.subquery_alias.alias = entry.full[2]
        alias.subquery_alias.qualifier.extend(entry.full[:2])
        relation.CopyFrom(alias)
