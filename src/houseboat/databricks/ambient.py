"""What code outside a notebook's namespace reaches by the thread it runs in.

``from pyspark.dbutils import DBUtils`` (shared modules get dbutils this way) and ``df.display()`` are Databricks'
additions to PySpark. The module and the method are added once, where PySpark has none; both find the notebook that
runs in the calling thread, else the latest one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from houseboat.databricks.errors import DbutilsError

if TYPE_CHECKING:
    from houseboat.databricks.dbutils import DBUtils

_thread = threading.local()
_latest: list[tuple[DBUtils, Callable[..., None]]] = []
_lock = threading.Lock()


@contextmanager
def using(dbutils: DBUtils, display: Callable[..., None]) -> Iterator[None]:
    """These belong to this thread until the ``with`` ends."""
    _install()
    entry = (dbutils, display)
    with _lock:
        _latest.append(entry)
    _thread.entry = entry
    try:
        yield
    finally:
        _thread.entry = None
        with _lock:
            _latest.remove(entry)


def _entry() -> tuple[DBUtils, Callable[..., None]]:
    own: tuple[DBUtils, Callable[..., None]] | None = getattr(_thread, "entry", None)
    with _lock:
        found = own or (_latest[-1] if _latest else None)
    if found is None:
        raise DbutilsError("no notebook is running: there is no dbutils and nothing to display on")
    return found


def get_dbutils(spark: object = None) -> DBUtils:  # noqa: ARG001 - Databricks' signature
    """``pyspark.dbutils.DBUtils(spark)``: the running notebook's dbutils."""
    return _entry()[0]


def _display(frame: object) -> None:
    """Show this DataFrame in the running notebook (Databricks' ``DataFrame.display``)."""
    _entry()[1](frame)


def _install() -> None:
    from pyspark.sql import DataFrame

    from houseboat.databricks import delta_tables

    delta_tables.install()
    if not hasattr(DataFrame, "display"):
        DataFrame.display = _display
    if "pyspark.dbutils" not in sys.modules:
        module = ModuleType("pyspark.dbutils", "Databricks' way to dbutils from a module.")
        module.DBUtils = get_dbutils  # type: ignore[attr-defined]
        sys.modules["pyspark.dbutils"] = module
