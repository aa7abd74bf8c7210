"""Gives each Auto Loader read of a flow a place for its schema: a pipeline's user names none.

``<folder>/schemas/<dataset>/<flow>/<the read>/``: stable from update to update, removed by a full refresh of the dataset.
The reads of a view are the view's own, whoever reads it. Source: Databricks, "Configure schema inference and evolution in
Auto Loader": pipelines manage ``cloudFiles.schemaLocation`` and start a flow again that has met new columns.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.engine import plans

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from pyspark.sql.connect.proto import relations_pb2

_OPTION = "cloudFiles.schemaLocation"
_home: ContextVar[Path | None] = ContextVar("schemas", default=None)


@contextmanager
def of_flow(folder: Path, dataset: str, flow: str) -> Iterator[None]:
    """Inside the ``with``, ``fill`` means the reads of this flow. ``folder``: the pipeline's state."""
    token = _home.set(folder / "schemas" / dataset / flow)
    try:
        yield
    finally:
        _home.reset(token)


def fill(message: Message) -> None:
    """Put the place into every Auto Loader read below a message (in place) that names none and must infer its schema."""
    home = _home.get()
    if home is None:
        return
    for relation in plans.relations(message):
        source = relation.read.data_source if relation.HasField("read") else None
        if source is None or not relation.read.is_streaming or source.format.lower() != "cloudfiles" or source.schema:
            continue
        if _OPTION.lower() not in plans.options(source):
            source.options[_OPTION] = (home / _read(source)).as_posix()


def remove(folder: Path, datasets: Iterable[str]) -> None:
    """Forget the schemas of these datasets' flows."""
    for name in datasets:
        shutil.rmtree(folder / "schemas" / name, ignore_errors=True)


def _read(source: relations_pb2.Read.DataSource) -> str:
    """A name for what is read: two reads in one flow have two schemas."""
    options = plans.options(source)
    text = "\0".join([options.get("cloudfiles.format", "").lower(), options.get("path", ""), *source.paths])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
