"""The Delta statements that the embedded engine lacks, by delta-rs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.delta import maintenance
from houseboat.engine import answers
from houseboat.engine.catalog import CatalogError
from houseboat.engine.gaps import GAPS
from houseboat.engine.handlers.statements import Answer, Asked, Statements, pairs
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from pyspark.sql.types import StructType

    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.engine.sql_text import Cursor
    from houseboat.lake import Lake

_RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


class DeltaStatements(Statements):
    """DESCRIBE HISTORY and DETAIL, OPTIMIZE, VACUUM, RESTORE, ALTER TABLE."""

    def __init__(self, resolver: CatalogNames, lake: Lake) -> None:
        super().__init__(
            resolver,
            {
                "DESCRIBE HISTORY": self._answered(self._history),
                "DESC HISTORY": self._answered(self._history),
                "DESCRIBE DETAIL": self._answered(self._detail),
                "DESC DETAIL": self._answered(self._detail),
                "OPTIMIZE": self._answered(self._optimize),
                "VACUUM": self._answered(self._vacuum),
                "RESTORE": self._answered(self._restore),
                "ALTER TABLE": self._alter,
            },
        )
        self._lake = lake

    @staticmethod
    def _answered(statement: Callable[[Asked], pa.Table]) -> Callable[[Asked], Answer]:
        return lambda asked: answers.sql_result(statement(asked))

    def _history(self, asked: Asked) -> pa.Table:
        place, _ = self._table(asked)
        limit = asked.cursor.number() if asked.cursor.accept("LIMIT") else None
        return maintenance.history(place, int(limit) if limit is not None else None)

    def _detail(self, asked: Asked) -> pa.Table:
        place, name = self._table(asked)
        return maintenance.detail(place, name=name, address=self._lake.address(place))

    def _optimize(self, asked: Asked) -> pa.Table:
        cursor = asked.cursor
        place, _ = self._table(asked)
        cursor.accept("FULL")
        if cursor.accept("WHERE"):
            raise Unsupported("OPTIMIZE ... WHERE is not supported", hint=GAPS["OPTIMIZE ... WHERE"])
        columns = []
        if cursor.accept("ZORDER", "BY"):
            cursor.accept("(")
            while (name := cursor.name()) is not None:
                columns.append(name[-1])
                cursor.accept(",")
        return maintenance.optimize(place, zorder=columns, address=self._lake.address(place))

    def _vacuum(self, asked: Asked) -> pa.Table:
        cursor = asked.cursor
        place, _ = self._table(asked)
        cursor.accept_any("FULL", "LITE")
        hours = cursor.number() if cursor.accept("RETAIN") else None
        cursor.accept_any("HOURS", "HOUR")
        check = (asked.session.setting(_RETENTION_CHECK, "true") or "").lower() != "false"
        dry = cursor.accept("DRY", "RUN")
        return maintenance.vacuum(place, hours=hours, dry_run=dry, address=self._lake.address(place), check=check)

    def _restore(self, asked: Asked) -> pa.Table:
        cursor = asked.cursor
        cursor.accept("TABLE")
        place, _ = self._table(asked)
        cursor.accept("TO")
        kind = cursor.accept_any("VERSION", "TIMESTAMP")
        cursor.accept("AS", "OF")
        to: int | str | None = cursor.string()
        if kind == "VERSION" and (number := cursor.number()) is not None:
            to = int(number)
        if to is None:
            raise CatalogError(
                "RESTORE needs TO VERSION AS OF n or TO TIMESTAMP AS OF '...'", code="PARSE_SYNTAX_ERROR"
            )
        return maintenance.restore(place, to)

    def _alter(self, asked: Asked) -> Answer:
        cursor = asked.cursor
        place, _ = self._table(asked)
        if cursor.accept("ADD", "COLUMNS") or cursor.accept("ADD", "COLUMN"):
            maintenance.add_columns(place, _columns(asked))
        elif cursor.accept("SET", "TBLPROPERTIES"):
            maintenance.set_properties(place, pairs(cursor, cursor.at))
        elif cursor.accept("ADD", "CONSTRAINT"):
            _add_constraint(cursor, place)
        elif cursor.accept("DROP", "CONSTRAINT"):
            missing_ok = cursor.accept("IF", "EXISTS")
            maintenance.drop_constraint(place, (cursor.name() or ("",))[-1], missing_ok=missing_ok)
        elif not any(cursor.accept(*words) for words in (("OWNER",), ("SET", "OWNER"), ("SET", "TAGS"), ("CLUSTER",))):
            raise Unsupported(
                f"ALTER TABLE ... {cursor.rest()[:40]} is not supported",
                hint=GAPS["other ALTER TABLE statements"],
            )
        return answers.empty_sql_result()

    def _table(self, asked: Asked) -> tuple[Path, str | None]:
        """The place and full name of the table that comes next: a name, ``delta.`path` `` or a quoted path."""
        cursor = asked.cursor
        path = cursor.string()
        name = cursor.name() if path is None else None
        if name and len(name) == 2 and name[0].lower() == "delta":  # noqa: PLR2004
            path = name[1]
        if path is not None:
            return (self._lake.local(path) if self._lake.is_address(path) else Path(path)), None
        entry = self._names.find(name, asked.session) if name else None
        if entry is None:
            raise CatalogError(
                f"table {'.'.join(name or ('?',))} does not exist",
                code="TABLE_OR_VIEW_NOT_FOUND",
                hint="SHOW TABLES lists those there are",
            )
        if entry.kind == "view" or entry.provider != "delta":
            raise CatalogError(
                f"{entry.name} is no Delta table but {entry.provider}", code="DELTA_TABLE_ONLY_OPERATION"
            )
        return self._names.place(entry), entry.name


def _columns(asked: Asked) -> list[str]:
    """The new columns, each as the JSON text of a Spark (and Delta) field."""
    cursor = asked.cursor
    text = cursor.rest().strip().rstrip(";").strip()
    text = text[1:-1] if text.startswith("(") else text
    if _positioned(cursor):
        raise Unsupported(
            "ALTER TABLE ADD COLUMNS ... FIRST and AFTER are not supported",
            hint=GAPS["ALTER TABLE ADD COLUMNS ... FIRST, AFTER"],
        )
    parsed: StructType = asked.session.spark._parse_ddl(text)  # noqa: SLF001 - StructType.fromDDL asks any active session
    return [field.json() for field in parsed.fields]


def _positioned(cursor: Cursor) -> bool:
    """Whether a column is to stand FIRST or AFTER another (and none is merely called so)."""
    found = [token.upper for token in cursor.tokens[cursor.at :]]
    for index, word in enumerate(found):
        before = found[index - 1] if index else "("
        behind = found[index + 1] if index + 1 < len(found) else ")"
        if before not in ("(", ",") and (word == "AFTER" or (word == "FIRST" and behind in (")", ","))):
            return True
    return False


def _add_constraint(cursor: Cursor, place: Path) -> None:
    name = (cursor.name() or ("",))[-1]
    if not cursor.accept("CHECK"):
        if cursor.accept("PRIMARY") or cursor.accept("FOREIGN"):
            return  # informational on Databricks, too
        raise CatalogError("ADD CONSTRAINT name CHECK (condition) was expected", code="PARSE_SYNTAX_ERROR")
    condition = cursor.rest().strip().rstrip(";").strip()
    maintenance.add_constraint(place, name, condition[1:-1] if condition.startswith("(") else condition)
