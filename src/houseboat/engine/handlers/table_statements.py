"""SQL statements that make, replace, rename, empty and drop tables and views.

Tables that a statement creates or drops are kept in the catalogue; managed ones get their place from it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from houseboat.delta import maintenance
from houseboat.engine import answers
from houseboat.engine.catalog import CatalogError, Entry, Full
from houseboat.engine.gaps import GAPS
from houseboat.engine.handlers import create_table
from houseboat.engine.handlers.files import remove_files
from houseboat.engine.handlers.statements import Answer, Asked, Statements, required
from houseboat.engine.handlers.table_writes import behind_name
from houseboat.engine.names import quoted
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql.connect.proto import base_pb2 as pb2

    from houseboat.engine.handlers.catalog_names import CatalogNames

_TEMPORARY = [f"CREATE {replaced}{word} VIEW" for replaced in ("", "OR REPLACE ") for word in ("TEMP", "TEMPORARY")]


class TableStatements(Statements):
    """Answers CREATE, REPLACE, DROP, TRUNCATE and RENAME of tables and views."""

    def __init__(self, resolver: CatalogNames) -> None:
        super().__init__(
            resolver,
            {
                "CREATE OR REPLACE TABLE": lambda asked: self._table(asked, replaced=True),
                "REPLACE TABLE": lambda asked: self._table(asked, replaced=True),
                "CREATE TABLE": lambda asked: self._table(asked, replaced=False),
                "CREATE EXTERNAL TABLE": lambda asked: self._table(asked, replaced=False),
                "CREATE VIEW": lambda asked: self._view(asked, replaced=False),
                "CREATE OR REPLACE VIEW": lambda asked: self._view(asked, replaced=True),
                **dict.fromkeys(_TEMPORARY, self._temporary_view),
                "CACHE TABLE": self._cache,
                "CACHE LAZY TABLE": self._cache,
                "DROP TABLE": lambda asked: self._drop(asked, "table"),
                "DROP VIEW": lambda asked: self._drop(asked, "view"),
                "DROP MATERIALIZED VIEW": lambda asked: self._drop(asked, "table"),
                "TRUNCATE TABLE": self._truncate,
                "ALTER TABLE": self._rename,
                "ALTER VIEW": self._rename,
            },
        )

    def _table(self, asked: Asked, *, replaced: bool) -> Answer:
        cursor, session = asked.cursor, asked.session
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(required(cursor), session)
        if cursor.accept_any("LIKE", "CLONE", "DEEP", "SHALLOW"):
            raise Unsupported(
                "CREATE TABLE ... LIKE and CLONE are not supported", hint=GAPS["CREATE TABLE ... LIKE, CLONE"]
            )
        here = self._names.find(full, session)
        if here and not replaced:
            if exist_ok:
                return answers.empty_sql_result()
            raise CatalogError(
                f"table {here.name} already exists",
                code="TABLE_OR_VIEW_ALREADY_EXISTS",
                hint="CREATE TABLE IF NOT EXISTS, or CREATE OR REPLACE TABLE",
            )
        self._names.check_schema(full)
        made = create_table.read(cursor, full, self._names.managed_location(full))
        place = self._names.place(made.entry)
        self._names.forget(full, session)
        if made.body is None and made.entry.provider == "delta" and not replaced and self._names.there(made.entry):
            self._catalog.put(made.entry)
            return answers.empty_sql_result()
        if made.body is not None:
            write = create_table.as_write(asked.plan, made, place.as_posix(), replaced=replaced)
            if made.entry.provider != "delta":
                behind = behind_name(made.entry, write.command.write_operation, session)
                made = replace(made, entry=replace(made.entry, view_text=behind))
            return self._keep(made, here, lambda: _then_empty(asked.proceed(write)), asked, by_path=True)
        text = made.statement(self._names.engine_name(full), place.as_posix(), replaced=replaced)

        def make() -> Iterator[pb2.ExecutePlanResponse]:
            self._names.make(made.entry, text, session)
            return answers.empty_sql_result()

        return self._keep(made, here, make, asked)

    def _keep(
        self,
        made: create_table.Made,
        before: Entry | None,
        run: Callable[[], Iterator[pb2.ExecutePlanResponse]],
        asked: Asked,
        *,
        by_path: bool = False,
    ) -> Iterator[pb2.ExecutePlanResponse]:
        """Enter the table, run the statement to its end; when it fails, the catalogue is as before."""
        entry = made.entry
        self._catalog.put(entry)
        try:
            responses = list(run())
            if made.properties and entry.provider == "delta":
                maintenance.set_properties(self._names.place(entry), made.properties)
        except Exception:
            self._catalog.drop(entry.full)
            if before:
                self._catalog.put(before)
            elif entry.managed and entry.kind == "table":
                remove_files(self._names.place(entry))
            raise
        if not by_path:
            self._names.registered(entry, asked.session)
        return iter(responses)

    def _view(self, asked: Asked, *, replaced: bool) -> Answer:
        cursor, session = asked.cursor, asked.session
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(required(cursor), session)
        here = self._names.find(full, session)
        if here and exist_ok:
            return answers.empty_sql_result()
        if here and not (replaced and here.kind == "view"):
            raise CatalogError(
                f"{here.kind} {here.name} already exists",
                code="TABLE_OR_VIEW_ALREADY_EXISTS",
                hint="CREATE OR REPLACE VIEW",
            )
        at = cursor.find("AS")
        if at is None:
            return None
        self._names.check_schema(full)
        body = self._names.qualified(cursor.text[cursor.tokens[at].end :].strip(), session)
        entry = Entry(full, "view", "view", view_text=body, managed=False)
        self._catalog.put(entry)
        try:
            self._names.register(entry, session)
        except Exception:
            self._catalog.drop(full)
            if here:
                self._catalog.put(here)
            raise
        return answers.empty_sql_result()

    def _temporary_view(self, asked: Asked) -> Answer:
        asked.cursor.accept("IF", "NOT", "EXISTS")
        name = required(asked.cursor)[-1].lower()
        responses = list(asked.go_on())
        self._names.names(asked.session).temporary.add(name)
        return iter(responses)

    def _cache(self, asked: Asked) -> Answer:
        """Caching is the engine's own affair; ``CACHE TABLE x AS query`` also names a temporary view."""
        name = required(asked.cursor)[-1]
        at = asked.cursor.find("AS")
        query = asked.cursor.find("SELECT") if at is None else at + 1
        if query is None:
            return answers.empty_sql_result()
        body = asked.cursor.text[asked.cursor.tokens[query].start :]
        responses = list(asked.go_on(f"create or replace temporary view {quoted((name,))} as {body}"))
        self._names.names(asked.session).temporary.add(name.lower())
        return iter(responses)

    def _drop(self, asked: Asked, kind: str) -> Answer:
        cursor, session = asked.cursor, asked.session
        missing_ok = cursor.accept("IF", "EXISTS")
        parts = required(cursor)
        temporary = self._names.names(session).temporary
        if len(parts) == 1 and parts[0].lower() in temporary:
            responses = list(asked.go_on(f"drop view if exists {quoted(parts)}"))
            temporary.discard(parts[0].lower())
            return iter(responses)
        if parts[0].lower() == "global_temp":
            return None
        full = self._full(parts, session)
        entry = self._catalog.find(full)
        if entry is None or (not self._names.there(entry) and not missing_ok):
            if missing_ok:
                return answers.empty_sql_result()
            raise _missing(full)
        if entry.kind != kind and self._names.there(entry):
            raise CatalogError(
                f"{'.'.join(full)} is a {entry.kind}",
                code="WRONG_COMMAND_FOR_OBJECT_TYPE",
                hint=f"DROP {entry.kind.upper()}",
            )
        self._names.forget(full, session)
        if entry.managed and entry.kind == "table":
            remove_files(self._names.place(entry))
        self._catalog.drop(full)
        return answers.empty_sql_result()

    def _truncate(self, asked: Asked) -> Answer:
        parts = required(asked.cursor)
        entry = self._names.find(parts, asked.session)
        if entry is None:
            raise _missing(self._full(parts, asked.session))
        list(asked.go_on(f"delete from {quoted(entry.full)} where true"))
        return answers.empty_sql_result()

    def _rename(self, asked: Asked) -> Answer:
        """``RENAME TO``. The new entry comes first and counts once the files are there."""
        cursor, session = asked.cursor, asked.session
        parts = required(cursor)
        if not cursor.accept("RENAME", "TO"):
            return None
        entry = self._names.find(parts, session)
        if entry is None:
            raise _missing(self._full(parts, session))
        written = required(cursor)
        full = self._full(written if len(written) > 1 else (*entry.full[:2], *written), session)
        if self._names.find(full, session):
            raise CatalogError(f"table {'.'.join(full)} already exists", code="TABLE_OR_VIEW_ALREADY_EXISTS")
        self._names.check_schema(full)
        moved = entry.managed and entry.kind == "table"
        new = replace(entry, full=full, location=self._names.managed_location(full) if moved else entry.location)
        self._catalog.put(new)
        self._names.forget(entry.full, session)
        if moved:
            self._names.place(new).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._names.place(entry), self._names.place(new))
        self._catalog.drop(entry.full)
        return answers.empty_sql_result()


def _missing(full: Full) -> CatalogError:
    return CatalogError(
        f"table or view {'.'.join(full)} does not exist",
        code="TABLE_OR_VIEW_NOT_FOUND",
        hint="SHOW TABLES lists those there are; IF EXISTS lets the statement pass",
    )


def _then_empty(responses: Iterator[pb2.ExecutePlanResponse]) -> Iterator[pb2.ExecutePlanResponse]:
    """The answers of a write, then the empty result that a SQL statement has."""
    kept = [response for response in responses if not response.HasField("result_complete")]
    return iter([*kept, *answers.empty_sql_result()])
