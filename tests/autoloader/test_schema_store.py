"""Versions of a schema on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.schema_store import SchemaStore, StreamSchema
from tests.autoloader.helpers import schema


def test_versions_are_numbered_and_the_newest_counts(tmp_path: Path) -> None:
    """Storing the same again adds nothing; leftovers of a crash are no versions."""
    store = SchemaStore(tmp_path)
    assert store.latest() is None
    first, second = (StreamSchema(schema(ddl), schema("p INT")) for ddl in ("a STRING", "a STRING, b STRUCT<c: DATE>"))
    assert [store.add(first), store.add(first), store.add(second)] == [0, 0, 1]
    (tmp_path / "_schemas" / ".2.x.tmp").write_text("half")
    assert store.latest() == second
    mark, body = (tmp_path / "_schemas" / "0").read_text().split("\n", 1)
    assert (mark, sorted(json.loads(body))) == ("v1", ["dataSchemaJson", "partitionSchemaJson"])


def test_a_damaged_version_is_named(tmp_path: Path) -> None:
    """With its file."""
    (tmp_path / "_schemas").mkdir()
    (tmp_path / "_schemas" / "0").write_text("v1\n{")
    with pytest.raises(CloudFilesError, match="_schemas"):
        SchemaStore(tmp_path).latest()
