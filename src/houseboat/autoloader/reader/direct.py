"""Files that the engine reads itself: the plan around its reader gives them the columns of the job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader import relations
from houseboat.autoloader.reader.metadata import COLUMN, metadata_type

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

    from houseboat.autoloader.reader.job import InputFile, ReadJob

MOST = 64
"""How many reads one plan may hold; a batch that needs more goes through DuckDB, where another file costs nothing."""
_LARGE = 64 * 1024 * 1024

_AWKWARD = frozenset("*?[]{}%#:\\")


def readable(file: InputFile) -> bool:
    """Whether the file's name means itself to the engine: patterns and escapes in it would not."""
    return not _AWKWARD & set(file.path)


def too_many(job: ReadJob) -> bool:
    """Whether reading these files by the engine would make too large a plan."""
    return len({_key(job, file) for file in job.files}) > MOST


def plans(
    job: ReadJob,
    files: Sequence[InputFile],
    read: Callable[[Sequence[InputFile]], relations_pb2.Relation],
    columns: Sequence[expressions_pb2.Expression],
) -> list[relations_pb2.Relation]:
    """Reads of these files, one per distinct path columns (and per file with ``_metadata``).

    ``read``: the engine's reader on some of them. ``columns``: ``job.data`` in order, over what it yields.
    """
    groups: dict[object, list[InputFile]] = {}
    for file in files:
        groups.setdefault(_key(job, file), []).append(file)
    return [_plan(job, part, read(part), columns) for group in groups.values() for part in _parts(group)]


def _key(job: ReadJob, file: InputFile) -> object:
    """What must be equal in files that one read serves: the values that come from the file and not from its text."""
    return file.path if job.with_metadata else tuple(file.partitions.get(f.name) for f in job.partitions.fields)


def _parts(files: Sequence[InputFile]) -> list[Sequence[InputFile]]:
    """A large group in several reads: Sail reads one file per relation faster, and in less memory, than many in one."""
    if sum(file.size for file in files) < _LARGE:
        return [files]
    each = -(-len(files) // (MOST // 2))
    return [files[at : at + each] for at in range(0, len(files), each)]


def _plan(
    job: ReadJob,
    files: Sequence[InputFile],
    source: relations_pb2.Relation,
    columns: Sequence[expressions_pb2.Expression],
) -> relations_pb2.Relation:
    first = files[0]
    out = [(field.name, value) for field, value in zip(job.data.fields, columns, strict=True)]
    for field in job.partitions.fields:
        # nullif: a bare literal would make a column that forbids nulls, and the table written from it too
        value = relations.call("nullif", relations.literal(first.partitions.get(field.name)), relations.literal(None))
        out.append(
            (field.name, value if field.dataType.simpleString() == "string" else relations.cast(value, field.dataType))
        )
    if job.rescued:
        out.append((job.rescued, relations.literal(None)))
    if job.with_metadata:
        out.append((COLUMN, _metadata(first)))
    return relations.project(source, out)


def _metadata(file: InputFile) -> expressions_pb2.Expression:
    values = (
        relations.literal(file.address),
        relations.literal(file.address.rsplit("/", 1)[-1]),
        relations.literal(file.size),
        relations.literal(0),
        relations.literal(file.size),
        relations.timestamp(file.modified),
    )
    pairs = zip(metadata_type().names, values, strict=True)
    return relations.call("named_struct", *(part for name, value in pairs for part in (relations.literal(name), value)))
