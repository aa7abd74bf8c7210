"""Files of rows, by the type of their dataset: how each is read as, and written from, a DuckDB query.

Source of names and defaults: Data Factory's published format reference. All columns of delimited text are strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from houseboat.errors import Unsupported
from houseboat.factory.copying import delimited, sql
from houseboat.runs import Json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from houseboat.factory.connectors.dataset import Dataset

Settings = Mapping[str, Json]


class Format(Protocol):
    """A format of rows. ``extension`` is what a written file gets when nothing names it."""

    @property
    def extension(self) -> str:
        """With its dot."""
        ...

    def query(self, file: Path, dataset: Dataset, settings: Settings, /, *, tolerant: bool = False) -> str:
        """SQL that gives the file's rows; when ``tolerant``, without those that ``broken`` gives."""
        ...

    def broken(self, file: Path, dataset: Dataset, settings: Settings, /) -> str | None:
        """SQL that gives rows that do not fit the format: ``item`` and ``message``; None where there can be none."""
        ...

    def write(
        self,
        connection: DuckDBPyConnection,
        query: str,
        file: Path,
        dataset: Dataset,
        settings: Settings,
        /,
    ) -> int:
        """Write the query's rows to a new file and return how many they are."""
        ...


class _Delimited:
    extension = ".txt"

    def query(self, file: Path, dataset: Dataset, settings: Settings, *, tolerant: bool = False) -> str:
        return delimited.query(file, delimited.Dialect.of(dataset.settings), settings, tolerant=tolerant)

    def broken(self, file: Path, dataset: Dataset, settings: Settings) -> str | None:
        return delimited.too_long(file, delimited.Dialect.of(dataset.settings), settings)

    def write(
        self,
        connection: DuckDBPyConnection,
        query: str,
        file: Path,
        dataset: Dataset,
        settings: Settings,
    ) -> int:
        quote_all = settings.get("quoteAllText") is not False
        return delimited.write(connection, query, file, delimited.Dialect.of(dataset.settings), quote_all=quote_all)


class _Json:
    extension = ".json"

    def query(self, file: Path, dataset: Dataset, _settings: Settings, *, tolerant: bool = False) -> str:  # noqa: ARG002
        _uncompressed(dataset)
        # No text is a date or a time: it stays what it is.
        return f"select * from read_json({sql.text(str(file))}, dateformat='!', timestampformat='!')"

    def broken(self, _file: Path, _dataset: Dataset, _settings: Settings) -> str | None:
        return None

    def write(
        self,
        connection: DuckDBPyConnection,
        query: str,
        file: Path,
        dataset: Dataset,
        settings: Settings,
    ) -> int:
        _uncompressed(dataset)
        array = str(settings.get("filePattern") or "setOfObjects") == "arrayOfObjects"
        return _copied(connection, query, file, f"format json, array {str(array).lower()}")


class _Parquet:
    extension = ".parquet"

    def query(self, file: Path, _dataset: Dataset, _settings: Settings, *, tolerant: bool = False) -> str:  # noqa: ARG002
        return f"select * from read_parquet({sql.text(str(file))})"

    def broken(self, _file: Path, _dataset: Dataset, _settings: Settings) -> str | None:
        return None

    def write(
        self,
        connection: DuckDBPyConnection,
        query: str,
        file: Path,
        dataset: Dataset,
        _settings: Settings,
    ) -> int:
        codec = str(dataset.settings.get("compressionCodec") or "snappy").lower()
        known = {"snappy": "snappy", "gzip": "gzip", "none": "uncompressed", "zstd": "zstd"}
        if codec not in known:
            raise Unsupported(
                f"dataset '{dataset.name}': Parquet with {codec} is not written here",
                place=dataset.place,
            )
        return _copied(connection, query, file, f"format parquet, compression {known[codec]}")


def _copied(connection: DuckDBPyConnection, query: str, file: Path, options: str) -> int:
    row = connection.execute(f"copy ({query}) to {sql.text(str(file))} ({options})").fetchone()
    return int(row[0]) if row else 0


def _uncompressed(dataset: Dataset) -> None:
    encoding = str(dataset.settings.get("encodingName") or "utf-8").lower()
    if encoding not in ("utf-8", "us-ascii"):
        raise Unsupported(f"dataset '{dataset.name}': JSON in {encoding} is not known here", place=dataset.place)
    kind = str((dataset.settings.get("compression") or {}).get("type") or "none").lower()
    if kind != "none":
        raise Unsupported(f"dataset '{dataset.name}': compressed JSON ({kind}) is not known here", place=dataset.place)


FORMATS: dict[str, Format] = {"DelimitedText": _Delimited(), "Json": _Json(), "Parquet": _Parquet()}
"""Type of the dataset -> its format of rows; Binary has none."""

GAPS: dict[str, str] = dict.fromkeys(("Avro", "Excel", "Iceberg", "Orc", "Xml"), "read it in a notebook")
"""Formats that exist in Data Factory and not here -> what to do instead."""


def format_of(dataset: Dataset) -> Format:
    """The format of a dataset. Raises ``Unsupported``."""
    found = FORMATS.get(dataset.type)
    if found is None:
        hint = GAPS.get(dataset.type, f"known are {', '.join(FORMATS)} and Binary")
        raise Unsupported(
            f"dataset '{dataset.name}': Houseboat cannot read rows from {dataset.type}",
            place=dataset.place,
            hint=hint,
            code="UnsupportedFormat",
        )
    return found
