"""Turns what a query names - lake addresses, tables - into folders."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.streaming.errors import StreamingError, analysis_error

if TYPE_CHECKING:
    from houseboat.engine.handler import SessionContext
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.lake import Lake


class Places:
    """The lake and the catalogue, as streaming needs them. Either may be absent: then paths are local, tables unknown."""

    def __init__(self, lake: Lake | None = None, names: CatalogNames | None = None) -> None:
        self._lake = lake
        self._names = names

    @property
    def lake(self) -> Lake:
        """The lake, which file sources cannot do without."""
        if self._lake is None:
            raise StreamingError("a stream of files needs a project's lake", hint="open the session from a workspace")
        return self._lake

    def folder(self, path: str) -> Path:
        """The folder of a lake address or a local path."""
        if self._lake is not None and self._lake.is_address(path):
            return self._lake.local(path)
        return Path(path.removeprefix("file://"))

    def temporary(self, purpose: str) -> Path:
        """A new folder for what goes with the query. It lies in the lake, whose own paths mean themselves: ``/tmp`` is
        an address on Databricks.
        """
        below = self._lake.root / ".temporary" if self._lake is not None else None
        if below is not None:
            below.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=below))

    def table(self, name: str, session: SessionContext) -> Path | None:
        """The folder of a Delta table by its name as written; None when there is no such table."""
        if self._names is None:
            return None
        entry = self._names.find(name_parts(name), session)
        if entry is None:
            return None
        if entry.kind == "view":
            raise analysis_error(
                f"{entry.name} is a view: a stream reads tables",
                hint="read the table under the view, or stream its query",
            )
        return self._names.place(entry)

    def existing_table(self, name: str, session: SessionContext) -> Path:
        """The folder of a Delta table that must be there."""
        place = self.table(name, session)
        if place is None:
            raise analysis_error(
                f"The table or view `{name}` cannot be found. Verify the spelling and correctness of the schema and catalog.",
                code="TABLE_OR_VIEW_NOT_FOUND",
                hint="run what creates the table first, or give its full name catalog.schema.table",
            )
        return place


def name_parts(text: str) -> tuple[str, ...]:
    """The parts of a dotted name with optional backticks."""
    from houseboat.engine.sql_text import names, tokens

    for parts, first, _ in names(tokens(text)):
        if first == 0:
            return parts
    return (text,)
