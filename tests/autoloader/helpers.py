"""What several tests of Auto Loader need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.autoloader import inference, rows
from houseboat.autoloader.ddl import parse_fields
from houseboat.autoloader.reader import FORMATS, InputFile, ReadJob

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


def schema(ddl: str) -> StructType:
    """A struct type from a column list."""
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(name, kind) for name, kind in parse_fields(ddl)]) if ddl else StructType([])


def put(folder: Path, name: str, content: str | bytes) -> InputFile:
    """Write a file; the file as readers want it, its address ``lake:/<name>``."""
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return InputFile(str(place), f"lake:/{name}", place.stat().st_size, place.stat().st_mtime_ns // 1_000_000)


def job(files: Sequence[InputFile], data: str, **more: Any) -> ReadJob:
    """A job on these files with the columns of a DDL list."""
    return ReadJob(files, schema(data), schema(more.pop("partitions", "")), **more)


def staged(kind: str, task: ReadJob) -> list[tuple[Any, ...]]:
    """The rows of a job as DuckDB stages them."""
    with rows.connection(task.time_zone) as con:
        rows.register(task.files, con)
        found: list[tuple[Any, ...]] = con.execute(rows._final(task, FORMATS[kind].select(task, con))).fetchall()
        return found


def inferred(kind: str, files: Sequence[InputFile], *, types: bool = False, **options: Any) -> str:
    """The inferred columns as ``name type, ...``."""
    found = inference.of_files(kind, files, options, types=types)
    return ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in found.fields)


def options(**given: str) -> dict[str, Any]:
    """Reader options, keys in lower case."""
    return {key.lower(): value for key, value in given.items()}
