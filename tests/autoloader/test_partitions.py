"""Partition columns of paths."""

from __future__ import annotations

from houseboat.autoloader.partitions import columns, values


def test_pairs_are_read_from_folders_only() -> None:
    """Encoded values are decoded, the null folder is null."""
    assert values("a=1/x/b=%2F/__c=/f=2.csv") == {"a": "1", "b": "/", "__c": ""}
    assert values("d=__HIVE_DEFAULT_PARTITION__/f.csv") == {"d": None}


def test_one_layout_gives_columns_several_give_none() -> None:
    """Unless named."""
    assert columns(["y=1/m=1/f", "y=1/m=2/f"], None) == ("y", "m")
    assert columns(["y=1/m=1/f", "y=1/f"], None) == ()
    assert columns(["y=1/f"], ("z",)) == ("z",)
