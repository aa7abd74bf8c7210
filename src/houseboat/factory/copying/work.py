"""The two ways to copy: bytes as they are, or rows from one format into another."""

from __future__ import annotations

import gzip
import shutil
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.factory.connectors import Dataset, SourceFile, Target
from houseboat.factory.copying import columns
from houseboat.factory.copying.formats import format_of
from houseboat.factory.copying.names import MERGE, plan
from houseboat.factory.copying.staging import publish
from houseboat.factory.errors import ActivityError
from houseboat.runs import Json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass
class Counts:
    """What was done: bytes and files, and rows when there are any (None for binary copies)."""

    read: int = 0
    written: int = 0
    files_read: int = 0
    files_written: int = 0
    rows: int | None = None


@dataclass(frozen=True)
class Job:
    """A copy, all its settings evaluated. ``progress`` is told after each file, and may stop the copy by raising."""

    source: Dataset
    sink: Dataset
    read: Mapping[str, Json]
    write: Mapping[str, Json]
    sources: list[SourceFile]
    target: Target
    behavior: str
    progress: Callable[[Counts], None]
    translator: Mapping[str, Json] | None = None
    counts: Counts = field(default_factory=Counts)


def copy_bytes(job: Job, folder: Path) -> None:
    """Copy files as they are; a compressed source is unpacked."""
    kind = _compression(job.source)
    for sources, place in plan(job.sources, job.target, job.behavior, extension=None):
        made = folder / uuid.uuid4().hex
        with made.open("wb") as out:
            for source in sources:
                file = source.fetch(folder)
                job.counts.read += file.stat().st_size
                job.counts.files_read += 1
                with _unpacked(file, kind) as stream:
                    shutil.copyfileobj(stream, out, 1 << 20)
        _finish(job, made, _without_suffix(place, kind) if not job.target.name else place)
    if job.read.get("deleteFilesAfterCompletion") is True:
        for source in job.sources:
            source.remove()


def _compression(dataset: Dataset) -> str:
    kind = str((dataset.settings.get("compression") or {}).get("type") or "none").lower()
    if kind not in ("none", "gzip", "zipdeflate"):
        raise Unsupported(
            f"dataset '{dataset.name}': {kind} is not unpacked here", place=dataset.place, hint="use gzip"
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
                f"the archive {file.name} holds {len(members)} files", hint="one file per archive, or gzip"
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
    for sources, place in plan(job.sources, job.target, job.behavior, extension=extension):
        made = folder / uuid.uuid4().hex
        with duckdb.connect() as connection:
            try:
                rows = " union all by name ".join(_rows(job, connection, source, folder) for source in sources)
                job.counts.rows += format_of(job.sink).write(connection, rows, made, job.sink, job.write)
            except duckdb.Error as error:
                raise _unreadable(error, sources) from None
        _finish(job, made, place)


def _rows(job: Job, connection: DuckDBPyConnection, source: SourceFile, folder: Path) -> str:
    file = source.fetch(folder)
    job.counts.read += file.stat().st_size
    job.counts.files_read += 1
    rows = format_of(job.source).query(file, job.source, job.read)
    rows = columns.with_additional(rows, job.read.get("additionalColumns") or [], source.relative)
    if not job.translator:
        return f"({rows})" if job.behavior == MERGE else rows
    names = [row[0] for row in connection.execute(f"describe {rows}").fetchall()]
    return columns.mapped(rows, names, job.translator)


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
