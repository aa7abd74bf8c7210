"""Spark's types: read from DDL text, and named as DuckDB names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from houseboat.autoloader.errors import CloudFilesError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

_TOKEN = re.compile(r"\s*(`(?:[^`]|``)+`|[A-Za-z0-9_.$\-@]+|[<>(),:]|'(?:[^'\\]|\\.)*'|.)", re.DOTALL)

_ATOMS = {
    "string": "StringType",
    "long": "LongType",
    "bigint": "LongType",
    "int": "IntegerType",
    "integer": "IntegerType",
    "short": "ShortType",
    "smallint": "ShortType",
    "byte": "ByteType",
    "tinyint": "ByteType",
    "double": "DoubleType",
    "float": "FloatType",
    "real": "FloatType",
    "boolean": "BooleanType",
    "date": "DateType",
    "timestamp": "TimestampType",
    "timestamp_ltz": "TimestampType",
    "timestamp_ntz": "TimestampNTZType",
    "binary": "BinaryType",
}

_DUCKDB = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "tinyint": "TINYINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "binary": "BLOB",
}


def parse_fields(text: str) -> list[tuple[str, DataType]]:
    """A DDL column list, ``a INT, b.c STRUCT<d: DATE>``: names (quotes removed, dots kept) and types, in order.

    Comments and NOT NULL are read over. Raises ``CloudFilesError`` where the text is no column list.
    """
    return _Ddl(text).fields()


def duckdb_type(kind: DataType) -> str:
    """The DuckDB type that holds exactly the values of a Spark type."""
    from pyspark.sql.types import ArrayType, DecimalType, MapType, StructType

    if isinstance(kind, StructType):
        return "STRUCT(" + ", ".join(f"{name(f.name)} {duckdb_type(f.dataType)}" for f in kind.fields) + ")"
    if isinstance(kind, ArrayType):
        return duckdb_type(kind.elementType) + "[]"
    if isinstance(kind, MapType):
        return f"MAP({duckdb_type(kind.keyType)}, {duckdb_type(kind.valueType)})"
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    try:
        return _DUCKDB[kind.simpleString()]
    except KeyError:
        raise CloudFilesError(
            f"type {kind.simpleString()} cannot be read from files", hint="read it as STRING"
        ) from None


def name(column: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


class _Ddl:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = [token for token in _TOKEN.findall(source) if token.strip()]
        self._at = 0

    def fields(self) -> list[tuple[str, DataType]]:
        found = [self._field()]
        while self._peek() == ",":
            self._next()
            found.append(self._field())
        if self._peek():
            raise self._wrong(f"',' was expected before {self._peek()!r}")
        return found

    def _field(self) -> tuple[str, DataType]:
        label = self._name()
        if self._peek() == ":":
            self._next()
        kind = self._type()
        if self._peek().lower() == "not":
            self._next()
            self._next()
        if self._peek().lower() == "comment":
            self._next()
            self._next()
        return label, kind

    def _name(self) -> str:
        parts = [self._next()]
        # `a.b`.c comes as several tokens, a.b.c as one
        while self._peek().startswith("."):
            parts.append(self._next())
        label = "".join(part[1:-1].replace("``", "`") if part.startswith("`") else part for part in parts)
        if not label or label in "<>(),:":
            raise self._wrong("a column's name was expected")
        return label

    def _type(self) -> DataType:
        from pyspark.sql import types

        word = self._next().lower()
        if word == "array":
            return types.ArrayType(self._bracketed(1)[0])
        if word == "map":
            return types.MapType(*self._bracketed(2))
        if word == "struct":
            return self._struct()
        if word in ("decimal", "dec", "numeric"):
            precision, scale = self._numbers() or (10, 0)
            return types.DecimalType(precision, scale)
        if word in ("varchar", "char"):
            self._numbers()
            return types.StringType()
        if word not in _ATOMS:
            raise self._wrong(f"{word!r} is no type")
        return getattr(types, _ATOMS[word])()

    def _bracketed(self, count: int) -> list[DataType]:
        self._expect("<")
        kinds = [self._type()]
        for _ in range(count - 1):
            self._expect(",")
            kinds.append(self._type())
        self._expect(">")
        return kinds

    def _struct(self) -> DataType:
        from pyspark.sql.types import StructField, StructType

        self._expect("<")
        inner: list[StructField] = []
        while self._peek() != ">":
            inner.append(StructField(*self._field()))
            if self._peek() == ",":
                self._next()
        self._expect(">")
        return StructType(inner)

    def _numbers(self) -> tuple[int, int] | None:
        if self._peek() != "(":
            return None
        self._next()
        first, second = int(self._next()), 0
        if self._peek() == ",":
            self._next()
            second = int(self._next())
        self._expect(")")
        return first, second

    def _expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise self._wrong(f"{token!r} was expected, not {found!r}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        if not token:
            raise self._wrong("it ends too early")
        return token

    def _wrong(self, why: str) -> CloudFilesError:
        return CloudFilesError(
            f"{self._source!r} is not a list of columns and types: {why}",
            hint="write it as in CREATE TABLE: 'id BIGINT, price DECIMAL(9,2), tags ARRAY<STRING>'",
        )
