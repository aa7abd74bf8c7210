"""What the readers are asked for, and what a format has to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType


@dataclass(frozen=True)
class InputFile:
    """A file of a batch.

    ``path`` on this machine, ``address`` as the user's lake names it, ``size`` in bytes, ``modified`` in milliseconds
    since 1970, ``partitions`` the ``key=value`` pairs of its path.
    """

    path: str
    address: str
    size: int
    modified: int
    partitions: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadJob:
    """Read these files as rows of this schema.

    ``data``: the columns to be found inside the files; ``partitions``: those from their paths; ``rescued``: the name of
    the rescued data column, None for none; ``with_metadata``: whether ``_metadata`` comes last. ``options``: the format's
    options, keys in lower case. ``by_position``: columns of a CSV file are the schema's in its order, whatever its header
    says (Spark's own reader); else the header's names decide (Auto Loader). ``rescued_path``: whether rescued data tells
    the file. ``time_zone``: the session's, for timestamps without one.
    """

    files: Sequence[InputFile]
    data: StructType
    partitions: StructType
    rescued: str | None = None
    with_metadata: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    by_position: bool = False
    rescued_path: bool = True
    time_zone: str = "UTC"


@dataclass(frozen=True)
class Direct:
    """What the engine reads itself: ``relation`` (None: nothing), its number of ``rows`` (None: not known), and ``rest``,
    the files that it must not read.
    """

    relation: relations_pb2.Relation | None
    rest: Sequence[InputFile]
    rows: int | None = 0


class Format(Protocol):
    """One file format. ``con`` is a DuckDB connection of the caller's."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """The columns of all these files together. ``types``: find the types of what is text in the files."""

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """A relation by which the engine itself reads some of the files, and the files that it must not read.

        The relation yields what ``select`` would; a format whose files the engine never reads returns None and all.
        """

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """DuckDB queries that together yield all rows of all files.

        Their columns: ``file_at`` (position in ``job.files``), ``d0``, ``d1``... (``job.data`` in order and exactly
        typed) and ``rescued`` (a JSON object's text without the file's path, or NULL).
        """
