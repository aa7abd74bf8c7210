"""JSON: shape, types, rescued data and broken lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from houseboat.autoloader import rows
from houseboat.autoloader.errors import MalformedRecord
from tests.autoloader.helpers import inferred, job, options, put, staged


def test_the_shape_is_found_and_leaves_are_text(tmp_path: Path) -> None:
    """Fields by name, nested shape kept, everything else text unless types are asked for."""
    file = put(tmp_path, "1.json", '{"b":1,"a":{"y":true,"x":"t"}}\n{"b":2.5,"c":[{"k":1}],"d":null}\n')
    assert inferred("json", [file]) == ("a struct<x:string,y:string>, b string, c array<struct<k:string>>, d string")
    assert inferred("json", [file], types=True) == (
        "a struct<x:string,y:boolean>, b double, c array<struct<k:bigint>>, d string"
    )


def test_values_become_their_columns(tmp_path: Path) -> None:
    """Nested, arrays, maps; absent is null; a number under a text column is its text."""
    file = put(
        tmp_path,
        "1.json",
        '{"s":12,"o":{"x":1,"y":[1,2]},"m":{"k":{"f":2}},"w":"2020-01-01","t":{"u":1}}\n{"s":null}\n',
    )
    task = job([file], "s STRING, o STRUCT<x: INT, y: ARRAY<BIGINT>>, m MAP<STRING, STRUCT<f: INT>>, w DATE, t STRING")
    first, second = staged("json", task)
    assert first[:3] == ("12", {"x": 1, "y": [1, 2]}, {"k": {"f": 2}})
    assert (str(first[3]), first[4]) == ("2020-01-01", '{"u":1}')
    assert second == (None, None, None, None, None)


def test_what_does_not_fit_is_rescued_with_its_file(tmp_path: Path) -> None:
    """Unknown fields, other types, case variants; a nested object as escaped text."""
    file = put(tmp_path, "1.json", '{"id":"x","Name":"n","quantity":{"units":2},"n":1.50}\n{"id":7,"name":"ok"}\n')
    first, second = staged("json", job([file], "id INT, name STRING", rescued="_rescued_data"))
    assert first[:2] == (None, None)
    assert json.loads(first[2]) == {
        "id": "x", "Name": "n", "quantity": '{"units":2}', "n": 1.5, "_file_path": "lake:/1.json"
    }  # fmt: skip
    assert second == (7, "ok", None)


def test_primitives_stay_text_where_asked(tmp_path: Path) -> None:
    """``primitivesAsString`` wins over inferred types; the shape is found all the same."""
    file = put(tmp_path, "1.json", '{"a":1,"b":{"c":true},"d":[1.5]}\n')
    given = options(primitivesAsString="true")
    assert inferred("json", [file], types=True, **given) == "a string, b struct<c:string>, d array<string>"


def test_a_broken_line_breaks_only_itself(tmp_path: Path) -> None:
    """Its text is in ``_corrupt_record``; DROPMALFORMED drops it; FAILFAST names it."""
    file = put(tmp_path, "1.json", '{"a":"1"}\n{"a":\n\n"text"\n{"a":"2"}\n')
    kept = staged("json", job([file], "a STRING, _corrupt_record STRING", rescued="r"))
    assert kept == [("1", None, None), (None, '{"a":', None), (None, '"text"', None), ("2", None, None)]
    dropped = job([file], "a STRING", options=options(mode="DROPMALFORMED"))
    assert staged("json", dropped) == [("1",), ("2",)]
    with pytest.raises(MalformedRecord, match="MALFORMED_RECORD"):
        rows.read("json", job([file], "a STRING", options=options(mode="FAILFAST")), tmp_path / "s")


def test_a_multi_line_file_is_one_document_or_an_array_of_them(tmp_path: Path) -> None:
    """``multiLine``: an array is one row per element."""
    files = [put(tmp_path, "1.json", '{\n "a": 1\n}\n'), put(tmp_path, "2.json", '\ufeff[\n{"a": 2},\n{"a": 3}]')]
    given = options(multiLine="true")
    assert inferred("json", files, types=True, **given) == "a bigint"
    assert sorted(staged("json", job(files, "a BIGINT", options=given))) == [(1,), (2,), (3,)]
