"""The catalogue's SQL statements: CREATE, DROP, ALTER, USE and SHOW of catalogs, schemas, tables and views.

Tables that a statement creates or drops are kept in the catalogue; managed ones get their place from it. What needs
Unity Catalog itself (grants, external locations) is accepted and does nothing at home.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.engine import answers, plans
from houseboat.engine.catalog import CatalogError, Entry, Full
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.handlers.catalog_names import quoted
from houseboat.engine.sql_text import Cursor, Name

if TYPE_CHECKING:
    from houseboat.engine.handlers.catalog_names import CatalogNames

Answer = Iterator[pb2.ExecutePlanResponse] | None
Statement = Callable[[Cursor, SessionContext, pb2.Plan, Proceed], Answer]

_NOTHING_AT_HOME = (
    ("GRANT",), ("REVOKE",), ("DENY",), ("ANALYZE", "TABLE"), ("REFRESH",), ("MSCK",), ("CREATE", "EXTERNAL", "LOCATION"),
    ("CREATE", "STORAGE", "CREDENTIAL"), ("DROP", "EXTERNAL", "LOCATION"), ("COMMENT", "ON"), ("CACHE",), ("UNCACHE",),
    ("ALTER", "SCHEMA"), ("ALTER", "CATALOG"), ("ALTER", "DATABASE"), ("CLEAR", "CACHE"),
)  # fmt: skip
_TABLE_CLAUSES = ("USING", "PARTITIONED", "CLUSTER", "COMMENT", "TBLPROPERTIES", "OPTIONS", "LOCATION", "AS")


class CatalogStatements(Handler):
    """Answers what concerns the catalogue; the rest proceeds."""

    def __init__(self, resolver: CatalogNames) -> None:
        self._names = resolver
        self._catalog = resolver.catalog
        self._heads: dict[tuple[str, ...], Statement] = {
            ("CREATE", "CATALOG"): self._create_catalog,
            ("CREATE", "SCHEMA"): self._create_schema,
            ("CREATE", "DATABASE"): self._create_schema,
            ("CREATE", "VOLUME"): self._create_volume,
            ("CREATE", "EXTERNAL", "VOLUME"): self._create_volume,
            ("CREATE", "OR", "REPLACE", "TABLE"): self._replace_table,
            ("REPLACE", "TABLE"): self._replace_table,
            ("CREATE", "TABLE"): self._create_table,
            ("CREATE", "EXTERNAL", "TABLE"): self._create_table,
            ("CREATE", "VIEW"): self._create_view,
            ("CREATE", "OR", "REPLACE", "VIEW"): self._replace_view,
            ("CREATE", "TEMP", "VIEW"): self._temporary_view,
            ("CREATE", "TEMPORARY", "VIEW"): self._temporary_view,
            ("CREATE", "OR", "REPLACE", "TEMP", "VIEW"): self._temporary_view,
            ("CREATE", "OR", "REPLACE", "TEMPORARY", "VIEW"): self._temporary_view,
            ("DROP", "CATALOG"): self._drop_catalog,
            ("DROP", "SCHEMA"): self._drop_schema,
            ("DROP", "DATABASE"): self._drop_schema,
            ("DROP", "TABLE"): self._drop_table,
            ("DROP", "VIEW"): self._drop_table,
            ("SHOW", "CATALOGS"): self._show_catalogs,
            ("SHOW", "SCHEMAS"): self._show_schemas,
            ("SHOW", "DATABASES"): self._show_schemas,
            ("SHOW", "TABLES"): self._show_tables,
            ("SHOW", "VIEWS"): self._show_tables,
            ("USE",): self._use,
            ("SET", "CATALOG"): self._use_catalog,
        }

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer a catalogue statement."""
        text = plans.sql_text(plan)
        if text is None:
            return proceed(plan)
        cursor = Cursor(text)
        if any(cursor.accept(*words) for words in _NOTHING_AT_HOME):
            return answers.empty_sql_result()
        for words, statement in sorted(self._heads.items(), key=lambda item: -len(item[0])):
            if cursor.accept(*words):
                answer = statement(cursor, session, plan, proceed)
                return answer if answer is not None else proceed(plan)
        return proceed(plan)

    def _create_catalog(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        name = _required(cursor)
        location = _clause(cursor, "MANAGED", "LOCATION")
        self._catalog.create_catalog(name[-1], location=location, comment=_clause(cursor, "COMMENT"), exist_ok=exist_ok)
        return answers.empty_sql_result()

    def _create_schema(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        catalog, schema = self._schema_name(_required(cursor), session)
        location = _clause(cursor, "MANAGED", "LOCATION") or _clause(cursor, "LOCATION")
        self._catalog.create_schema(catalog, schema, location=location, comment=_clause(cursor, "COMMENT"), exist_ok=exist_ok)
        self._names.ensure_schema(catalog, schema, session)
        return answers.empty_sql_result()

    def _create_volume(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(_required(cursor), session)
        self._names.volume(full).mkdir(parents=True, exist_ok=True)
        return answers.empty_sql_result()

    def _replace_table(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        return self._table(cursor, session, plan, proceed, replace=True)

    def _create_table(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        return self._table(cursor, session, plan, proceed, replace=False)

    def _table(
        self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed, *, replace: bool
    ) -> Answer:
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(_required(cursor), session)
        after_name = cursor.position
        here = self._names.find(full, session)
        if here and not replace:
            if exist_ok:
                return answers.empty_sql_result()
            raise CatalogError(
                f"table {here.name} already exists", code="TABLE_OR_VIEW_ALREADY_EXISTS", hint="CREATE TABLE IF NOT EXISTS, or CREATE OR REPLACE TABLE"
            )
        self._catalog.schema_location(full[0], full[1])
        location = _clause(cursor, "LOCATION")
        provider = _word_after(cursor, "USING") or "delta"
        head = "create or replace table " if replace else "create table "
        text = f"{head}{quoted(full)} {cursor.text[after_name:]}"
        entry = Entry(
            full, "table", provider.lower(), location or self._catalog.managed_location(full), managed=location is None,
            view_text=None if provider.lower() == "delta" else text, comment=_clause(cursor, "COMMENT"),
        )  # fmt: skip
        self._names.ensure_schema(full[0], full[1], session)
        self._names.forget(full, session)
        body = cursor.find("AS")
        if body is not None:
            columns = _partition_columns(cursor)
            write = _ctas(plan, cursor.text[cursor.tokens[body].end :], entry, self._names.place(entry).as_posix(), columns, replace=replace)
            return self._keep(entry, here, lambda: _then_empty(proceed(write)), session, by_path=True)
        if provider.lower() == "delta":
            text = _with_place(text, len(head) + len(quoted(full)), self._names.place(entry).as_posix(), has_location=location is not None)
        plans.set_sql_text(plan, text)
        return self._keep(entry, here, lambda: proceed(plan), session)

    def _keep(
        self,
        entry: Entry,
        before: Entry | None,
        run: Callable[[], Iterator[pb2.ExecutePlanResponse]],
        session: SessionContext,
        *,
        by_path: bool = False,
    ) -> Iterator[pb2.ExecutePlanResponse]:
        """Enter the table, run the statement to its end; when it fails, the catalogue is as before."""
        self._catalog.put(entry)
        try:
            responses = list(run())
        except Exception:
            self._catalog.drop(entry.full)
            if before:
                self._catalog.put(before)
            raise
        if not by_path:
            self._names.registered(entry, session)
        return iter(responses)

    def _create_view(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        return self._view(cursor, session, plan, proceed, replace=False)

    def _replace_view(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        return self._view(cursor, session, plan, proceed, replace=True)

    def _view(
        self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed, *, replace: bool
    ) -> Answer:
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(_required(cursor), session)
        here = self._names.find(full, session)
        if here and exist_ok:
            return answers.empty_sql_result()
        if here and not replace:
            raise CatalogError(f"view {here.name} already exists", code="TABLE_OR_VIEW_ALREADY_EXISTS", hint="CREATE OR REPLACE VIEW")
        at = cursor.find("AS")
        if at is None:
            return None
        body = self._names.qualified(cursor.text[cursor.tokens[at].end :].strip(), session)
        self._names.ensure_schema(full[0], full[1], session)
        self._names.forget(full, session)
        plans.set_sql_text(plan, f"create or replace view {quoted(full)} as {body}")
        entry = Entry(full, "view", "view", view_text=body, view_home=(full[0], full[1]), managed=False)
        return self._keep(entry, here, lambda: proceed(plan), session)

    def _temporary_view(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        cursor.accept("IF", "NOT", "EXISTS")
        name = cursor.name()
        if name:
            self._names.names(session).temporary.add(name[-1].lower())
        return None

    def _drop_catalog(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        missing_ok = cursor.accept("IF", "EXISTS")
        name = _required(cursor)
        self._removed(self._catalog.drop_catalog(name[-1], cascade=cursor.accept("CASCADE"), missing_ok=missing_ok), session)
        return answers.empty_sql_result()

    def _drop_schema(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        missing_ok = cursor.accept("IF", "EXISTS")
        catalog, schema = self._schema_name(_required(cursor), session)
        self._removed(self._catalog.drop_schema(catalog, schema, cascade=cursor.accept("CASCADE"), missing_ok=missing_ok), session)
        return answers.empty_sql_result()

    def _drop_table(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        missing_ok = cursor.accept("IF", "EXISTS")
        parts = _required(cursor)
        temporary = self._names.names(session).temporary
        if len(parts) == 1 and parts[0].lower() in temporary:
            temporary.discard(parts[0].lower())
            return None
        full = self._full(parts, session)
        entry = self._catalog.find(full)
        if entry is None:
            if missing_ok:
                return answers.empty_sql_result()
            raise CatalogError(f"table or view {'.'.join(full)} does not exist", code="TABLE_OR_VIEW_NOT_FOUND", hint="DROP TABLE IF EXISTS")
        del plan, proceed
        self._removed([entry], session)
        self._catalog.drop(full)
        return answers.empty_sql_result()

    def _removed(self, entries: list[Entry], session: SessionContext) -> None:
        """Managed tables take their files along."""
        for entry in entries:
            self._names.forget(entry.full, session)
            if entry.managed and entry.kind == "table":
                shutil.rmtree(self._names.place(entry), ignore_errors=True)

    def _show_catalogs(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        import pyarrow as pa  # noqa: PLC0415

        return answers.sql_result(pa.table({"catalog": pa.array(self._catalog.catalogs(), pa.string())}))

    def _show_schemas(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        import pyarrow as pa  # noqa: PLC0415

        name = cursor.name() if cursor.accept_any("IN", "FROM") else None
        catalog = name[-1].lower() if name else self._names.names(session).catalog
        shown = _like(self._catalog.schemas(catalog), cursor)
        return answers.sql_result(pa.table({"databaseName": pa.array(shown, pa.string())}))

    def _show_tables(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        import pyarrow as pa  # noqa: PLC0415

        only_views = "VIEWS" in cursor.text.upper().split()[:2]
        here = self._names.names(session)
        catalog, schema = here.catalog, here.schema
        if cursor.accept_any("IN", "FROM"):
            catalog, schema = self._schema_name(_required(cursor), session)
        entries = [e for e in self._catalog.tables(catalog, schema) if self._names.there(e) and (not only_views or e.kind == "view")]
        wanted = _like([entry.full[2] for entry in entries] + sorted(here.temporary), cursor)
        return answers.sql_result(
            pa.table(
                {
                    "database": pa.array(["" if n in here.temporary else schema for n in wanted], pa.string()),
                    "viewName" if only_views else "tableName": pa.array(wanted, pa.string()),
                    "isTemporary": pa.array([name in here.temporary for name in wanted], pa.bool_()),
                }
            )
        )

    def _use(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:
        if cursor.accept("CATALOG"):
            return self._use_catalog(cursor, session, plan, proceed)
        cursor.accept_any("SCHEMA", "DATABASE")
        catalog, schema = self._schema_name(_required(cursor), session)
        if not self._catalog.has_schema(catalog, schema):
            raise CatalogError(f"schema {catalog}.{schema} does not exist", code="SCHEMA_NOT_FOUND", hint=f"CREATE SCHEMA {catalog}.{schema}")
        here = self._names.names(session)
        if catalog in self._names.native:
            self._names.ensure_schema(catalog, schema, session)
            if catalog != here.catalog:
                session.sql_on_engine(f"use catalog {quoted((catalog,))}")
            session.sql_on_engine(f"use schema {quoted((schema,))}")
        here.catalog, here.schema = catalog, schema
        return answers.empty_sql_result()

    def _use_catalog(self, cursor: Cursor, session: SessionContext, plan: pb2.Plan, proceed: Proceed) -> Answer:  # noqa: ARG002
        name = _required(cursor)[-1].lower()
        name = "spark_catalog" if name == "hive_metastore" else name
        if name not in self._catalog.catalogs():
            raise CatalogError(f"catalog {name!r} does not exist", code="NO_SUCH_CATALOG_EXCEPTION", hint=f"CREATE CATALOG {name}")
        here = self._names.names(session)
        if name in self._names.native:
            session.sql_on_engine(f"use catalog {quoted((name,))}")
        here.catalog, here.schema = name, "default"
        return answers.empty_sql_result()

    def _full(self, parts: Name, session: SessionContext) -> Full:
        full = self._names.full(parts, session)
        if full is None:
            raise CatalogError(f"{'.'.join(parts)!r} has more than three parts", code="INVALID_NAME", hint="catalog.schema.table")
        return full

    def _schema_name(self, parts: Name, session: SessionContext) -> tuple[str, str]:
        catalog = parts[-2].lower() if len(parts) > 1 else self._names.names(session).catalog
        return ("spark_catalog" if catalog == "hive_metastore" else catalog), parts[-1].lower()


def _required(cursor: Cursor) -> Name:
    name = cursor.name()
    if name is None:
        raise CatalogError(f"a name was expected at {cursor.rest()[:40]!r}", code="PARSE_SYNTAX_ERROR")
    return name


def _clause(cursor: Cursor, *words: str) -> str | None:
    """The string behind these words, anywhere in the statement's own clauses."""
    at = cursor.find(*words)
    end = cursor.find("AS")
    if at is None or (end is not None and end < at):
        return None
    token = cursor.tokens[at + len(words)] if at + len(words) < len(cursor.tokens) else None
    return token.value if token and token.kind == "string" else None


def _word_after(cursor: Cursor, word: str) -> str | None:
    at, end = cursor.find(word), cursor.find("AS")
    if at is None or (end is not None and end < at) or at + 1 >= len(cursor.tokens):
        return None
    return cursor.tokens[at + 1].value


def _then_empty(responses: Iterator[pb2.ExecutePlanResponse]) -> Iterator[pb2.ExecutePlanResponse]:
    """The answers of a write, then the empty result that a SQL statement has."""
    kept = [response for response in responses if not response.HasField("result_complete")]
    return iter([*kept, *answers.empty_sql_result()])


def _partition_columns(cursor: Cursor) -> list[str]:
    at, end = cursor.find("PARTITIONED", "BY"), cursor.find("AS")
    if at is None or (end is not None and end < at):
        return []
    columns = []
    for token in cursor.tokens[at + 3 :]:
        if token.value == ")":
            break
        if token.kind in ("word", "quoted"):
            columns.append(token.value)
    return columns


def _ctas(plan: pb2.Plan, body: str, entry: Entry, place: str, partitions: list[str], *, replace: bool) -> pb2.Plan:
    """CREATE TABLE AS SELECT as the write that it is; the query keeps its parameters and the views it came with."""
    result = pb2.Plan()
    write = result.command.write_operation
    command = plan.command.sql_command
    if command.HasField("input"):
        write.input.CopyFrom(command.input)
        inner = write.input.with_relations.root if write.input.HasField("with_relations") else write.input
        inner.sql.query = body
    else:
        write.input.sql.query = body
    write.source = entry.provider
    write.path = place
    write.partitioning_columns.extend(partitions)
    modes = commands_pb2.WriteOperation
    write.mode = modes.SAVE_MODE_OVERWRITE if replace else modes.SAVE_MODE_ERROR_IF_EXISTS
    if replace and entry.provider == "delta":
        write.options["overwriteSchema"] = "true"
    return result


def _with_place(text: str, after_name: int, place: str, *, has_location: bool) -> str:
    """The text of CREATE TABLE with the provider and the place that it leaves out, or with its place replaced."""
    cursor = Cursor(text)
    while not cursor.ended and cursor.position < after_name:
        cursor.at += 1
    literal = "'" + place.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if has_location:
        at = cursor.find("LOCATION")
        if at is not None:
            token = cursor.tokens[at + 1]
            return text[: token.start] + literal + text[token.end :]
    using = cursor.find("USING")
    body = cursor.find("AS")
    if using is not None and (body is None or using < body):
        end = cursor.tokens[using + 1].end
        return f"{text[:end]} LOCATION {literal}{text[end:]}"
    starts = [cursor.tokens[i].start for word in _TABLE_CLAUSES if (i := cursor.find(word)) is not None]
    end = min(starts, default=len(text))
    return f"{text[:end].rstrip()} USING delta LOCATION {literal} {text[end:]}"


def _like(values: list[str], cursor: Cursor) -> list[str]:
    import fnmatch  # noqa: PLC0415

    cursor.accept("LIKE")
    pattern = cursor.string()
    if pattern is None:
        return values
    choices = [part.strip().lower() for part in pattern.replace("%", "*").split("|")]
    return [value for value in values if any(fnmatch.fnmatchcase(value.lower(), choice) for choice in choices)]

