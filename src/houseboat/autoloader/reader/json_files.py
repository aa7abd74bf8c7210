"""The ``json`` format: one document per line, or (``multiLine``) one per file, an array being one row per element.

Every record is read by the same SQL: DuckDB parses the text once into the wanted top-level fields, and each is turned into
its Spark type or, where it does not fit, into rescued data. Source: Spark's ``JacksonParser`` for what fits;
Databricks, "What is the rescued data column" for the layout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import name, text
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.options import boolean
from houseboat.autoloader.reader import json_infer, lines
from houseboat.autoloader.reader.csv_dialect import MODES
from houseboat.autoloader.reader.job import Direct
from houseboat.autoloader.reader.json_convert import fits, typed

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql.types import StructType

    from houseboat.autoloader.reader.job import InputFile, ReadJob


class Json:
    """Documents by field name."""

    def infer(
        self, files: Sequence[InputFile], options: Mapping[str, str], con: duckdb.DuckDBPyConnection, *, types: bool
    ) -> StructType:
        """The shape of all documents together, fields in alphabetical order; leaves are text unless ``types`` (option
        ``primitivesAsString``: even then).
        """
        corrupt = options.get("columnnameofcorruptrecord", "_corrupt_record")
        types = types and not boolean("primitivesAsString", options.get("primitivesasstring", "false"))
        return json_infer.infer(
            f"SELECT doc FROM ({_documents(files, options)}) WHERE doc IS NOT NULL", con, types=types, corrupt=corrupt
        )

    def direct(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> Direct:
        """The engine reads none: one broken line would end the whole read."""
        del con
        return Direct(None, job.files)

    def select(self, job: ReadJob, con: duckdb.DuckDBPyConnection) -> list[str]:
        """One query over all files."""
        del con
        return [_query(job)] if job.files else []


def _documents(files: Sequence[InputFile], options: Mapping[str, str]) -> str:
    """A query with ``filename``, ``line`` (the record's text) and ``doc`` (the document, NULL where it is broken)."""
    if boolean("multiLine", options.get("multiline", "false")):
        whole = f"SELECT filename, trim(content, chr(65279)) AS line FROM read_text({lines.paths(files)})"
        parts = "CASE WHEN json_valid(line) AND json_type(line) = 'ARRAY' THEN json_extract(line, '$[*]')::VARCHAR[] ELSE [line] END"
        source = f"SELECT filename, unnest({parts}) AS line FROM ({whole})"
    else:
        source = f"SELECT filename, line FROM {lines.source(files)} WHERE trim(line, chr(32) || chr(9)) <> ''"
    valid = "CASE WHEN json_valid(line) AND json_type(line) = 'OBJECT' THEN line::JSON END"
    return f"SELECT filename, line, {valid} AS doc FROM ({source})"


def _query(job: ReadJob) -> str:
    fields = job.data.fields
    mode = job.options.get("mode", "PERMISSIVE").upper()
    if mode not in MODES:
        raise CloudFilesError(f"Invalid value {mode!r} for option mode", hint=f"use one of {', '.join(MODES)}")
    corrupt = job.options.get("columnnameofcorruptrecord", "_corrupt_record")
    wanted = [f for f in fields if f.name != corrupt]
    picked = (
        f"json_transform(doc, {text(json.dumps({f.name: 'JSON' for f in wanted}, ensure_ascii=False))})"
        if wanted
        else "NULL"
    )
    bad = [
        (f.name, f"NOT {fits(_value(f.name), f.dataType, job.options)}")
        for f in wanted
        if f.dataType.simpleString() != "string"
    ]
    broken = (
        "doc IS NULL" if job.rescued else " OR ".join(["doc IS NULL", *(f"coalesce({test}, false)" for _, test in bad)])
    )
    columns = []
    for at, field in enumerate(fields):
        value = (
            typed(_value(field.name), field.dataType, job.options)
            if field.name != corrupt
            else f"CASE WHEN {broken} THEN line END"
        )
        columns.append(f"{value} AS d{at}")
    rescued = _rescued(job, bad, corrupt) if job.rescued else "NULL::VARCHAR"
    where = ""
    if mode == "DROPMALFORMED":
        where = f" WHERE NOT ({broken})"
    elif mode == "FAILFAST":
        where = f" WHERE CASE WHEN {broken} THEN error('MALFORMED_RECORD_IN_PARSING: ' || filename || ': ' || line) ELSE true END"
    return (
        f"SELECT f.at AS file_at, {', '.join(columns)}, {rescued} AS rescued"
        f" FROM (SELECT *, {picked} AS p FROM ({_documents(job.files, job.options)})) r"
        f" JOIN input_files f ON f.path = r.filename{where}"
    )


def _value(field: str) -> str:
    """SQL for a wanted top-level field, still JSON: the document is parsed once, into the struct ``p``."""
    return f"p.{name(field)}"


def _rescued(job: ReadJob, bad: Sequence[tuple[str, str]], corrupt: str) -> str:
    """SQL for the rescued object's text: fields that no column takes, and values of another type."""
    known = [f.name for f in (*job.data.fields, *job.partitions.fields)]
    listed = "[" + ", ".join(text(field) for field in known if field != corrupt) + "]::VARCHAR[]"
    unknown = f"list_filter(json_keys(doc), lambda k: NOT list_contains({listed}, k))"
    pointer = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
    value = f"json_extract(doc, {pointer})"
    shown = f"CASE WHEN json_type({value}) IN ('OBJECT', 'ARRAY') THEN to_json({value}::VARCHAR) ELSE {value} END"
    kept = f"list_filter({unknown}, lambda k: json_type({value}) <> 'NULL')"
    fresh = f"list_transform({kept}, lambda k: to_json(k) || ':' || ({shown})::VARCHAR)"
    entries = [
        f"CASE WHEN {test} THEN {text(json.dumps(field, ensure_ascii=False) + ':')} || {_value(field)}::VARCHAR END"
        for field, test in bad
    ]
    mismatched = f"[{', '.join(entries)}]" if entries else "[]::VARCHAR[]"
    return f"CASE WHEN doc IS NULL THEN NULL ELSE '{{' || nullif(array_to_string(list_concat({fresh}, {mismatched}), ','), '') || '}}' END"
