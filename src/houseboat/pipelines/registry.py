"""Collects what a pipeline's files define while they are read.

Two doors lead in: Houseboat's own decorators (``dlt_module.py``) and, for files that import PySpark's functions by
another path, PySpark's port ``GraphElementRegistry`` (``spark_port``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.pipelines.definitions import Dataset, Definitions, Expectation, Flow, Location
from houseboat.pipelines.errors import DefinitionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.errors import HouseboatError

_CELL = re.compile(r"^(?P<file>.*)\[cell (?P<cell>\d+)\]$")
_HERE = str(Path(__file__).resolve().parent)


class Registry:
    """The definitions of one pipeline, in the making. ``spark`` is the session its files see."""

    def __init__(self, spark: SparkSession | None = None) -> None:
        self.spark = spark
        self._datasets: list[tuple[Dataset, Callable[..., Any] | None]] = []
        self._flows: list[Flow] = []
        self._rules: dict[int, list[Expectation]] = {}
        self._functions: list[Callable[..., Any]] = []

    def add_dataset(self, dataset: Dataset, function: Callable[..., Any] | None = None) -> None:
        """Note a dataset; rules put on ``function``, now or later, are its rules."""
        self._datasets.append((dataset, function))

    def remove_dataset(self, dataset: Dataset) -> None:
        """Forget a dataset that turned out to be something else."""
        self._datasets = [item for item in self._datasets if item[0] is not dataset]

    def add_flow(self, flow: Flow) -> None:
        """Note a flow."""
        self._flows.append(flow)

    def add_rules(self, function: Callable[..., Any], rules: list[Expectation]) -> None:
        """Note rules that a decorator, above or below the dataset's, puts on a function."""
        self._functions.append(function)  # keeps the id alive
        self._rules[id(function)] = [*rules, *self._rules.get(id(function), [])]

    def definitions(self) -> Definitions:
        """What was defined. Raises ``DefinitionError`` for a rule name that comes twice in a dataset, and for rules on
        a function that defines no dataset.
        """
        owners = {id(function) for _, function in self._datasets if function is not None}
        for function in self._functions:
            if id(function) not in owners:
                raise DefinitionError(
                    f"the rules on {function.__name__!r} belong to no table or view",
                    place=function_location(function).place,
                    hint="put the rules on a function that also has @dp.table, @dp.materialized_view or a view decorator",
                )
        return Definitions(tuple(self._with_rules(*item) for item in self._datasets), tuple(self._flows))

    def _with_rules(self, dataset: Dataset, function: Callable[..., Any] | None) -> Dataset:
        rules = (*dataset.expectations, *self._rules.get(id(function), ()))
        seen: set[str] = set()
        for rule in rules:
            if rule.name in seen:
                raise DefinitionError(
                    f"{dataset.name!r} has two rules named {rule.name!r}",
                    place=dataset.location.place,
                    hint="give each expectation of a dataset its own name",
                )
            seen.add(rule.name)
        return replace(dataset, expectations=rules)


_active: ContextVar[Registry | None] = ContextVar("houseboat_pipeline_registry", default=None)


@contextmanager
def collecting(registry: Registry) -> Iterator[Registry]:
    """Make this the registry that decorators on this thread talk to."""
    token = _active.set(registry)
    try:
        yield registry
    finally:
        _active.reset(token)


def active_registry() -> Registry:
    """The registry in use; raises ``DefinitionError`` outside of a pipeline."""
    registry = _active.get()
    if registry is None:
        raise DefinitionError(
            "pipeline definitions work only in the files of a pipeline",
            hint="run the pipeline: houseboat pipeline <project> <name>",
            code="GRAPH_ELEMENT_DEFINED_OUTSIDE_OF_DECLARATIVE_PIPELINE",
        )
    return registry


def caller_location() -> Location:
    """Where in the user's files the running decorator or function was called."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to one's caller, and the fastest
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return location(frame.f_code.co_filename, frame.f_lineno)


def function_location(function: Callable[..., Any]) -> Location:
    """Where a function is defined."""
    code = getattr(function, "__code__", None)
    return location(code.co_filename, code.co_firstlineno) if code else Location(Path("<unknown>"))


def location(filename: str, line: int | None) -> Location:
    """A location from a code object's file name; ``nb.ipynb[cell 3]`` names a cell."""
    match = _CELL.match(filename)
    return Location(Path(match["file"]), line, int(match["cell"])) if match else Location(Path(filename), line)


def failing_line(error: BaseException, files: Mapping[str, object] | set[str]) -> Location | None:
    """The innermost line of the user's files in an error's traceback."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in files or location(name, None).file.as_posix() in files:
            found = location(name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def placed(error: HouseboatError, where: Location | None) -> HouseboatError:
    """The error, with a place if it had none."""
    if error.place is None and where is not None:
        error.place = where.place
    return error
