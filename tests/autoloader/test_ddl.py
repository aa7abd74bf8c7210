"""Types from DDL text and in DuckDB's words."""

from __future__ import annotations

import pytest

from houseboat.autoloader.ddl import duckdb_type, parse_fields
from houseboat.autoloader.errors import CloudFilesError


def test_column_lists_are_read() -> None:
    """Names in quotes, nested types, comments, colons."""
    text = "id BIGINT NOT NULL, `a b` decimal(9, 2) COMMENT 'x, y', s struct<p: int, q array<map<string,date>>>, a.b.c timestamp_ntz"
    assert [(name, kind.simpleString()) for name, kind in parse_fields(text)] == [
        ("id", "bigint"),
        ("a b", "decimal(9,2)"),
        ("s", "struct<p:int,q:array<map<string,date>>>"),
        ("a.b.c", "timestamp_ntz"),
    ]


@pytest.mark.parametrize("text", ["id", "id strin", "id int extra", "a array<int", "a int,"])
def test_what_is_no_column_list_is_refused(text: str) -> None:
    """With the text and the reason."""
    with pytest.raises(CloudFilesError, match="is not a list of columns"):
        parse_fields(text)


def test_types_have_duckdb_names() -> None:
    """Exactly as wide."""
    ((_, kind),) = parse_fields("x struct<a: int, `b c`: array<decimal(9,2)>, m: map<string, timestamp>>")
    assert duckdb_type(kind) == (
        'STRUCT("a" INTEGER, "b c" DECIMAL(9, 2)[], "m" MAP(VARCHAR, TIMESTAMP WITH TIME ZONE))'
    )
