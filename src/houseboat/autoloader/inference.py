"""Finds the schema of a stream: the newest stored version, else one inferred from a sample of the files.

Source: Databricks, "Configure schema inference and evolution in Auto Loader" (sample of the first 1000 files or 50 GB, the
most recently changed ones; hints; partition columns).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader import hints, partitions
from houseboat.autoloader.errors import empty_directory
from houseboat.autoloader.reader import FORMATS, InputFile, ReadJob
from houseboat.autoloader.rows import UnicodeProblem, connection, plain_job
from houseboat.autoloader.schema_store import SchemaStore, StreamSchema

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

    from houseboat.autoloader.discovery import Folder
    from houseboat.autoloader.options import CloudFilesOptions

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SAMPLE_FILES = 1000
SAMPLE_BYTES = 50 * 1024**3


def stream_schema(folder: Folder, options: CloudFilesOptions, store: SchemaStore | None) -> StreamSchema:
    """The schema to read with. A first inference is stored; hints are laid over every version as it is used.

    Raises ``CloudFilesError`` when there is no file to infer from.
    """
    held = store.latest() if store else None
    if held is None:
        held = infer(folder, options)
        if store:
            store.add(held)
    return hinted(held, options)


def infer(folder: Folder, options: CloudFilesOptions) -> StreamSchema:
    """The schema of a sample of the files that are there now."""
    from pyspark.sql.types import StructType

    found = folder.files()
    sample = _sample([folder.found(file) for file in found])
    if not sample:
        raise empty_directory(folder.address)
    keys = partitions.columns((file.address for file in sample), options.partition_columns)
    data = of_files(options.format, sample, options.reader, types=options.infer_types)
    lowered = {key.lower() for key in keys}
    inside = StructType([f for f in data.fields if f.name.lower() not in lowered])
    return StreamSchema(inside, _partition_schema(sample, keys, types=options.infer_types))


def of_files(kind: str, files: Sequence[InputFile], options: Mapping[str, str], *, types: bool) -> StructType:
    """The columns inside these files together."""
    with tempfile.TemporaryDirectory(prefix="houseboat-") as scratch, connection("UTC") as con:
        from pyspark.sql.types import StructType

        job = ReadJob(files, StructType([]), StructType([]), options=options)
        try:
            plain = plain_job(kind, job, Path(scratch)).files
            return FORMATS[kind].infer(plain, options, con, types=types)
        except (UnicodeProblem, _duckdb_error()) as error:
            if kind not in ("csv", "json") or (
                "unicode" not in str(error).lower() and not isinstance(error, UnicodeProblem)
            ):
                raise
            plain = plain_job(kind, job, Path(scratch), repair=True).files
            return FORMATS[kind].infer(plain, options, con, types=types)


def hinted(schema: StreamSchema, options: CloudFilesOptions) -> StreamSchema:
    """The schema with the hints laid over it; a hint for a partition column types that one."""
    from pyspark.sql.types import StructType

    if not options.schema_hints:
        return schema
    keys = {f.name.lower() for f in schema.partitions.fields}
    both = hints.apply(StructType([*schema.data.fields, *schema.partitions.fields]), options.schema_hints)
    data = [f for f in both.fields if f.name.lower() not in keys]
    return StreamSchema(StructType(data), StructType([f for f in both.fields if f.name.lower() in keys]))


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.InvalidInputException


def _sample(files: list[InputFile]) -> list[InputFile]:
    """The most recently changed files within the sample's limits, oldest first."""
    taken: list[InputFile] = []
    size = 0
    for file in reversed(files):
        if len(taken) >= SAMPLE_FILES or size >= SAMPLE_BYTES:
            break
        taken.append(file)
        size += file.size
    return taken[::-1]


def _partition_schema(files: Sequence[InputFile], keys: Sequence[str], *, types: bool) -> StructType:
    from pyspark.sql.types import StringType, StructField, StructType

    kinds = {
        key: _partition_type([file.partitions.get(key) for file in files]) if types else StringType() for key in keys
    }
    return StructType([StructField(key, kind) for key, kind in kinds.items()])


def _partition_type(values: Sequence[str | None]) -> DataType:
    """Whole numbers and dates are found, anything else is text."""
    from pyspark.sql.types import DateType, IntegerType, LongType, StringType

    given = [value for value in values if value is not None]
    if given and all(value.lstrip("-").isdecimal() for value in given):
        small = all(abs(int(value)) < 2**31 for value in given)
        return IntegerType() if small else LongType()
    if given and all(_DATE.fullmatch(value) for value in given):
        return DateType()
    return StringType()
