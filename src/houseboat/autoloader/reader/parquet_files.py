"""The ``parquet`` format: files keep their types; what does not fit the wanted type is rescued.

A file whose columns are exactly the wanted ones in type is read by the engine; the others by DuckDB, by file schema.
Source: Databricks, "What is the rescued data column"; Spark's ``ParquetVectorUpdaterFactory`` for the upcasts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader import relations
from houseboat.autoloader.ddl import duckdb_type, name, text
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.reader import direct, lines
from houseboat.autoloader.reader.job import Direct

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import DataType, StructType

    from houseboat.autoloader.reader.job import InputFile, ReadJob

WIDER = {
    "tinyint": ("smallint", "int", "bigint", "double", "decimal"),
    "smallint": ("int", "bigint", "double", "decimal"),
    "int": ("bigint", "double", "decimal"),
    "bigint": ("decimal",),
    "float": ("double",),
    "date": ("timestamp_ntz",),
}
"""Type of the file -> types that read it without loss."""


class Parquet:
    """Columns by name, typed by the files."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """The columns of all footers together; where two files differ the wider type, else the first file's."""
        del options, con, types
        from pyspark.sql.types import StructField, StructType

        found: dict[str, StructField] = {}
        for schema in dict.fromkeys(_schema(file).json() for file in files):
            for field in StructType.fromJson(json.loads(schema)).fields:
                held = found.get(field.name.lower())
                if held is None:
                    found[field.name.lower()] = StructField(field.name, field.dataType)
                elif _reads(held.dataType, field.dataType):
                    found[field.name.lower()] = StructField(held.name, field.dataType)
        return StructType(list(found.values()))

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """Files that hold the wanted columns in their types and nothing else."""
        del con
        if direct.too_many(job):
            return Direct(None, job.files)
        parts: list[relations_pb2.Relation] = []
        rest: list[InputFile] = []
        count = 0
        for schema, files in _by_schema(job):
            held = {f.name: f.dataType for f in schema.fields}
            wanted = {f.name: f.dataType for f in job.data.fields}
            same = all(held[n].simpleString() == wanted[n].simpleString() for n in held if n in wanted)
            if not same or (job.rescued and set(held) - set(wanted)) or not set(held) & set(wanted):
                rest += files
                continue
            rest += [file for file in files if not direct.readable(file)]
            count += sum(rows_of(file.path) for file in files if direct.readable(file))
            columns = [
                relations.column(n) if n in held else relations.cast(relations.literal(None), kind)
                for n, kind in wanted.items()
            ]
            parts += direct.plans(
                job,
                [file for file in files if direct.readable(file)],
                lambda some, shape=schema: relations.read("parquet", [f.path for f in some], shape, {}),  # type: ignore[misc]
                columns,
            )
        if not parts or len(parts) > direct.MOST:
            return Direct(None, job.files)
        return Direct(relations.union(parts), rest, count)

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """One query per file schema."""
        del con
        return [_query(job, schema, files) for schema, files in _by_schema(job)]


def _query(job: ReadJob, schema: StructType, files: Sequence[InputFile]) -> str:
    held = {f.name: f.dataType for f in schema.fields}
    columns, entries = [], []
    for at, field in enumerate(job.data.fields):
        value = f"NULL::{duckdb_type(field.dataType)}"
        if field.name in held and _reads(held[field.name], field.dataType):
            value = f"CAST(r.{name(field.name)} AS {duckdb_type(field.dataType)})"
        elif field.name in held:
            entries.append(_entry(field.name))
        columns.append(f"{value} AS d{at}")
    known = {f.name for f in (*job.data.fields, *job.partitions.fields)}
    entries += [_entry(other) for other in held if other not in known]
    rescued = "NULL::VARCHAR"
    if job.rescued and entries:
        rescued = f"'{{' || nullif(array_to_string([{', '.join(entries)}], ','), '') || '}}'"
    return (
        f"SELECT f.at AS file_at, {', '.join(columns)}, {rescued} AS rescued"
        f" FROM read_parquet({lines.paths(files)}, filename = '__file', hive_partitioning = false) r"
        " JOIN input_files f ON f.path = r.__file"
    )


def _entry(column: str) -> str:
    value = f"r.{name(column)}"
    return f"CASE WHEN {value} IS NOT NULL THEN {text(json.dumps(column, ensure_ascii=False) + ':')} || to_json({value})::VARCHAR END"


def _reads(held: DataType, wanted: DataType) -> bool:
    """Whether a file's type can be read as the wanted one without loss."""
    have, want = held.simpleString(), wanted.simpleString()
    return have == want or want.split("(")[0] in WIDER.get(have, ())


def _by_schema(job: ReadJob) -> list[tuple[StructType, list[InputFile]]]:
    from pyspark.sql.types import StructType

    groups: dict[str, list[InputFile]] = {}
    for file in job.files:
        groups.setdefault(_schema(file).json(), []).append(file)
    return [(StructType.fromJson(json.loads(schema)), files) for schema, files in groups.items()]


def rows_of(path: str) -> int:
    """The number of rows that a file's footer tells."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _schema(file: InputFile) -> StructType:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        held = pq.read_schema(file.path)
    except (pa.ArrowInvalid, OSError) as error:
        raise CloudFilesError(
            f"cannot read {file.address} as parquet: {error}",
            hint="check the file and cloudFiles.format",
            code="FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER",
        ) from error
    return from_arrow_schema(held, prefer_timestamp_ntz=True)
