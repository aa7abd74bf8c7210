"""Regular CSV files read by the engine's own CSV reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from houseboat.autoloader import relations
from houseboat.autoloader.reader import direct

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import relations_pb2

    from houseboat.autoloader.reader.csv_dialect import Dialect
    from houseboat.autoloader.reader.csv_rows import Layout
    from houseboat.autoloader.reader.job import InputFile, ReadJob


def readable(head_skip: int) -> bool:
    """Whether the engine's reader can begin at the first record: it leaves out one line at most."""
    return head_skip <= 1


def plans(job: ReadJob, plan: Layout, form: Dialect, files: Sequence[InputFile]) -> list[relations_pb2.Relation]:
    """Reads of regular files whose wanted columns are all text."""
    from pyspark.sql.types import StringType, StructField, StructType

    cells = StructType([StructField(f"c{at}", StringType()) for at in range(len(plan.head.names))])
    # regular files hold no escaped quotes, so the doubled quote is the only one to be known
    options = {"header": str(plan.head.skip == 1).lower(), "sep": form.sep, "quote": form.quote, "escape": form.quote}
    empty = relations.literal("")
    columns = [
        relations.literal(None) if place is None else relations.call("nullif", relations.column(f"c{place}"), empty)
        for place in plan.places
    ]
    return direct.plans(job, files, lambda some: relations.read("csv", [f.path for f in some], cells, options), columns)
