"""SQL statements on catalogs, schemas and volumes: CREATE, DROP, USE, SHOW.

What needs Unity Catalog itself (grants, external locations) is accepted and does nothing at home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.engine import answers
from houseboat.engine.catalog import HIVE_METASTORE, CatalogError
from houseboat.engine.handlers.files import remove_files
from houseboat.engine.handlers.statements import Answer, Asked, Statements, clause, like, required
from houseboat.engine.names import quoted

if TYPE_CHECKING:
    from houseboat.engine.catalog import Entry
    from houseboat.engine.handlers.catalog_names import CatalogNames

_NOTHING_AT_HOME = (
    "GRANT", "REVOKE", "DENY", "ANALYZE TABLE", "REFRESH", "MSCK", "CREATE EXTERNAL LOCATION", "DROP EXTERNAL LOCATION",
    "CREATE STORAGE CREDENTIAL", "COMMENT ON", "UNCACHE", "ALTER SCHEMA", "ALTER CATALOG", "ALTER DATABASE",
    "ALTER VOLUME", "CLEAR CACHE",
)  # fmt: skip


class CatalogStatements(Statements):
    """Answers what concerns catalogs, schemas and volumes; the rest proceeds."""

    def __init__(self, resolver: CatalogNames) -> None:
        super().__init__(
            resolver,
            {
                **dict.fromkeys(_NOTHING_AT_HOME, _nothing),
                "CREATE CATALOG": self._create_catalog,
                "CREATE SCHEMA": self._create_schema,
                "CREATE DATABASE": self._create_schema,
                "CREATE VOLUME": self._create_volume,
                "CREATE EXTERNAL VOLUME": self._create_volume,
                "DROP CATALOG": self._drop_catalog,
                "DROP SCHEMA": self._drop_schema,
                "DROP DATABASE": self._drop_schema,
                "DROP VOLUME": self._drop_volume,
                "SHOW CATALOGS": self._show_catalogs,
                "SHOW SCHEMAS": self._show_schemas,
                "SHOW DATABASES": self._show_schemas,
                "USE": self._use,
                "USE SCHEMA": self._use,
                "USE DATABASE": self._use,
                "USE CATALOG": self._use_catalog,
                "SET CATALOG": self._use_catalog,
            },
        )

    def _create_catalog(self, asked: Asked) -> Answer:
        cursor = asked.cursor
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        name = required(cursor)[-1]
        location = clause(cursor, "MANAGED", "LOCATION")
        self._names.check_location(location)
        self._catalog.create_catalog(name, location=location, comment=clause(cursor, "COMMENT"), exist_ok=exist_ok)
        return answers.empty_sql_result()

    def _create_schema(self, asked: Asked) -> Answer:
        cursor = asked.cursor
        exist_ok = cursor.accept("IF", "NOT", "EXISTS")
        catalog, schema = self._names.schema_of(required(cursor), asked.session)
        location = clause(cursor, "MANAGED", "LOCATION") or clause(cursor, "LOCATION")
        self._names.check_location(location)
        self._catalog.create_schema(
            catalog, schema, location=location, comment=clause(cursor, "COMMENT"), exist_ok=exist_ok
        )
        return answers.empty_sql_result()

    def _create_volume(self, asked: Asked) -> Answer:
        exist_ok = asked.cursor.accept("IF", "NOT", "EXISTS")
        full = self._full(required(asked.cursor), asked.session)
        folder = self._names.volume(full)
        if folder.is_dir() and not exist_ok:
            raise CatalogError(
                f"volume {'.'.join(full)} already exists",
                code="VOLUME_ALREADY_EXISTS",
                hint="CREATE VOLUME IF NOT EXISTS",
            )
        self._names.check_schema(full)
        folder.mkdir(parents=True, exist_ok=True)
        return answers.empty_sql_result()

    def _drop_volume(self, asked: Asked) -> Answer:
        missing_ok = asked.cursor.accept("IF", "EXISTS")
        full = self._full(required(asked.cursor), asked.session)
        folder = self._names.volume(full)
        if folder.is_dir():
            remove_files(folder)
        elif not missing_ok:
            raise CatalogError(f"volume {'.'.join(full)} does not exist", code="VOLUME_NOT_FOUND")
        return answers.empty_sql_result()

    def _drop_catalog(self, asked: Asked) -> Answer:
        missing_ok = asked.cursor.accept("IF", "EXISTS")
        name = required(asked.cursor)[-1]
        gone = self._catalog.drop_catalog(name, cascade=asked.cursor.accept("CASCADE"), missing_ok=missing_ok)
        self._removed(gone, asked)
        return answers.empty_sql_result()

    def _drop_schema(self, asked: Asked) -> Answer:
        missing_ok = asked.cursor.accept("IF", "EXISTS")
        catalog, schema = self._names.schema_of(required(asked.cursor), asked.session)
        gone = self._catalog.drop_schema(catalog, schema, cascade=asked.cursor.accept("CASCADE"), missing_ok=missing_ok)
        self._removed(gone, asked)
        return answers.empty_sql_result()

    def _removed(self, entries: list[Entry], asked: Asked) -> None:
        """Managed tables take their files along."""
        for entry in entries:
            self._names.forget(entry.full, asked.session)
            if entry.managed and entry.kind == "table":
                remove_files(self._names.place(entry))

    def _show_catalogs(self, asked: Asked) -> Answer:
        import pyarrow as pa

        return answers.sql_result(
            pa.table({"catalog": pa.array(like(self._catalog.catalogs(), asked.cursor), pa.string())})
        )

    def _show_schemas(self, asked: Asked) -> Answer:
        import pyarrow as pa

        name = asked.cursor.name() if asked.cursor.accept_any("IN", "FROM") else None
        catalog = self._names.names(asked.session).catalog
        if name:
            catalog = HIVE_METASTORE if name[-1].lower() == "hive_metastore" else name[-1].lower()
        if catalog not in self._catalog.catalogs():
            raise _no_catalog(catalog)
        shown = like(self._catalog.schemas(catalog), asked.cursor)
        return answers.sql_result(pa.table({"databaseName": pa.array(shown, pa.string())}))

    def _use(self, asked: Asked) -> Answer:
        session, here = asked.session, self._names.names(asked.session)
        parts = required(asked.cursor)
        catalog, schema = self._names.schema_of(parts, session)
        if len(parts) == 1 and not self._catalog.has_schema(catalog, schema) and schema in self._catalog.catalogs():
            catalog, schema = schema, "default"
        if not self._catalog.has_schema(catalog, schema):
            raise CatalogError(
                f"schema {catalog}.{schema} does not exist",
                code="SCHEMA_NOT_FOUND",
                hint=f"CREATE SCHEMA {catalog}.{schema}",
            )
        if self._names.native(catalog):
            self._names.ensure_schema(catalog, schema, session)
            session.sql_on_engine(f"use catalog {quoted((catalog,))}")
            session.sql_on_engine(f"use schema {quoted((schema,))}")
        here.catalog, here.schema = catalog, schema
        return answers.empty_sql_result()

    def _use_catalog(self, asked: Asked) -> Answer:
        name = required(asked.cursor)[-1].lower()
        name = HIVE_METASTORE if name == "hive_metastore" else name
        if name not in self._catalog.catalogs():
            raise _no_catalog(name)
        if self._names.native(name):
            asked.session.sql_on_engine(f"use catalog {quoted((name,))}")
        here = self._names.names(asked.session)
        here.catalog, here.schema = name, "default"
        return answers.empty_sql_result()


def _nothing(_: Asked) -> Answer:
    return answers.empty_sql_result()


def _no_catalog(name: str) -> CatalogError:
    return CatalogError(
        f"catalog {name!r} does not exist", code="NO_SUCH_CATALOG_EXCEPTION", hint=f"CREATE CATALOG {name}"
    )
