"""The catalogue that outlives the process: catalogs, schemas, tables and views, in one SQLite file.

Unity Catalog's shape: three-level names, managed tables (their files belong to the catalogue and go with
``DROP TABLE``) and external ones. Names are kept and compared in lower case, as Databricks does.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pathlib import Path

Full = tuple[str, str, str]
"""A full name: catalog, schema, table; lower case."""

_SCHEMA = """
create table if not exists catalogs (name text primary key, location text, comment text);
create table if not exists schemas (catalog text, name text, location text, comment text, primary key (catalog, name));
create table if not exists tables (
  catalog text, schema text, name text, kind text not null, provider text, location text, managed integer,
  view_text text, view_catalog text, view_schema text, comment text, created real,
  primary key (catalog, schema, name)
);
create table if not exists generation (n integer);
insert into generation select 0 where not exists (select 1 from generation);
"""

HIVE_METASTORE = "spark_catalog"


class CatalogError(HouseboatError):
    """A catalogue statement that cannot be carried out; ``code`` is Spark's error class."""


@dataclass(frozen=True)
class Entry:
    """A table or view. ``location`` is an address as the user wrote it, or a local path for managed tables."""

    full: Full
    kind: str  # "table" | "view"
    provider: str = "delta"
    location: str = ""
    managed: bool = True
    view_text: str | None = None
    view_home: tuple[str, str] | None = None
    comment: str | None = None

    @property
    def name(self) -> str:
        """``catalog.schema.table``."""
        return ".".join(self.full)


class Catalog:
    """The store. Every change is one transaction; other processes and sessions see it at once."""

    def __init__(self, path: Path, *, warehouse: Path, default: str = HIVE_METASTORE) -> None:
        """``warehouse``: where managed tables of schemas without a location live. ``default``: a new session's
        current catalog.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.warehouse = warehouse
        self.default = default.lower()
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.execute("pragma busy_timeout=10000")
        self._db.executescript(_SCHEMA)
        for name in {HIVE_METASTORE, self.default}:
            self._db.execute("insert or ignore into catalogs values (?, null, null)", (name,))
            self._db.execute("insert or ignore into schemas values (?, 'default', null, null)", (name,))

    def generation(self) -> int:
        """A number that grows with every change."""
        return int(self._one("select n from generation", ())[0])

    def catalogs(self) -> list[str]:
        """All catalog names."""
        return [row[0] for row in self._all("select name from catalogs order by name")]

    def schemas(self, catalog: str) -> list[str]:
        """The schema names of a catalog."""
        return [
            row[0] for row in self._all("select name from schemas where catalog = ? order by name", catalog.lower())
        ]

    def tables(self, catalog: str, schema: str) -> list[Entry]:
        """The tables and views of a schema."""
        rows = self._all(
            "select * from tables where catalog = ? and schema = ? order by name", catalog.lower(), schema.lower()
        )
        return [_entry(row) for row in rows]

    def named(self, table: str) -> list[Entry]:
        """Every table or view of this last name, in whatever schema."""
        return [_entry(row) for row in self._all("select * from tables where name = ?", table.lower())]

    def everything(self) -> list[Entry]:
        """All tables and views."""
        return [_entry(row) for row in self._all("select * from tables order by catalog, schema, name")]

    def find(self, full: Full) -> Entry | None:
        """One table or view, or None."""
        rows = self._all("select * from tables where catalog = ? and schema = ? and name = ?", *_lower(full))
        return _entry(rows[0]) if rows else None

    def has_schema(self, catalog: str, schema: str) -> bool:
        """Whether a schema exists."""
        return schema.lower() in self.schemas(catalog)

    def create_catalog(
        self, name: str, *, location: str | None = None, comment: str | None = None, exist_ok: bool
    ) -> None:
        """``CREATE CATALOG``."""
        _check(name)
        if name.lower() in self.catalogs():
            if exist_ok:
                return
            raise CatalogError(
                f"catalog {name!r} already exists", code="CATALOG_ALREADY_EXISTS", hint="CREATE CATALOG IF NOT EXISTS"
            )
        with self._change() as db:
            db.execute("insert into catalogs values (?, ?, ?)", (name.lower(), location, comment))
            db.execute("insert or ignore into schemas values (?, 'default', null, null)", (name.lower(),))

    def create_schema(
        self, catalog: str, name: str, *, location: str | None = None, comment: str | None = None, exist_ok: bool
    ) -> None:
        """``CREATE SCHEMA``. ``location``: where its managed tables live (an address)."""
        _check(name)
        if catalog.lower() not in self.catalogs():
            raise CatalogError(
                f"catalog {catalog!r} does not exist",
                code="NO_SUCH_CATALOG_EXCEPTION",
                hint=f"CREATE CATALOG {catalog}",
            )
        if self.has_schema(catalog, name):
            if exist_ok:
                return
            raise CatalogError(
                f"schema {catalog}.{name} already exists",
                code="SCHEMA_ALREADY_EXISTS",
                hint="CREATE SCHEMA IF NOT EXISTS",
            )
        with self._change() as db:
            db.execute("insert into schemas values (?, ?, ?, ?)", (catalog.lower(), name.lower(), location, comment))

    def drop_schema(self, catalog: str, name: str, *, cascade: bool, missing_ok: bool) -> list[Entry]:
        """``DROP SCHEMA``; returns the entries that went with it."""
        if not self.has_schema(catalog, name):
            if missing_ok:
                return []
            raise CatalogError(f"schema {catalog}.{name} does not exist", code="SCHEMA_NOT_FOUND")
        gone = self.tables(catalog, name)
        if gone and not cascade:
            raise CatalogError(
                f"schema {catalog}.{name} holds {len(gone)} tables",
                code="SCHEMA_NOT_EMPTY",
                hint="DROP SCHEMA ... CASCADE",
            )
        with self._change() as db:
            db.execute("delete from tables where catalog = ? and schema = ?", (catalog.lower(), name.lower()))
            db.execute("delete from schemas where catalog = ? and name = ?", (catalog.lower(), name.lower()))
        return gone

    def drop_catalog(self, name: str, *, cascade: bool, missing_ok: bool) -> list[Entry]:
        """``DROP CATALOG``; returns the entries that went with it."""
        if name.lower() not in self.catalogs():
            if missing_ok:
                return []
            raise CatalogError(f"catalog {name!r} does not exist", code="NO_SUCH_CATALOG_EXCEPTION")
        gone: list[Entry] = []
        for schema in self.schemas(name):
            gone += self.drop_schema(name, schema, cascade=cascade or schema == "default", missing_ok=True)
        with self._change() as db:
            db.execute("delete from catalogs where name = ?", (name.lower(),))
        return gone

    def put(self, entry: Entry) -> None:
        """Add a table or view, or replace what has its name."""
        catalog, schema, _ = entry.full
        _check(entry.full[2])
        if not self.has_schema(catalog, schema):
            raise CatalogError(
                f"schema {catalog}.{schema} does not exist",
                code="SCHEMA_NOT_FOUND",
                hint=f"CREATE SCHEMA {catalog}.{schema}",
            )
        home = entry.view_home or (None, None)
        values = (
            *_lower(entry.full), entry.kind, entry.provider, entry.location, int(entry.managed), entry.view_text, *home,
            entry.comment, time.time(),
        )  # fmt: skip
        with self._change() as db:
            db.execute(f"insert or replace into tables values ({', '.join('?' * 12)})", values)

    def drop(self, full: Full) -> Entry | None:
        """Remove a table or view; returns what was there."""
        entry = self.find(full)
        if entry:
            with self._change() as db:
                db.execute("delete from tables where catalog = ? and schema = ? and name = ?", _lower(full))
        return entry

    def schema_location(self, catalog: str, schema: str) -> str:
        """Where the managed tables of a schema live: an address or a local path, without a slash at the end."""
        rows = self._all("select location from schemas where catalog = ? and name = ?", catalog.lower(), schema.lower())
        if rows and rows[0][0]:
            return str(rows[0][0]).rstrip("/")
        rows = self._all("select location from catalogs where name = ?", catalog.lower())
        if rows and rows[0][0]:
            return f"{str(rows[0][0]).rstrip('/')}/{schema.lower()}"
        return (self.warehouse / catalog.lower() / schema.lower()).as_posix()

    def managed_location(self, full: Full) -> str:
        """Where a managed table of this name lives."""
        return f"{self.schema_location(full[0], full[1])}/{full[2].lower()}"

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._db.close()

    def _all(self, statement: str, *values: str) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _one(self, statement: str, values: tuple[str, ...]) -> tuple:  # type: ignore[type-arg]
        return self._all(statement, *values)[0]

    def _change(self) -> _Change:
        return _Change(self._db, self._lock)


class _Change:
    """One transaction that also raises the generation."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db, self._lock = db, lock

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        self._db.execute("begin immediate")
        return self._db

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._db.execute("update generation set n = n + 1")
                self._db.execute("commit")
            else:
                self._db.execute("rollback")
        finally:
            self._lock.release()


def _lower(full: Full) -> Full:
    return (full[0].lower(), full[1].lower(), full[2].lower())


def _check(name: str) -> None:
    if not re.fullmatch(r"[^./\\\s\x00-\x1f]{1,255}", name) or name in ("..", "."):
        raise CatalogError(f"{name!r} is not a valid name", code="INVALID_NAME", hint="no blanks, dots or slashes")


def _entry(row: tuple) -> Entry:  # type: ignore[type-arg]
    catalog, schema, name, kind, provider, location, managed, view_text, view_catalog, view_schema, comment, _ = row
    home = (view_catalog, view_schema) if view_catalog else None
    return Entry(
        (catalog, schema, name), kind, provider or "delta", location or "", bool(managed), view_text, home, comment
    )
