from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.engine.catalog import Catalog, CatalogError, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalogue."""
    found = Catalog(tmp_path / "catalog.db", warehouse=tmp_path / "warehouse", default="Main")
    yield found
    found.close()


def test_names_have_no_case(catalog: Catalog) -> None:
    """Kept and found in lower case."""
    catalog.create_schema("MAIN", "Silver", exist_ok=False)
    catalog.put(Entry(("Main", "SILVER", "T"), "table", location="x"))
    entry = catalog.find(("main", "silver", "t"))
    assert entry is not None
    assert entry.name == "main.silver.t"
    assert catalog.has_schema("main", "SILVER")


def test_another_process_sees_a_change_at_once(catalog: Catalog, tmp_path: Path) -> None:
    """Two catalogues on one file, and the generation grows with every change."""
    other = Catalog(tmp_path / "catalog.db", warehouse=tmp_path / "warehouse", default="main")
    before = other.generation()
    catalog.put(Entry(("main", "default", "t"), "table", location="x"))
    assert other.find(("main", "default", "t")) is not None
    assert other.generation() > before
    other.close()


def test_a_failed_change_changes_nothing(catalog: Catalog) -> None:
    """One transaction."""
    before = catalog.generation()

    def cut_off() -> None:
        with catalog._change() as db:
            db.execute("insert into catalogs values ('x', null, null)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()
    assert catalog.catalogs() == ["main", "spark_catalog"]
    assert catalog.generation() == before


def test_locations_come_from_the_schema_then_the_catalog_then_the_warehouse(catalog: Catalog, tmp_path: Path) -> None:
    """Each level may say where its managed tables live."""
    catalog.create_catalog("films", location="abfss://c@a.b/films/", exist_ok=False)
    catalog.create_schema("films", "here", location="abfss://c@a.b/here/", exist_ok=False)
    catalog.create_schema("films", "there", exist_ok=False)
    assert catalog.managed_location(("films", "here", "T")) == "abfss://c@a.b/here/t"
    assert catalog.managed_location(("films", "there", "t")) == "abfss://c@a.b/films/there/t"
    assert catalog.managed_location(("main", "default", "t")) == (tmp_path / "warehouse/main/default/t").as_posix()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a b", "a.b", "a\nb", "x" * 256])
def test_names_are_checked(catalog: Catalog, name: str) -> None:
    """Nothing that could be a path or a statement is a name."""
    for attempt in (
        lambda: catalog.create_catalog(name, exist_ok=True),
        lambda: catalog.create_schema("main", name, exist_ok=True),
        lambda: catalog.put(Entry(("main", "default", name), "table", location="x")),
    ):
        with pytest.raises(CatalogError, match="not a valid name"):
            attempt()


def test_missing_parents_are_named(catalog: Catalog) -> None:
    """A schema needs its catalog, a table its schema."""
    with pytest.raises(CatalogError, match="catalog 'nope' does not exist"):
        catalog.create_schema("nope", "s", exist_ok=True)
    with pytest.raises(CatalogError, match=r"schema main\.nope does not exist"):
        catalog.put(Entry(("main", "nope", "t"), "table", location="x"))
