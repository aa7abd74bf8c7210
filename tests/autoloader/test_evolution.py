"""New columns: found, merged, told."""

from __future__ import annotations

from houseboat.autoloader.evolution import merged, new_fields
from tests.autoloader.helpers import schema


def test_new_fields_are_found_at_every_depth() -> None:
    """Case variants are no new columns, ignored names neither."""
    known = schema("a STRING, o STRUCT<x: STRING>, l ARRAY<STRUCT<i: STRING>>")
    seen = schema("A STRING, b INT, o STRUCT<x: STRING, y: INT>, l ARRAY<STRUCT<i: STRING, j: INT>>, part STRING")
    assert new_fields(known, seen, frozenset({"part"})) == ["b", "o.y", "l.j"]


def test_new_columns_go_to_the_end_and_old_types_stay() -> None:
    """In order of appearance."""
    known = schema("a STRING, o STRUCT<x: STRING>")
    seen = schema("z INT, o STRUCT<y: INT, x: INT>, a INT, b DATE")
    assert merged(known, seen).simpleString() == "struct<a:string,o:struct<x:string,y:int>,z:int,b:date>"
