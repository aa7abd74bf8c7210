"""Reads a pipeline's files: runs them once, and collects what they define.

A file runs as on Databricks: ``spark`` and ``dlt`` are there without import, the file's folder and the pipeline's root
are importable, and each update sees fresh modules. Files are Python sources, Python notebooks (source or .ipynb).
``dbutils`` is not there, as in declarative pipelines. SQL files are a declared gap.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.errors import HouseboatError, Place, Unsupported
from houseboat.pipelines.dlt_module import installed
from houseboat.pipelines.errors import DefinitionError
from houseboat.pipelines.gaps import GAPS
from houseboat.pipelines.registry import Registry, collecting, failing_line, placed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.pipelines.definitions import Definitions
    from houseboat.pipelines.spec import PipelineSpec

_MAGIC = re.compile(r"^\s*%(?P<name>\w+)")
_SOURCE_MAGIC = re.compile(r"^# ?MAGIC\s+%(?P<name>\w+)", re.MULTILINE)
_IGNORED = frozenset({"md", "pip", "python", "skip"})
_lock = threading.RLock()


def load(spec: PipelineSpec, spark: SparkSession) -> tuple[Definitions, Registry]:
    """Run all files of a pipeline in this session. Raises ``DefinitionError`` with the user's line when one fails."""
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    from houseboat.pipelines.spark_port import SparkRegistry

    registry = Registry(spark)
    with _lock, importable(spec), installed() as dlt, collecting(registry):
        with graph_element_registration_context(SparkRegistry(registry)):
            for file in spec.files:
                _run(file, {"spark": spark, "dlt": dlt})
        return registry.definitions(), registry


@contextmanager
def importable(spec: PipelineSpec) -> Iterator[None]:
    """Let the pipeline's folders be imported from; afterwards neither the path nor the modules remain."""
    folders = dict.fromkeys(str(folder) for folder in [*(f.parent for f in spec.files), spec.root_path] if folder)
    before = list(sys.path)
    sys.path[:0] = folders
    _forget(folders)
    try:
        yield
    finally:
        sys.path[:] = before
        _forget(folders)


def _forget(folders: dict[str, None]) -> None:
    roots = [Path(folder) for folder in folders]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(root in Path(file).parents for root in roots) and "site-packages" not in file:
            del sys.modules[name]


def _run(file: Path, given: dict[str, Any]) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(file), **given}
    for name, code in _code(file):
        try:
            exec(compile(code, name, "exec"), namespace)  # noqa: S102 - running the user's file is the purpose
        except HouseboatError as error:
            raise placed(error, failing_line(error, {str(file)})) from error.__cause__
        except SyntaxError as error:
            raise DefinitionError(f"not valid Python: {error.msg}", place=Place(file, error.lineno)) from error
        except Exception as error:
            where = failing_line(error, {str(file)})
            raise DefinitionError(
                f"the file raised {type(error).__name__}: {_first_line(error)}",
                place=where.place if where else Place(file),
                hint="correct the file; nothing was written",
            ) from error


def _code(file: Path) -> Iterator[tuple[str, str | ast.Module]]:
    """The pieces of Python of a file, each with the name it is compiled under."""
    if file.suffix == ".sql":
        raise Unsupported(
            "SQL definitions are not supported in pipelines yet",
            place=Place(file),
            hint=GAPS["SQL files and SQL cells"],
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"cannot read the file: {error}", place=Place(file)) from error
    if file.suffix == ".ipynb":
        yield from _cells(file, text)
        return
    for match in _SOURCE_MAGIC.finditer(text):
        _check_magic(match["name"], Place(file, text[: match.start()].count("\n") + 1))
    yield str(file), text


def _cells(file: Path, text: str) -> Iterator[tuple[str, str]]:
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise DefinitionError(f"the notebook cannot be read: {error}", place=Place(file)) from error
    for number, cell in enumerate(cells, 1):
        source = "".join(cell.get("source") or [])
        if cell.get("cell_type") != "code" or not source.strip():
            continue
        match = _MAGIC.match(source)
        if match:
            _check_magic(match["name"], Place(file, at=f"cell {number}"))
            if match["name"] != "python":
                continue
            source = source[match.end() :]
        yield f"{file}[cell {number}]", source


def _check_magic(name: str, place: Place) -> None:
    if name == "sql":
        raise Unsupported(
            "SQL cells are not supported in pipelines yet", place=place, hint=GAPS["SQL files and SQL cells"]
        )
    if name not in _IGNORED:
        raise Unsupported(
            f"%{name} does not work in a pipeline", place=place, hint=GAPS["magics other than %md and %pip"]
        )


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")
