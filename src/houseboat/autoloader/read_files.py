"""``read_files``: the files of a path as one batch, by the rules of Auto Loader.

Source: Databricks SQL, "read_files table-valued function": options come without the ``cloudFiles.`` prefix, column types
are inferred and patterns are strict unless said otherwise, the format may be left to the files' names.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from houseboat.autoloader import inference, rows
from houseboat.autoloader.discovery import Folder
from houseboat.autoloader.errors import CloudFilesError, empty_directory
from houseboat.autoloader.options import HONOURED, Discovery, parse
from houseboat.autoloader.reader import ReadJob
from houseboat.autoloader.schema_store import StreamSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql.connect.proto import relations_pb2
    from pyspark.sql.types import StructType

    from houseboat.lake import Lake

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".txt": "text",
}


def read_files(
    path: str,
    given: Mapping[str, str],
    user_schema: StructType | None,
    lake: Lake,
    staging: Path,
    *,
    with_metadata: bool = False,
    time_zone: str = "UTC",
) -> relations_pb2.Relation:
    """All rows below ``path`` now. ``given``: the function's options (also those with the prefix). ``staging``: a folder that
    must live as long as the relation is used.

    Raises ``CloudFilesError`` for wrong options, an empty path or files that are not of the format.
    """
    settings = _prefixed(given)
    if "cloudfiles.format" not in settings:
        settings["cloudfiles.format"] = _detected(path, lake)
    chosen = parse(settings, has_schema=user_schema is not None)
    folder = Folder(path, lake, chosen.discovery)
    if user_schema is None:
        schema = inference.hinted(inference.infer(folder, chosen), chosen)
    else:
        schema = StreamSchema(user_schema, type(user_schema)([]))
    files = [folder.found(file) for file in folder.files()]
    fixed = chosen.format in ("text", "binaryFile")
    job = ReadJob(
        files,
        schema.data,
        schema.partitions,
        rescued=None if fixed else chosen.rescued_column,
        with_metadata=with_metadata,
        options=chosen.reader,
        time_zone=time_zone,
    )
    return rows.read(chosen.format, job, staging)


def _prefixed(given: Mapping[str, str]) -> dict[str, str]:
    """The options as ``cloudFiles`` knows them, with the function's own defaults."""
    own = {name.lower() for name in HONOURED}
    found = {"cloudfiles.infercolumntypes": "true", "cloudfiles.usestrictglobber": "true"}
    for key, value in given.items():
        low = key.lower()
        found[f"cloudfiles.{low}" if low in own else low] = str(value)
    return found


def _detected(path: str, lake: Lake) -> str:
    """The format that most files' names tell."""
    found = Folder(path, lake, Discovery(strict_globber=True)).files()
    if not found:
        raise empty_directory(path)
    kinds = Counter(kind for file in found if (kind := _ENDINGS.get(PurePosixPath(file.path).suffix.lower())))
    if not kinds:
        raise CloudFilesError(
            f"the format of the files in {path!r} cannot be told from their names", hint="give it: format => 'csv'"
        )
    return kinds.most_common(1)[0][0]
