"""SQL statements that show tables: SHOW TABLES, VIEWS, COLUMNS, PARTITIONS, TBLPROPERTIES, CREATE TABLE; DESCRIBE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from houseboat.delta import maintenance
from houseboat.engine import answers
from houseboat.engine.catalog import CatalogError
from houseboat.engine.gaps import GAPS
from houseboat.engine.handlers.statements import Answer, Asked, Statements, like, required
from houseboat.engine.names import literal, quoted
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from houseboat.engine.catalog import Entry
    from houseboat.engine.handlers.catalog_names import CatalogNames

_DESCRIBED = frozenset(
    {
        "SCHEMA", "DATABASE", "CATALOG", "FUNCTION", "QUERY", "NAMESPACE", "VOLUME", "HISTORY", "DETAIL", "SELECT",
        "WITH", "VALUES", None,
    }
)  # fmt: skip
"""What DESCRIBE describes besides tables: for others to answer."""


class ShowStatements(Statements):
    """Answers what shows tables and views."""

    def __init__(self, resolver: CatalogNames) -> None:
        super().__init__(
            resolver,
            {
                "SHOW TABLES": lambda asked: self._tables(asked, only_views=False),
                "SHOW VIEWS": lambda asked: self._tables(asked, only_views=True),
                "SHOW COLUMNS": self._columns,
                "SHOW PARTITIONS": self._partitions,
                "SHOW TBLPROPERTIES": self._properties,
                "SHOW CREATE TABLE": self._create_table,
                "DESCRIBE": self._describe,
                "DESC": self._describe,
            },
        )

    def _tables(self, asked: Asked, *, only_views: bool) -> Answer:
        import pyarrow as pa

        here = self._names.names(asked.session)
        catalog, schema = here.catalog, here.schema
        if asked.cursor.accept_any("IN", "FROM"):
            catalog, schema = self._names.schema_of(required(asked.cursor), asked.session)
        if not self._catalog.has_schema(catalog, schema):
            raise CatalogError(
                f"schema {catalog}.{schema} does not exist", code="SCHEMA_NOT_FOUND", hint="SHOW SCHEMAS lists them"
            )
        names = [
            entry.full[2]
            for entry in self._catalog.tables(catalog, schema)
            if self._names.there(entry) and (not only_views or entry.kind == "view")
        ]
        position = asked.cursor.at
        shown = [(schema, name, False) for name in like(names, asked.cursor)]
        asked.cursor.at = position
        shown += [("", name, True) for name in like(sorted(here.temporary), asked.cursor)]
        columns = {
            "namespace" if only_views else "database": pa.string(),
            "viewName" if only_views else "tableName": pa.string(),
        }
        rows = list(zip(*shown, strict=True)) or [(), (), ()]
        arrays = [pa.array(values, kind) for values, kind in zip(rows, [*columns.values(), pa.bool_()], strict=True)]
        return answers.sql_result(pa.table(dict(zip([*columns, "isTemporary"], arrays, strict=True))))

    def _columns(self, asked: Asked) -> Answer:
        asked.cursor.accept_any("IN", "FROM")
        parts = required(asked.cursor)
        if asked.cursor.accept_any("IN", "FROM"):
            parts = (*required(asked.cursor), *parts)
        columns = asked.session.spark.table(quoted(parts)).columns
        return _one_column("col_name", columns)

    def _partitions(self, asked: Asked) -> Answer:
        table = maintenance.open_table(self._names.place(self._table(asked)))
        columns = list(table.metadata().partition_columns)
        if not columns:
            raise CatalogError(
                "the table is not partitioned", code="INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY"
            )
        found = {tuple((c, part.get(c)) for c in columns) for part in table.partitions()}
        return _one_column("partition", sorted("/".join(f"{c}={v}" for c, v in row) for row in found))

    def _properties(self, asked: Asked) -> Answer:
        import pyarrow as pa

        entry = self._table(asked)
        wanted = None
        if asked.cursor.accept("("):
            wanted = asked.cursor.string() or ".".join(asked.cursor.name() or ())
        found = maintenance.properties(self._names.place(entry))
        rows = {key: value for key, value in sorted(found.items()) if wanted in (None, key)}
        if wanted is not None and wanted not in rows:
            rows = {wanted: f"Table {entry.name} does not have property: {wanted}"}
        return answers.sql_result(
            pa.table({"key": pa.array(rows.keys(), pa.string()), "value": pa.array(rows.values(), pa.string())})
        )

    def _create_table(self, asked: Asked) -> Answer:
        asked.cursor.accept("AS", "SERDE")
        entry = self._table(asked, views=True)
        if entry.kind == "view":
            return _one_column("createtab_stmt", [f"CREATE VIEW {entry.name} AS {entry.view_text}"])
        if entry.provider != "delta":
            return _one_column("createtab_stmt", [f"CREATE TABLE {entry.name} {entry.view_text}"])
        fields = asked.session.spark.table(quoted(entry.full)).schema.fields
        columns = ",\n  ".join(
            f"{field.name} {field.dataType.simpleString().upper()}{'' if field.nullable else ' NOT NULL'}"
            for field in fields
        )
        place = self._names.place(entry)
        partitions = ", ".join(maintenance.open_table(place).metadata().partition_columns)
        properties = ",\n  ".join(
            f"{literal(k)} = {literal(v)}" for k, v in sorted(maintenance.properties(place).items())
        )
        text = f"CREATE TABLE {entry.name} (\n  {columns})\nUSING delta"
        text += f"\nPARTITIONED BY ({partitions})" if partitions else ""
        text += f"\nCOMMENT {literal(entry.comment)}" if entry.comment else ""
        text += "" if entry.managed else f"\nLOCATION {literal(entry.location)}"
        text += f"\nTBLPROPERTIES (\n  {properties})" if properties else ""
        return _one_column("createtab_stmt", [text + "\n"])

    def _describe(self, asked: Asked) -> Answer:
        """``DESCRIBE [TABLE] [EXTENDED] name``: Sail 0.7.2 wants the word TABLE, and shows no columns of a table that it
        was only told the place of.
        """
        cursor = asked.cursor
        word = None if cursor.ended else cursor.tokens[cursor.at].upper
        if word in _DESCRIBED:
            return None
        cursor.accept("TABLE")
        extended = cursor.accept_any("EXTENDED", "FORMATTED") is not None
        parts = required(cursor)
        entry = self._names.find(parts, asked.session)
        if not cursor.ended and cursor.accept_any("PARTITION", "AS"):
            raise Unsupported(
                "DESCRIBE TABLE ... PARTITION and AS JSON are not supported",
                hint=GAPS["DESCRIBE TABLE ... PARTITION, AS JSON"],
            )
        fields = asked.session.spark.table(quoted(parts)).schema.fields if entry or len(parts) != 2 else None  # noqa: PLR2004
        if fields is None:
            fields = asked.session.spark.sql(f"select * from {quoted(parts)}").schema.fields
        rows = [(field.name, field.dataType.simpleString(), field.metadata.get("comment")) for field in fields]
        kinds = {name: kind for name, kind, _ in rows}
        partitions = self._partitioned(entry)
        if partitions:
            rows += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
            rows += [(name, kinds.get(name, ""), None) for name in partitions]
        if extended and entry:
            rows += self._detailed(entry)
        return answers.sql_result(_columns_of(rows))

    def _partitioned(self, entry: Entry | None) -> list[str]:
        if entry is None or entry.kind == "view" or entry.provider != "delta":
            return []
        return list(maintenance.open_table(self._names.place(entry)).metadata().partition_columns)

    def _detailed(self, entry: Entry) -> list[tuple[str, str, str | None]]:
        kind = "VIEW" if entry.kind == "view" else "MANAGED" if entry.managed else "EXTERNAL"
        shown = {"Catalog": entry.full[0], "Database": entry.full[1], "Table": entry.full[2], "Type": kind}
        if entry.kind == "view":
            shown["View Text"] = entry.view_text or ""
        else:
            shown |= {"Provider": entry.provider, "Location": entry.location}
        shown |= {"Comment": entry.comment} if entry.comment else {}
        return [
            ("", "", ""),
            ("# Detailed Table Information", "", ""),
            *((key, value, "") for key, value in shown.items()),
        ]

    def _table(self, asked: Asked, *, views: bool = False) -> Entry:
        parts = required(asked.cursor)
        entry = self._names.find(parts, asked.session)
        if entry is None or (entry.kind == "view" and not views):
            raise CatalogError(
                f"table {'.'.join(parts)} does not exist", code="TABLE_OR_VIEW_NOT_FOUND", hint="SHOW TABLES"
            )
        return entry


def _columns_of(rows: Sequence[tuple[str, str, str | None]]) -> pa.Table:
    import pyarrow as pa

    names = ("col_name", "data_type", "comment")
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)})


def _one_column(name: str, values: list[str]) -> Any:
    import pyarrow as pa

    table: pa.Table = pa.table({name: pa.array(values, pa.string())})
    return answers.sql_result(table)
