"""The Delta statements that the embedded engine lacks, by delta-rs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2

from houseboat.delta import maintenance
from houseboat.engine import answers, plans
from houseboat.engine.catalog import CatalogError
from houseboat.engine.handler import Handler, Proceed, SessionContext
from houseboat.engine.sql_text import Cursor
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    import pyarrow as pa

    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.lake import Lake

_TYPES = {
    "STRING": "string", "INT": "integer", "INTEGER": "integer", "BIGINT": "long", "LONG": "long", "SMALLINT": "short",
    "TINYINT": "byte", "DOUBLE": "double", "FLOAT": "float", "REAL": "float", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamp", "BINARY": "binary", "TIMESTAMP_NTZ": "timestamp_ntz",
}  # fmt: skip


class DeltaStatements(Handler):
    """DESCRIBE HISTORY and DETAIL, OPTIMIZE, VACUUM, RESTORE, ALTER TABLE."""

    def __init__(self, resolver: CatalogNames, lake: Lake) -> None:
        self._names = resolver
        self._lake = lake
        self._heads: dict[tuple[str, ...], Callable[[Cursor, SessionContext], pa.Table | None]] = {
            ("DESCRIBE", "HISTORY"): self._history,
            ("DESC", "HISTORY"): self._history,
            ("DESCRIBE", "DETAIL"): self._detail,
            ("DESC", "DETAIL"): self._detail,
            ("OPTIMIZE",): self._optimize,
            ("VACUUM",): self._vacuum,
            ("RESTORE",): self._restore,
            ("ALTER", "TABLE"): self._alter,
        }

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer a maintenance statement."""
        text = plans.sql_text(plan)
        if text is None:
            return proceed(plan)
        cursor = Cursor(text)
        for words, statement in self._heads.items():
            if cursor.accept(*words):
                result = statement(cursor, session)
                return answers.empty_sql_result() if result is None else answers.sql_result(result)
        return proceed(plan)

    def _history(self, cursor: Cursor, session: SessionContext) -> pa.Table:
        place, _ = self._table(cursor, session)
        limit = cursor.number() if cursor.accept("LIMIT") else None
        return maintenance.history(place, int(limit) if limit is not None else None)

    def _detail(self, cursor: Cursor, session: SessionContext) -> pa.Table:
        place, name = self._table(cursor, session)
        return maintenance.detail(place, name=name, address=self._lake.address(place))

    def _optimize(self, cursor: Cursor, session: SessionContext) -> pa.Table:
        place, _ = self._table(cursor, session)
        cursor.accept("FULL")
        if cursor.accept("WHERE"):
            raise Unsupported("OPTIMIZE ... WHERE is not supported", hint="OPTIMIZE the whole table")
        columns = []
        if cursor.accept("ZORDER", "BY"):
            cursor.accept("(")
            while (name := cursor.name()) is not None:
                columns.append(name[-1])
                cursor.accept(",")
        return maintenance.optimize(place, zorder=columns, address=self._lake.address(place))

    def _vacuum(self, cursor: Cursor, session: SessionContext) -> pa.Table:
        place, _ = self._table(cursor, session)
        cursor.accept_any("FULL", "LITE")
        hours = cursor.number() if cursor.accept("RETAIN") else None
        cursor.accept_any("HOURS", "HOUR")
        check = (session.setting("spark.databricks.delta.retentionDurationCheck.enabled", "true") or "").lower() != "false"
        dry = cursor.accept("DRY", "RUN")
        return maintenance.vacuum(place, hours=hours, dry_run=dry, address=self._lake.address(place), check=check)

    def _restore(self, cursor: Cursor, session: SessionContext) -> pa.Table:
        cursor.accept("TABLE")
        place, _ = self._table(cursor, session)
        cursor.accept("TO")
        kind = cursor.accept_any("VERSION", "TIMESTAMP")
        cursor.accept("AS", "OF")
        to: int | str | None = cursor.string()
        if kind == "VERSION" and (number := cursor.number()) is not None:
            to = int(number)
        if to is None:
            raise CatalogError("RESTORE needs TO VERSION AS OF n or TO TIMESTAMP AS OF '...'", code="PARSE_SYNTAX_ERROR")
        return maintenance.restore(place, to)

    def _alter(self, cursor: Cursor, session: SessionContext) -> None:
        place, _ = self._table(cursor, session)
        if cursor.accept("ADD", "COLUMNS") or cursor.accept("ADD", "COLUMN"):
            maintenance.add_columns(place, _columns(cursor))
        elif cursor.accept("SET", "TBLPROPERTIES"):
            maintenance.set_properties(place, _properties(cursor))
        elif cursor.accept("ADD", "CONSTRAINT"):
            name = cursor.name() or ("",)
            cursor.accept("CHECK")
            maintenance.add_constraint(place, name[-1], cursor.rest().strip().removeprefix("(").removesuffix(")"))
        elif cursor.accept("OWNER") or cursor.accept("SET", "OWNER") or cursor.accept("SET", "TAGS"):
            return
        else:
            raise Unsupported(
                f"ALTER TABLE ... {cursor.rest()[:40]} is not supported",
                hint="ADD COLUMNS, ADD CONSTRAINT ... CHECK and SET TBLPROPERTIES are; for others, write the table anew",
            )

    def _table(self, cursor: Cursor, session: SessionContext) -> tuple[Path, str | None]:
        """The place and full name of the table that comes next: a name, ``delta.`path` `` or a quoted path."""
        path = cursor.string()
        name = cursor.name() if path is None else None
        if name and len(name) == 2 and name[0].lower() == "delta":  # noqa: PLR2004
            path = name[1]
        if path is not None:
            return (self._lake.local(path) if self._lake.is_address(path) else Path(path)), None
        entry = self._names.find(name, session) if name else None
        if entry is None:
            raise CatalogError(
                f"table {'.'.join(name or ('?',))} does not exist", code="TABLE_OR_VIEW_NOT_FOUND", hint="SHOW TABLES lists those there are"
            )
        return self._names.place(entry), entry.name


def _columns(cursor: Cursor) -> dict[str, str]:
    cursor.accept("(")
    columns: dict[str, str] = {}
    while (name := cursor.name()) is not None:
        kind = cursor.name() or ("",)
        written = kind[-1].upper()
        if written == "DECIMAL" and cursor.accept("("):
            precision, _, scale = cursor.number(), cursor.accept(","), cursor.number()
            cursor.accept(")")
            columns[name[-1]] = f"decimal({int(precision or 10)},{int(scale or 0)})"
        elif written in _TYPES:
            columns[name[-1]] = _TYPES[written]
        else:
            raise Unsupported(
                f"ALTER TABLE ADD COLUMNS with type {written} is not supported", hint="append a row with mergeSchema instead"
            )
        if cursor.accept("COMMENT"):
            cursor.string()
        cursor.accept_any("FIRST")
        cursor.accept(",")
    return columns


def _properties(cursor: Cursor) -> dict[str, str]:
    cursor.accept("(")
    properties: dict[str, str] = {}
    while not cursor.ended and not cursor.accept(")"):
        key = cursor.string() or ".".join(cursor.name() or ())
        cursor.accept("=")
        token = cursor.tokens[cursor.at] if not cursor.ended else None
        if not key or token is None:
            raise CatalogError("SET TBLPROPERTIES needs ('key' = 'value', ...)", code="PARSE_SYNTAX_ERROR")
        properties[key] = token.value
        cursor.at += 1
        cursor.accept(",")
    return properties
