"""Answers ``spark.catalog`` from the catalogue; what concerns temporary views, functions and caches goes to the engine."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from houseboat.delta import maintenance
from houseboat.engine import answers, plans
from houseboat.engine.catalog import CatalogError
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.names import literal, quoted, split

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.connect.proto import base_pb2 as pb2

    from houseboat.engine.catalog import Entry
    from houseboat.engine.handlers.catalog_names import CatalogNames

Question = Callable[[Any, SessionContext], "pa.Table | None"]


class CatalogQuestions(Handler):
    """One method a question of ``spark.catalog``; None lets the engine answer."""

    def __init__(self, resolver: CatalogNames) -> None:
        self._names = resolver
        self._catalog = resolver.catalog
        self._kinds: dict[str, Question] = {
            "current_catalog": lambda _, session: _one(self._names.names(session).catalog),
            "current_database": lambda _, session: _one(self._names.names(session).schema),
            "set_current_catalog": self._set_catalog,
            "set_current_database": self._set_schema,
            "list_catalogs": self._list_catalogs,
            "list_databases": self._list_schemas,
            "get_database": self._get_schema,
            "database_exists": self._schema_exists,
            "list_tables": self._list_tables,
            "get_table": self._get_table,
            "table_exists": self._table_exists,
            "create_table": self._create_table,
            "create_external_table": self._create_table,
            "refresh_table": _accepted,
            "cache_table": _accepted,
            "uncache_table": _accepted,
            "is_cached": _no,
            "clear_cache": _accepted,
            "recover_partitions": _accepted,
            "list_columns": self._list_columns,
            "drop_temp_view": self._drop_temporary,
            "drop_table": self._statement("drop table {if_exists} {name}"),
            "drop_view": self._statement("drop view {if_exists} {name}"),
            "truncate_table": self._statement("truncate table {name}"),
            "create_database": self._statement("create schema {if_not_exists} {name}"),
            "drop_database": self._statement("drop schema {if_exists} {name} {cascade}"),
            "analyze_table": _accepted,
        }

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer a question, or change it so that the engine can."""
        if not plan.HasField("root") or not plan.root.HasField("catalog"):
            return proceed(plan)
        plan = plans.copied(plan)
        kind = plan.root.catalog.WhichOneof("cat_type")
        question = self._kinds.get(kind)
        answer = question(getattr(plan.root.catalog, kind), session) if question else None
        return proceed(plan) if answer is None else answers.table(answer)

    def _set_catalog(self, asked: Any, session: SessionContext) -> pa.Table:
        session.spark.sql(f"use catalog `{asked.catalog_name}`")
        return _nothing()

    def _set_schema(self, asked: Any, session: SessionContext) -> pa.Table:
        session.spark.sql("use schema " + ".".join(f"`{part}`" for part in split(asked.db_name)))
        return _nothing()

    def _list_catalogs(self, asked: Any, session: SessionContext) -> pa.Table:  # noqa: ARG002
        return _rows([{"name": name, "description": None} for name in _like(self._catalog.catalogs(), asked)], _NAMED)

    def _list_schemas(self, asked: Any, session: SessionContext) -> pa.Table:
        catalog = self._names.names(session).catalog
        return _rows([self._schema(catalog, name) for name in _like(self._catalog.schemas(catalog), asked)], _SCHEMA)

    def _get_schema(self, asked: Any, session: SessionContext) -> pa.Table:
        catalog, schema = self._names.schema_of(split(asked.db_name), session)
        self._required_schema(catalog, schema)
        return _rows([self._schema(catalog, schema)], _SCHEMA)

    def _schema_exists(self, asked: Any, session: SessionContext) -> pa.Table:
        return _one(value=self._catalog.has_schema(*self._names.schema_of(split(asked.db_name), session)))

    def _list_tables(self, asked: Any, session: SessionContext) -> pa.Table:
        here = self._names.names(session)
        catalog, schema = (
            self._names.schema_of(split(asked.db_name), session) if asked.db_name else (here.catalog, here.schema)
        )
        self._required_schema(catalog, schema)
        entries = {e.full[2]: e for e in self._catalog.tables(catalog, schema) if self._names.there(e)}
        rows = [_table(entries[name]) for name in _like(list(entries), asked)]
        return _rows([*rows, *(_temporary(name) for name in _like(sorted(here.temporary), asked))], _TABLE)

    def _get_table(self, asked: Any, session: SessionContext) -> pa.Table | None:
        parts = _written(asked)
        if len(parts) == 1 and parts[0].lower() in self._names.names(session).temporary:
            return _rows([_temporary(parts[0])], _TABLE)
        entry = self._names.find(parts, session)
        return _rows([_table(entry)], _TABLE) if entry else None

    def _table_exists(self, asked: Any, session: SessionContext) -> pa.Table | None:
        parts = _written(asked)
        temporary = len(parts) == 1 and parts[0].lower() in self._names.names(session).temporary
        if temporary or self._names.find(parts, session):
            return _one(value=True)
        return None if parts[0].lower() == "global_temp" else _one(value=False)

    def _create_table(self, asked: Any, session: SessionContext) -> pa.Table | None:
        """``createTable`` as the statement that it is; the client then reads the table."""
        columns = ""
        if asked.HasField("schema") and asked.schema.struct.fields:
            from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

            fields = proto_schema_to_pyspark_data_type(asked.schema).fields
            columns = "(" + ", ".join(f"{quoted((f.name,))} {f.dataType.simpleString()}" for f in fields) + ")"
        source = getattr(asked, "source", "") or "delta"
        options = ", ".join(f"{literal(k)} {literal(v)}" for k, v in asked.options.items() if k.lower() != "path")
        path = getattr(asked, "path", "") or next((v for k, v in asked.options.items() if k.lower() == "path"), "")
        session.spark.sql(
            f"create table {quoted(split(asked.table_name))} {columns} using {source}"
            + (f" options ({options})" if options else "")
            + (f" location {literal(path)}" if path else "")
        )
        return _nothing()

    def _list_columns(self, asked: Any, session: SessionContext) -> pa.Table | None:
        parts = _written(asked)
        entry = self._names.find(parts, session)
        if entry is None:
            return None
        partitions: set[str] = set()
        if entry.kind == "table" and entry.provider == "delta":
            partitions = set(maintenance.open_table(self._names.place(entry)).metadata().partition_columns)
        rows = [
            {
                "name": field.name, "description": field.metadata.get("comment"),
                "dataType": field.dataType.simpleString(), "nullable": field.nullable,
                "isPartition": field.name in partitions, "isBucket": False, "isCluster": False,
            }
            for field in session.spark.table(quoted(entry.full)).schema.fields
        ]  # fmt: skip
        return _rows(rows, _COLUMN)

    def _drop_temporary(self, asked: Any, session: SessionContext) -> pa.Table | None:
        here = self._names.names(session)
        if asked.view_name.lower() not in here.temporary:
            return _one(value=False)
        here.temporary.discard(asked.view_name.lower())
        return None

    def _statement(self, text: str) -> Question:
        """A question that is a SQL statement; ``{name}`` and ``{if_exists}`` are filled in."""

        def carry_out(asked: Any, session: SessionContext) -> pa.Table:
            written = next(getattr(asked, key) for key in ("table_name", "view_name", "db_name") if hasattr(asked, key))
            exists = "if exists" if getattr(asked, "if_exists", False) else ""
            missing = "if not exists" if getattr(asked, "if_not_exists", False) else ""
            cascade = "cascade" if getattr(asked, "cascade", False) else ""
            name = quoted(split(written))
            session.spark.sql(text.format(name=name, if_exists=exists, if_not_exists=missing, cascade=cascade))
            return _nothing()

        return carry_out

    def _required_schema(self, catalog: str, schema: str) -> None:
        if not self._catalog.has_schema(catalog, schema):
            raise CatalogError(
                f"schema {catalog}.{schema} does not exist", code="SCHEMA_NOT_FOUND", hint="SHOW SCHEMAS lists them"
            )

    def _schema(self, catalog: str, name: str) -> dict[str, Any]:
        location = self._catalog.schema_location(catalog, name)
        return {"name": name, "catalog": catalog, "description": None, "locationUri": location}


_NAMED = {"name": "string", "description": "string"}
_SCHEMA = {"name": "string", "catalog": "string", "description": "string", "locationUri": "string"}
_COLUMN = {
    "name": "string", "description": "string", "dataType": "string", "nullable": "bool", "isPartition": "bool",
    "isBucket": "bool", "isCluster": "bool",
}  # fmt: skip
_TABLE = {
    "name": "string", "catalog": "string", "namespace": "list", "description": "string", "tableType": "string",
    "isTemporary": "bool",
}  # fmt: skip


def _accepted(_: Any, __: SessionContext) -> pa.Table:
    """What the engine keeps by itself: caches, statistics."""
    return _nothing()


def _no(_: Any, __: SessionContext) -> pa.Table:
    return _one(value=False)


def _table(entry: Entry) -> dict[str, Any]:
    kind = "VIEW" if entry.kind == "view" else "MANAGED" if entry.managed else "EXTERNAL"
    return {
        "name": entry.full[2], "catalog": entry.full[0], "namespace": [entry.full[1]], "description": entry.comment,
        "tableType": kind, "isTemporary": False,
    }  # fmt: skip


def _temporary(name: str) -> dict[str, Any]:
    return {
        "name": name, "catalog": None, "namespace": [], "description": None, "tableType": "TEMPORARY", "isTemporary": True,
    }  # fmt: skip


def _written(asked: Any) -> tuple[str, ...]:
    return (*(split(asked.db_name) if getattr(asked, "db_name", "") else ()), *split(asked.table_name))


def _like(values: list[str], asked: Any) -> list[str]:
    pattern = asked.pattern.lower() if asked.HasField("pattern") else "*"
    choices = [choice.strip() for choice in pattern.split("|")]
    return [value for value in values if any(fnmatch.fnmatchcase(value.lower(), choice) for choice in choices)]


def _rows(rows: list[dict[str, Any]], columns: dict[str, str]) -> pa.Table:
    import pyarrow as pa

    kinds = {"string": pa.string(), "bool": pa.bool_(), "list": pa.list_(pa.string())}
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, kinds[kind]) for name, kind in columns.items()]))


def _one(value: Any) -> pa.Table:
    import pyarrow as pa

    return pa.table({"value": [value]})


def _nothing() -> pa.Table:
    import pyarrow as pa

    return pa.table({})
