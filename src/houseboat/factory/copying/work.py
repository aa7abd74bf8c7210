"""The two ways to copy: bytes as they are, or rows from one format into another."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from houseboat.errors import Unsupported
from houseboat.factory.copying import columns, skipped
from houseboat.factory.copying.formats import format_of
from houseboat.factory.copying.names import MERGE, plan
from houseboat.factory.copying.staging import publish
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from houseboat.factory.connectors import Dataset, SourceFile, Target
    from houseboat.factory.copying.skipped import Log
    from houseboat.runs import Json

_BLOCK = 1 << 20
"""Bytes copied at a time."""


@dataclass
class Counts:
    """What was done: bytes and files, and rows when there are any (None for binary copies)."""

    read: int = 0
    written: int = 0
    files_read: int = 0
    files_written: int = 0
    rows: int | None = None
    skipped: int = 0
    logged: str | None = None
    """Path of the log of skipped rows, below the log's linked service."""


@dataclass(frozen=True)
class Job:
    """A copy, all its settings evaluated. ``progress`` is told after each file, and may stop the copy by raising.

    ``tolerant``: rows that do not fit are skipped, counted and written to ``log``. ``verify``: what was written is
    read again and compared.
    """

    source: Dataset
    sink: Dataset
    read: Mapping[str, Json]
    write: Mapping[str, Json]
    sources: list[SourceFile]
    target: Target
    behavior: str
    progress: Callable[[Counts], None]
    translator: Mapping[str, Json] | None = None
    tolerant: bool = False
    verify: bool = False
    log: Log | None = None
    counts: Counts = field(default_factory=Counts)


def copy_bytes(job: Job, folder: Path) -> None:
    """Copy files as they are; a compressed source is unpacked."""
    kind = _compression(job.source)
    for sources, place in plan(job.sources, job.target, job.behavior, extension=None):
        made = folder / uuid.uuid4().hex
        seen = hashlib.md5(usedforsecurity=False)
        with made.open("wb") as out:
            for source in sources:
                file = source.fetch(folder)
                job.counts.read += file.stat().st_size
                job.counts.files_read += 1
                with _unpacked(file, kind) as stream:
                    _copy_blocks(stream, out, seen if job.verify else None)
        if job.verify:
            _compare(seen.hexdigest(), made, sources)
        _finish(job, made, _without_suffix(place, kind) if not job.target.name else place)
    if job.read.get("deleteFilesAfterCompletion") is True:
        for source in job.sources:
            source.remove()


def _copy_blocks(stream: IO[bytes] | gzip.GzipFile, out: IO[bytes], seen: Any) -> None:
    if seen is None:
        shutil.copyfileobj(stream, out, _BLOCK)
        return
    while block := stream.read(_BLOCK):
        seen.update(block)
        out.write(block)


def _compare(digest: str, made: Path, sources: list[SourceFile]) -> None:
    """Source of the rule: validateDataConsistency compares size and MD5 of binary files."""
    with made.open("rb") as written:
        if hashlib.file_digest(written, "md5").hexdigest() != digest:
            raise _inconsistent(sources, "the bytes written are not the bytes read")


def _inconsistent(sources: list[SourceFile], reason: str) -> ActivityError:
    addresses = ", ".join(source.address for source in sources)
    return ActivityError(
        f"ErrorCode=DataConsistencyVerificationFailed,Message={addresses}: {reason}",
        code="2200",
        failure_type="SystemError",
        hint="is the disk in order? nothing was published under the sink's name",
    )


def _compression(dataset: Dataset) -> str:
    kind = str((dataset.settings.get("compression") or {}).get("type") or "none").lower()
    if kind not in ("none", "gzip", "zipdeflate"):
        raise Unsupported(
            f"dataset '{dataset.name}': {kind} is not unpacked here",
            place=dataset.place,
            hint="use gzip",
        )
    return kind


def _unpacked(file: Path, kind: str) -> IO[bytes] | gzip.GzipFile:
    if kind == "gzip":
        return gzip.open(file, "rb")
    if kind == "zipdeflate":
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise Unsupported(
                f"the archive {file.name} holds {len(members)} files",
                hint="one file per archive, or gzip",
            )
        return archive.open(members[0])
    return file.open("rb")


def _without_suffix(place: Path, kind: str) -> Path:
    suffix = {"gzip": ".gz", "zipdeflate": ".zip"}.get(kind)
    return place.with_suffix("") if suffix and place.suffix.lower() == suffix else place


def copy_rows(job: Job, folder: Path) -> None:
    """Read rows and write them in the sink's format."""
    import duckdb

    job.counts.rows = 0
    extension = str(job.write.get("fileExtension") or "") or None
    if extension is None and job.source.type != job.sink.type:
        extension = format_of(job.sink).extension
    logs: list[Path] = []
    for sources, place in plan(job.sources, job.target, job.behavior, extension=extension):
        made = folder / uuid.uuid4().hex
        with duckdb.connect() as connection:
            try:
                parts = [_rows(job, connection, source, folder) for source in sources]
                rows = " union all by name ".join(part.rows for part in parts)
                written = format_of(job.sink).write(connection, rows, made, job.sink, job.write)
                if job.verify and written != skipped.count(connection, [rows]):
                    raise _inconsistent(sources, f"{written} rows were written, which is not how many were read")
                job.counts.rows += written
                logs += _skip(job, connection, [query for part in parts for query in part.broken], folder)
            except duckdb.Error as error:
                raise _unreadable(error, sources) from None
        _finish(job, made, place)
    if job.log is not None and logs:
        skipped.save(job.log, logs, folder / uuid.uuid4().hex)
        job.counts.logged = job.log.path


def _skip(job: Job, connection: DuckDBPyConnection, broken: list[str], folder: Path) -> list[Path]:
    """Count the rows that were left out and note them; returns the note."""
    found = skipped.count(connection, broken)
    job.counts.skipped += found
    if not found or job.log is None:
        return []
    note = folder / uuid.uuid4().hex
    skipped.collect(connection, broken, note)
    return [note]


@dataclass(frozen=True)
class _Part:
    """The rows of one source file, and queries that give those that are left out."""

    rows: str
    broken: tuple[str, ...] = ()


def _rows(job: Job, connection: DuckDBPyConnection, source: SourceFile, folder: Path) -> _Part:
    file = source.fetch(folder)
    job.counts.read += file.stat().st_size
    job.counts.files_read += 1
    reader = format_of(job.source)
    rows = reader.query(file, job.source, job.read, tolerant=job.tolerant)
    broken = [reader.broken(file, job.source, job.read)] if job.tolerant else []
    rows = columns.with_additional(rows, job.read.get("additionalColumns") or [], source.relative)
    if job.translator:
        names = [row[0] for row in connection.execute(f"describe {rows}").fetchall()]
        typed = job.sink.type != "DelimitedText" and job.translator.get("typeConversion") is not False
        mapped = columns.mapped(rows, names, job.translator, typed=typed, tolerant=job.tolerant)
        rows, broken = mapped.rows, [*broken, mapped.broken]
    return _Part(
        f"({rows})" if job.behavior == MERGE and not job.translator else rows,
        tuple(query for query in broken if query),
    )


def _unreadable(error: Exception, sources: list[SourceFile]) -> ActivityError:
    addresses = ", ".join(source.address for source in sources)
    if "more columns than defined" in str(error):
        return ActivityError(
            "ErrorCode=DelimitedTextMoreColumnsThanDefined,Message=Error found when processing 'Csv/Tsv Format Text' "
            f"source: found more columns than expected column count, in {addresses}.",
            code="2200",
            hint="are quoteChar and escapeChar of the dataset right? a Binary copy takes the file as it is",
        )
    reason = str(error).strip().partition("\n")[0]
    return ActivityError(f"ErrorCode=UserErrorInvalidDataFormat,Message={addresses}: {reason}", code="2200")


def _finish(job: Job, made: Path, place: Path) -> None:
    job.counts.written += made.stat().st_size
    job.counts.files_written += 1
    job.progress(job.counts)
    publish(made, place)


def is_binary(dataset: Dataset) -> bool:
    """Whether a dataset holds bytes rather than rows."""
    return dataset.type == "Binary"
