"""Turns files into a relation of exactly the wanted columns.

What the engine can read itself it reads; the rest is written once as Parquet below the source's folder of the checkpoint
("staging") and read from there. Staged rows are complete or absent, carry the fingerprint of what they were made from,
and are made again when they are missing, so a batch can be read again after any crash.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader import relations
from houseboat.autoloader.ddl import duckdb_type, name, text
from houseboat.autoloader.errors import CloudFilesError, MalformedRecord
from houseboat.autoloader.reader import FORMATS, InputFile, ReadJob
from houseboat.autoloader.reader.convert import typed
from houseboat.autoloader.reader.csv_dialect import encoding
from houseboat.autoloader.reader.metadata import COLUMN, SQL, metadata_type
from houseboat.autoloader.reader.parquet_files import rows_of
from houseboat.autoloader.reader.plain import plain_files

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

TEXT_FORMATS = ("csv", "json", "text")
LARGE = 64 * 1024 * 1024
"""Bytes from which a batch is staged in parallel; below, the order of rows is the files' own."""
MEMORY = "1200MB"


def columns(job: ReadJob) -> StructType:
    """The columns of the relation that ``read`` makes, in order."""
    from pyspark.sql.types import StringType, StructField, StructType

    fields = [*job.data.fields, *job.partitions.fields]
    fields += [StructField(job.rescued, StringType())] if job.rescued else []
    fields += [StructField(COLUMN, metadata_type())] if job.with_metadata else []
    return StructType(fields)


def read(kind: str, job: ReadJob, folder: Path) -> relations_pb2.Relation:
    """The relation of ``counted``."""
    return counted(kind, job, folder)[0]


def counted(kind: str, job: ReadJob, folder: Path) -> tuple[relations_pb2.Relation, int | None]:
    """The rows of ``job`` read as the format ``kind``, and their number; what must be staged is kept in ``folder``.

    The number is what proofs and footers tell without reading data; None where they do not.
    Raises ``MalformedRecord`` (mode FAILFAST) and ``CloudFilesError`` for files that are not of the format.
    """
    for file in job.files:
        if not Path(file.path).is_file():
            raise CloudFilesError(
                f"File {file.address} does not exist: it was there when the stream found it.",
                hint="put it back, or set the option ignoreMissingFiles to true",
                code="FAILED_READ_FILE.FILE_NOT_EXIST",
            )
    with connection(job.time_zone) as con:
        try:
            return _read(kind, plain_job(kind, job, folder), folder, con)
        except UnicodeProblem:
            return _read(kind, plain_job(kind, job, folder, repair=True), folder, con)


def plain_job(kind: str, job: ReadJob, folder: Path, *, repair: bool = False) -> ReadJob:
    """The job over plain UTF-8 files."""
    if kind not in TEXT_FORMATS:
        return job
    return replace(job, files=plain_files(job.files, encoding(job.options), folder / "plain", repair=repair))


class UnicodeProblem(Exception):  # noqa: N818 - never reaches a user
    """Some file holds bytes that are no text in its encoding."""


def connection(time_zone: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in the session's time zone. Close it; what is temporary in it goes with it."""
    con = _duckdb().cursor()
    con.execute(f"SET TimeZone = {text(time_zone)}")
    return con


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """The process's DuckDB: bounded memory, nothing fetched from the network. One, because opening costs 20 ms."""
    import duckdb

    spill = Path(tempfile.gettempdir()) / f"houseboat-spill-{os.getpid()}"
    con = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "memory_limit": MEMORY, "temp_directory": str(spill)}
    )
    # the list of files stays the small side of each join, so rows keep the order of their file
    con.execute("SET GLOBAL disabled_optimizers = 'join_order,build_side_probe_side'")
    return con


def _read(
    kind: str, job: ReadJob, folder: Path, con: duckdb.DuckDBPyConnection
) -> tuple[relations_pb2.Relation, int | None]:
    found = FORMATS[kind].direct(job, con)
    if found.relation is not None and not found.rest:
        return found.relation, found.rows
    staged, count = _staged(kind, replace(job, files=tuple(found.rest)), folder, con)
    if found.relation is None:
        return staged, count
    return relations.union([found.relation, staged]), None if found.rows is None else found.rows + count


def _staged(
    kind: str, job: ReadJob, folder: Path, con: duckdb.DuckDBPyConnection
) -> tuple[relations_pb2.Relation, int]:
    rows = folder / f"rows-{_fingerprint(kind, job)}"
    if not rows.is_dir():
        draft = folder / f".{uuid.uuid4().hex}.tmp"
        draft.mkdir(parents=True)
        try:
            _write(kind, job, draft, con)
            os.replace(draft, rows)
        except OSError:
            if not rows.is_dir():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    schema = columns(job)
    files = sorted(str(place) for place in rows.glob("*.parquet"))
    source = relations.read("parquet", files, schema, {})
    kept = [(f.name, relations.column(f.name)) for f in schema.fields]
    return relations.project(source, kept), sum(rows_of(file) for file in files)


def _write(kind: str, job: ReadJob, draft: Path, con: duckdb.DuckDBPyConnection) -> None:
    import duckdb

    register(job.files, con)
    large = sum(file.size for file in job.files) >= LARGE
    # per-thread output wants a folder, one file wants a name
    target = f"{text(str(draft))} (FORMAT parquet, COMPRESSION uncompressed, PER_THREAD_OUTPUT true, OVERWRITE_OR_IGNORE true)"
    if not large:
        target = f"{text(str(draft / 'data_0.parquet'))} (FORMAT parquet, COMPRESSION uncompressed)"
    try:
        queries = FORMATS[kind].select(job, con) if job.files else []
        con.execute(f"COPY ({_final(job, queries)}) TO {target}")
    except duckdb.Error as error:
        raise _explained(kind, job, error) from error


def register(files: Sequence[InputFile], con: duckdb.DuckDBPyConnection) -> None:
    """Tell DuckDB about the files of a job: the table ``input_files``."""
    import pyarrow as pa

    keys = list(dict.fromkeys(key for file in files for key in file.partitions))
    table = {
        "at": pa.array(range(len(files)), pa.int64()),
        "path": pa.array([file.path for file in files], pa.string()),
        "address": pa.array([file.address for file in files], pa.string()),
        "name": pa.array([file.address.rsplit("/", 1)[-1] for file in files], pa.string()),
        "size": pa.array([file.size for file in files], pa.int64()),
        "modified": pa.array([file.modified for file in files], pa.int64()),
    }
    table |= {f"p_{key}": pa.array([file.partitions.get(key) for file in files], pa.string()) for key in keys}
    con.register("input_files_arrow", pa.table(table))
    con.execute("CREATE OR REPLACE TEMP TABLE input_files AS SELECT * FROM input_files_arrow")
    con.unregister("input_files_arrow")


def _final(job: ReadJob, queries: Sequence[str]) -> str:
    """The query for the wanted columns over the format's queries."""
    out = [f"CAST(s.d{at} AS {duckdb_type(f.dataType)}) AS {name(f.name)}" for at, f in enumerate(job.data.fields)]
    known = {key for file in job.files for key in file.partitions}
    for field in job.partitions.fields:
        value = f"f.{name('p_' + field.name)}" if field.name in known else "NULL"
        value = typed(value, field.dataType, {}) if value != "NULL" else value
        out.append(f"CAST({value} AS {duckdb_type(field.dataType)}) AS {name(field.name)}")
    if job.rescued:
        path = "substr(s.rescued, 1, length(s.rescued) - 1) || ',\"_file_path\":' || to_json(f.address) || '}'"
        out.append(f"{path if job.rescued_path else 's.rescued'} AS {name(job.rescued)}")
    if job.with_metadata:
        out.append(f"{SQL} AS {COLUMN}")
    nothing = "SELECT 0 AS file_at" + "".join(f", NULL AS d{at}" for at in range(len(job.data.fields)))
    rows = " UNION ALL ".join(queries) if queries else f"{nothing}, NULL::VARCHAR AS rescued WHERE false"
    return f"SELECT {', '.join(out)} FROM ({rows}) s JOIN input_files f ON f.at = s.file_at"


def _fingerprint(kind: str, job: ReadJob) -> str:
    held = [
        kind,
        job.data.json(),
        job.partitions.json(),
        [job.rescued, job.with_metadata, job.by_position, job.rescued_path, job.time_zone],
        sorted(job.options.items()),
        [[file.address, file.size, file.modified] for file in job.files],
    ]
    return hashlib.blake2b(json.dumps(held).encode(), digest_size=10).hexdigest()


def _explained(kind: str, job: ReadJob, error: Exception) -> Exception:
    told = str(error)
    if "MALFORMED_RECORD_IN_PARSING: " in told:
        record = told.split("MALFORMED_RECORD_IN_PARSING: ", 1)[1]
        for file in job.files:
            record = record.replace(file.path, file.address)
        return MalformedRecord(
            f"Malformed record in {record.splitlines()[0]}",
            hint="set mode to PERMISSIVE to keep what can be read",
            code="MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        )
    if "unicode" in told.lower() or "utf-8" in told.lower():
        return UnicodeProblem()
    shown = f"{job.files[0].address} and {len(job.files) - 1} more" if len(job.files) > 1 else job.files[0].address
    return CloudFilesError(
        f"cannot read {shown} as {kind}: {told.splitlines()[0]}",
        hint="check the file and the reader's options",
        code="FAILED_READ_FILE.NO_HINT",
    )
