"""Makes the tables of the catalogue known to a session, just before a plan names them.

Sail forgets tables with the process, keeps them to one session, and goes on with the columns it saw when a table
was registered (a MERGE into a table that another session widened would silently lose the new column: seen with
0.7.2). So tables are registered by need, and again when their schema has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2, relations_pb2

from houseboat.delta import log
from houseboat.engine import answers, plans
from houseboat.engine.catalog import CatalogError, Entry, Full
from houseboat.engine.handler import Handler, Proceed, ProceedAnalyze, SessionContext
from houseboat.engine.sql_text import Name, names, tokens
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from houseboat.engine.catalog import Catalog
    from houseboat.lake import Lake

_TABLE_FOLLOWS = frozenset({"FROM", "JOIN", "INTO", "TABLE", "UPDATE", "VIEW", "USING", "DESCRIBE", "DESC", "STREAM"})


@dataclass
class Names:
    """What a session knows: where it is in the catalogue, its temporary views, what Sail has registered for it."""

    catalog: str
    schema: str = "default"
    temporary: set[str] = field(default_factory=set)
    schemas: set[tuple[str, str]] = field(default_factory=set)
    tables: dict[Full, tuple[str, int | None, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


class CatalogNames(Handler):
    """Registers what a plan mentions; turns ``spark.table`` and ``saveAsTable`` into reads and writes by path."""

    def __init__(self, catalog: Catalog, lake: Lake, *, native: frozenset[str] | None = None) -> None:
        """``native``: the catalogs that the engine itself was started with (None: all that exist now)."""
        self.catalog = catalog
        self._lake = lake
        self.native = native if native is not None else frozenset(catalog.catalogs())

    def names(self, session: SessionContext) -> Names:
        """Where a session is."""
        return session.state.setdefault(CatalogNames, Names(self.catalog.default))  # type: ignore[no-any-return]

    def full(self, parts: Name, session: SessionContext) -> Full | None:
        """The full name that a written name means in a session; None when it has too many parts."""
        here = self.names(session)
        lowered = tuple(part.lower() for part in parts)
        if len(lowered) == 1:
            return (here.catalog, here.schema, lowered[0])
        if len(lowered) == 2:  # noqa: PLR2004
            catalog = "spark_catalog" if lowered[0] == "hive_metastore" else here.catalog
            return (catalog, *lowered)
        if len(lowered) == 3:  # noqa: PLR2004
            catalog = "spark_catalog" if lowered[0] == "hive_metastore" else lowered[0]
            return (catalog, *lowered[1:])
        return None

    def find(self, parts: Name, session: SessionContext) -> Entry | None:
        """The table or view that a written name means, when it is really there."""
        if len(parts) == 1 and parts[0].lower() in self.names(session).temporary:
            return None
        full = self.full(parts, session)
        entry = self.catalog.find(full) if full else None
        return entry if entry and self.there(entry) else None

    def place(self, entry: Entry) -> Path:
        """Where a table's files are."""
        text = entry.location
        return self._lake.local(text) if self._lake.is_address(text) else Path(text)

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
        if text is not None:
            plans.set_sql_text(plan, self.prepare_text(text, session))
        elif command.HasField("create_dataframe_view"):
            view = command.create_dataframe_view
            if not view.is_global:
                self.names(session).temporary.add(view.name.lower())
        elif command.HasField("write_operation") and command.write_operation.WhichOneof("save_type") == "table":
            return self._save_as_table(plan, session, proceed)
        elif command.HasField("write_operation_v2"):
            return self._save_as_table(_as_v1(plan), session, proceed)
        elif command.HasField("merge_into_table_command"):
            entry = self.find(_split(command.merge_into_table_command.target_table_name), session)
            if entry:
                self.register(entry, session)
                command.merge_into_table_command.target_table_name = quoted(entry.full)
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
        """Register what a SQL text mentions; in a catalog that the engine does not know, spell the names out."""
        here = self.names(session)
        return self._resolved(text, session, spell_out=here.catalog not in self.native)

    def qualified(self, text: str, session: SessionContext) -> str:
        """A SQL text with the names of the catalogue's tables spelled out, to be kept (a view)."""
        return self._resolved(text, session, spell_out=True)

    def _resolved(self, text: str, session: SessionContext, *, spell_out: bool) -> str:
        found = tokens(text)
        pieces, at = [], 0
        for parts, first, _ in names(found):
            before = found[first - 1].upper if first else ""
            for length in range(min(len(parts), 3), 0, -1):
                if length == 1 and len(parts) > 1:
                    break
                entry = self.find(parts[:length], session)
                if entry is None:
                    continue
                self.register(entry, session)
                if spell_out and (length > 1 or before in _TABLE_FOLLOWS):
                    pieces += [text[at : found[first].start], quoted(entry.full)]
                    at = found[first + 2 * (length - 1)].end
                break
        return "".join([*pieces, text[at:]])

    def ensure_schema(self, catalog: str, schema: str, session: SessionContext) -> None:
        """Let the engine know a schema."""
        here = self.names(session)
        if (catalog, schema) not in here.schemas:
            session.sql_on_engine(f"create schema if not exists {quoted((catalog, schema))}")
            here.schemas.add((catalog, schema))

    def register(self, entry: Entry, session: SessionContext) -> None:
        """Let the engine know a table or view as it is now. Threads that share a session register one after another."""
        with self.names(session).lock:
            self._register(entry, session)

    def _register(self, entry: Entry, session: SessionContext) -> None:
        here = self.names(session)
        known = here.tables.get(entry.full)
        name = quoted(entry.full)
        if entry.kind == "view" or entry.provider != "delta":
            text = entry.view_text or ""
            if known == (text, None, ""):
                return
            self.ensure_schema(entry.full[0], entry.full[1], session)
            session.sql_on_engine(f"drop {'view' if entry.kind == 'view' else 'table'} if exists {name}")
            self.prepare_text(text, session)
            session.sql_on_engine(f"create view {name} as {text}" if entry.kind == "view" else text)
            here.tables[entry.full] = (text, None, "")
            return
        place = self.place(entry)
        version = log.latest_version(place)
        if known and known[:2] == (str(place), version):
            return
        schema = log.schema_string(place)
        if known and known[0] == str(place) and known[2] == schema:
            here.tables[entry.full] = (str(place), version, schema)
            return
        self.ensure_schema(entry.full[0], entry.full[1], session)
        if known:
            session.sql_on_engine(f"drop table if exists {name}")
        location = place.as_posix().replace("'", "\\'")
        session.sql_on_engine(f"create table {name} using delta location '{location}'")
        here.tables[entry.full] = (str(place), version, schema)

    def registered(self, entry: Entry, session: SessionContext) -> None:
        """The engine made this table or view in this session: it knows it as it is now."""
        if entry.kind == "view" or entry.provider != "delta":
            known: tuple[str, int | None, str] = (entry.view_text or "", None, "")
        else:
            place = self.place(entry)
            if not log.exists(place):
                return
            known = (str(place), log.latest_version(place), log.schema_string(place))
        self.names(session).tables[entry.full] = known

    def volume(self, full: Full) -> Path:
        """The folder of a volume."""
        return self._lake.local("/Volumes/" + "/".join(full))

    def forget(self, full: Full, session: SessionContext) -> None:
        """Let the engine forget a table or view."""
        if self.names(session).tables.pop(full, None):
            session.sql_on_engine(f"drop table if exists {quoted(full)}")

    def _relations(self, message: Any, session: SessionContext) -> None:
        for relation in plans.relations(message):
            if relation.HasField("sql"):
                relation.sql.query = self.prepare_text(relation.sql.query, session)
            elif relation.HasField("catalog"):
                self._catalog_question(relation.catalog, session)
            elif relation.HasField("read") and relation.read.HasField("named_table") and not relation.read.is_streaming:
                self._named_table(relation, session)

    def _named_table(self, relation: relations_pb2.Relation, session: SessionContext) -> None:
        table = relation.read.named_table
        entry = self.find(_split(table.unparsed_identifier), session)
        if entry is None:
            return
        if entry.kind == "view" or entry.provider != "delta":
            self.register(entry, session)
            table.unparsed_identifier = quoted(entry.full)
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

    def _catalog_question(self, question: Any, session: SessionContext) -> None:
        """``spark.catalog``: the engine answers, once it knows what is asked about."""
        kind = question.WhichOneof("cat_type")
        asked = getattr(question, kind)
        here = self.names(session)
        if kind in ("list_tables", "list_databases", "database_exists", "get_database", "set_current_database"):
            name = getattr(asked, "db_name", "")
            parts = _split(name) if name else (here.schema,)
            catalog = parts[-2].lower() if len(parts) > 1 else here.catalog
            if kind == "list_databases":
                parts = ("*",)
            for schema in self.catalog.schemas(catalog):
                if parts[-1] in ("*", schema) or parts[-1].lower() == schema:
                    self.ensure_schema(catalog, schema, session)
                    if kind == "list_tables":
                        self._register_all(catalog, schema, session)
            if kind == "set_current_database":
                here.catalog, here.schema = catalog, parts[-1].lower()
        elif kind == "set_current_catalog":
            here.catalog, here.schema = asked.catalog_name.lower(), "default"
        elif hasattr(asked, "table_name"):
            written = f"{asked.db_name}.{asked.table_name}" if getattr(asked, "db_name", "") else asked.table_name
            entry = self.find(_split(written), session)
            if entry:
                self.register(entry, session)

    def _register_all(self, catalog: str, schema: str, session: SessionContext) -> None:
        for entry in self.catalog.tables(catalog, schema):
            if self.there(entry):
                self.register(entry, session)

    def register_schema(self, catalog: str, schema: str, session: SessionContext) -> None:
        """Let the engine know all tables of a schema (``SHOW TABLES``)."""
        self.ensure_schema(catalog, schema, session)
        self._register_all(catalog, schema, session)

    def _save_as_table(
        self, plan: pb2.Plan, session: SessionContext, proceed: Proceed
    ) -> Iterator[pb2.ExecutePlanResponse]:
        """``saveAsTable``: a write by path, and an entry. The entry comes first and counts once the table has a commit,
        so that a crash in between leaves nothing half-made."""
        write = plan.command.write_operation
        full = self.full(_split(write.table.table_name), session)
        if full is None:
            return proceed(plan)
        entry = self.find(full, session)
        insert = commands_pb2.WriteOperation.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO
        if entry and (write.table.save_method == insert or entry.provider != "delta"):
            self.register(entry, session)
            write.table.table_name = quoted(entry.full)
            return proceed(plan)
        mode = write.mode
        if entry and mode == commands_pb2.WriteOperation.SAVE_MODE_IGNORE:
            return answers.done()
        if entry and mode in (commands_pb2.WriteOperation.SAVE_MODE_ERROR_IF_EXISTS, commands_pb2.WriteOperation.SAVE_MODE_UNSPECIFIED):
            raise CatalogError(
                f"table {entry.name} already exists", code="TABLE_OR_VIEW_ALREADY_EXISTS", hint="choose mode append or overwrite"
            )
        if entry is None:
            self._check_schema(full)
            given = next((value for key, value in write.options.items() if key.lower() == "path"), None)
            provider = (write.source or "delta").lower()
            entry = Entry(full, "table", provider, given or self.catalog.managed_location(full), managed=given is None)
            self.catalog.put(entry)
        if not write.source:
            write.source = entry.provider
        for key in [key for key in write.options if key.lower() == "path"]:
            del write.options[key]
        write.path = self.place(entry).as_posix()
        return proceed(plan)

    def _check_schema(self, full: Full) -> None:
        if not self.catalog.has_schema(full[0], full[1]):
            raise CatalogError(
                f"schema {full[0]}.{full[1]} does not exist", code="SCHEMA_NOT_FOUND", hint=f"CREATE SCHEMA {full[0]}.{full[1]}"
            )


def _as_v1(plan: pb2.Plan) -> pb2.Plan:
    """``writeTo`` as the older write, which the engine does by path."""
    v2 = plan.command.write_operation_v2
    kinds = commands_pb2.WriteOperationV2
    result = pb2.Plan()
    write = result.command.write_operation
    write.input.CopyFrom(v2.input)
    write.source = v2.provider or "delta"
    write.table.table_name = v2.table_name
    write.table.save_method = commands_pb2.WriteOperation.SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE
    for key, value in v2.options.items():
        write.options[key] = value
    write.partitioning_columns.extend(c.unresolved_attribute.unparsed_identifier for c in v2.partitioning_columns)
    modes = {
        kinds.MODE_CREATE: commands_pb2.WriteOperation.SAVE_MODE_ERROR_IF_EXISTS,
        kinds.MODE_APPEND: commands_pb2.WriteOperation.SAVE_MODE_APPEND,
        kinds.MODE_REPLACE: commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE,
        kinds.MODE_CREATE_OR_REPLACE: commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE,
    }
    if v2.mode not in modes:
        raise Unsupported(
            "writeTo(...).overwrite(condition) and overwritePartitions() are not supported",
            hint='use write.mode("overwrite").option("replaceWhere", ...).saveAsTable(...)',
        )
    write.mode = modes[v2.mode]
    if write.mode == commands_pb2.WriteOperation.SAVE_MODE_OVERWRITE:
        write.options["overwriteSchema"] = "true"
    return result


def _split(text: str) -> Name:
    for parts, first, _ in names(tokens(text)):
        if first == 0:
            return parts
    return (text,)


def quoted(parts: tuple[str, ...]) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)
