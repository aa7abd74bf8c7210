"""Schema hints."""

from __future__ import annotations

import pytest

from houseboat.autoloader.hints import apply
from tests.autoloader.helpers import schema


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        (None, "a:string,o:struct<x:string>,l:array<struct<i:string>>,m:string"),
        ("a INT", "a:int,o:struct<x:string>,l:array<struct<i:string>>,m:string"),
        ("A INT", "A:int,o:struct<x:string>,l:array<struct<i:string>>,m:string"),
        ("o.x DATE, o.y INT", "a:string,o:struct<x:date,y:int>,l:array<struct<i:string>>,m:string"),
        ("l.element.i INT", "a:string,o:struct<x:string>,l:array<struct<i:int>>,m:string"),
        ("m.value INT", "a:string,o:struct<x:string>,l:array<struct<i:string>>,m:map<string,int>"),
        (
            "m.key INT, m.value.f DATE",
            "a:string,o:struct<x:string>,l:array<struct<i:string>>,m:map<int,struct<f:date>>",
        ),
        ("z MAP<STRING,STRING>", "a:string,o:struct<x:string>,l:array<struct<i:string>>,m:string,z:map<string,string>"),
    ],
)
def test_a_hint_overrides_or_adds(hints: str | None, expected: str) -> None:
    """By path: fields, array elements, map keys and values; absent columns are added."""
    base = schema("a STRING, o STRUCT<x: STRING>, l ARRAY<STRUCT<i: STRING>>, m STRING")
    assert apply(base, hints).simpleString() == f"struct<{expected}>"
