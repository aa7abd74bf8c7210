"""What a pipeline's files get from ``import dlt`` and ``from pyspark import pipelines as dp``.

Source: Databricks' Python reference for Lakeflow Declarative Pipelines, its ``databricks-dlt`` stub, and
``pyspark.pipelines`` of Spark 4.1 to 4.3. Both spellings give one module, so that ``dp.expect`` and
``dlt.materialized_view`` work too. ``installed`` puts the module in place while pipeline files are read and run, and
takes it away afterwards: PySpark itself is never changed.
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from houseboat.errors import Unsupported
from houseboat.pipelines import cdc_api
from houseboat.pipelines.definitions import Action, Dataset, Expectation, Kind, QueryFlow
from houseboat.pipelines.errors import DefinitionError
from houseboat.pipelines.gaps import GAPS
from houseboat.pipelines.registry import active_registry, caller_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Decorator = Callable[[Callable[[], Any]], Callable[[], Any]]

NOT_SUPPORTED: dict[str, str] = {
    "create_sink": "write the rows to a streaming table and copy them from a notebook",
    "foreach_batch_sink": "use writeStream.foreachBatch in a notebook",
    "on_event_hook": "read the pipeline's event log after the update",
    "update_flow": "use append_flow, or create_auto_cdc_flow for changes by key",
    "replace_flow": "use a materialized view",
}
"""Declared gaps: what Databricks has and Houseboat does not yet, and what to do instead."""

OPTIONS = (
    "comment", "spark_conf", "table_properties", "partition_cols", "cluster_by", "cluster_by_auto", "path", "schema",
    "row_filter", "private", "temporary", "format",
)  # fmt: skip
"""What a table may be given besides its name."""


def table(function: Callable[[], Any] | None = None, *, name: str | None = None, **options: Any) -> Any:
    """``@table``: a streaming table if its query returns a stream, else a materialized view."""
    return _decorate(Kind.TABLE, "table", function, name, options)


def materialized_view(function: Callable[[], Any] | None = None, *, name: str | None = None, **options: Any) -> Any:
    """``@materialized_view``: a table that always equals the result of its query."""
    return _decorate(Kind.MATERIALIZED_VIEW, "materialized_view", function, name, options)


def view(function: Callable[[], Any] | None = None, *, name: str | None = None, **options: Any) -> Any:
    """``@view``, ``@temporary_view``: a name for a query, inside the pipeline only."""
    return _decorate(Kind.VIEW, "view", function, name, options)


def create_table(function: Callable[[], Any] | str | None = None, name: str | None = None, **options: Any) -> Any:
    """The oldest name: a decorator like ``@table``, or (never applied to a function) a streaming table by name."""
    if isinstance(function, str):
        function, name = None, function
    if function is not None or name is None:
        return _decorate(Kind.TABLE, "create_table", function, name, options)
    registry = active_registry()
    declared = _create_streaming(name, options)
    decorate: Decorator = _decorate(Kind.TABLE, "create_table", None, name, options)

    def outer(decorated: Callable[[], Any]) -> Callable[[], Any]:
        registry.remove_dataset(declared)
        return decorate(decorated)

    return outer


def create_streaming_table(name: str, **options: Any) -> None:
    """A streaming table whose rows come from flows defined elsewhere; may carry ``expect_all*`` dicts."""
    _create_streaming(name, options)


def append_flow(
    function: Callable[[], Any] | None = None,
    *,
    target: str | None = None,
    name: str | None = None,
    once: bool = False,
    comment: str | None = None,  # noqa: ARG001 - a description, nothing more
    spark_conf: Mapping[str, str] | None = None,
) -> Any:
    """``@append_flow(target=...)``: appends a query's rows to a streaming table; ``once``: a batch, one time."""
    where = caller_location()
    if function is not None or not isinstance(target, str):
        raise DefinitionError("append_flow needs target='<table>'", place=where.place)

    def outer(decorated: Callable[[], Any]) -> Callable[[], Any]:
        flow_name = _name(decorated, name, "append_flow")
        flow = QueryFlow(flow_name, target, where, _texts(spark_conf, "spark_conf"), query=decorated, once=once)
        active_registry().add_flow(flow)
        return decorated

    return outer


def read(name: str) -> DataFrame:
    """``dlt.read``: all rows of a dataset of the pipeline, or of any table."""
    return _spark().read.table(name)


def read_stream(name: str) -> DataFrame:
    """``dlt.read_stream``: a dataset or table as a stream."""
    return _spark().readStream.table(name)


def enable_local_execution() -> None:
    """Of the ``databricks-dlt`` stub: says that definitions may run at home, which they do."""


def _expectation(action: Action) -> Callable[[str, Any], Decorator]:
    def expect(name: str, condition: Any) -> Decorator:
        """One rule: a name and a SQL condition that every row should meet."""
        return _rules({name: condition}, action)

    return expect


def _expectations(action: Action) -> Callable[[Mapping[str, Any]], Decorator]:
    def expect_all(expectations: Mapping[str, Any]) -> Decorator:
        """Several rules: name -> SQL condition."""
        return _rules(expectations, action)

    return expect_all


def _rules(expectations: Mapping[str, Any], action: Action) -> Decorator:
    rules = rules_of(expectations, action)

    def outer(decorated: Callable[[], Any]) -> Callable[[], Any]:
        if not callable(decorated):
            raise DefinitionError("an expectation decorates a function", place=caller_location().place)
        active_registry().add_rules(decorated, rules)
        return decorated

    return outer


def rules_of(expectations: Mapping[str, Any], action: Action) -> list[Expectation]:
    """Rules from a mapping of name to condition (SQL text or Column)."""
    if not isinstance(expectations, Mapping):
        raise DefinitionError("expect_all takes a dict of name to condition", place=caller_location().place)
    for name, condition in expectations.items():
        if isinstance(condition, bool) or not (isinstance(condition, str) or hasattr(condition, "alias")):
            raise DefinitionError(
                f"the condition of the rule {name!r} must be SQL text, not {condition!r}", place=caller_location().place
            )
    return [Expectation(str(name), condition, action) for name, condition in expectations.items()]


def _decorate(kind: Kind, spelling: str, function: Any, name: str | None, options: dict[str, Any]) -> Any:
    where = caller_location()
    if isinstance(function, str):
        function, name = None, function
    base = dataset(name or "", kind, options, spelling)

    def outer(decorated: Callable[[], Any]) -> Callable[[], Any]:
        chosen = _name(decorated, name, spelling)
        registry = active_registry()
        registry.add_dataset(_renamed(base, chosen), decorated)
        registry.add_flow(
            QueryFlow(chosen, chosen, where, _texts(options.get("spark_conf"), "spark_conf"), query=decorated)
        )
        return decorated

    return outer if function is None else outer(function)


def _create_streaming(name: str, options: dict[str, Any]) -> Dataset:
    if not isinstance(name, str):
        raise DefinitionError("a streaming table needs a name", place=caller_location().place)
    rules = []
    for key, action in (
        ("expect_all", Action.WARN),
        ("expect_all_or_drop", Action.DROP),
        ("expect_all_or_fail", Action.FAIL),
    ):
        rules += rules_of(options.pop(key, None) or {}, action)
    declared = dataset(name, Kind.STREAMING_TABLE, options, "create_streaming_table", rules)
    active_registry().add_dataset(declared)
    return declared


def dataset(
    name: str, kind: Kind, options: Mapping[str, Any], spelling: str, rules: Sequence[Expectation] = ()
) -> Dataset:
    """A dataset from what a decorator was given; raises ``DefinitionError`` for an unknown or malformed option."""
    where = caller_location()
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise DefinitionError(
            f"{spelling} got an unexpected argument {unknown[0]!r}",
            place=where.place,
            hint=f"known: {', '.join(OPTIONS)}",
        )
    if options.get("row_filter") is not None:
        raise Unsupported("row_filter is not supported", place=where.place, hint=GAPS["row_filter"])
    if str(options.get("format") or "delta").lower() != "delta":
        raise Unsupported(
            f"format={options['format']!r}: tables are Delta tables",
            place=where.place,
            hint=GAPS["format other than delta"],
        )
    return Dataset(
        name=name,
        kind=kind,
        location=where,
        comment=options.get("comment"),
        schema=options.get("schema"),
        table_properties=_texts(options.get("table_properties"), "table_properties"),
        partition_cols=_names(options.get("partition_cols"), "partition_cols"),
        cluster_by=_names(options.get("cluster_by"), "cluster_by"),
        path=options.get("path"),
        private=bool(options.get("private") or options.get("temporary")),
        expectations=tuple(rules),
    )


def _renamed(base: Dataset, name: str) -> Dataset:
    from dataclasses import replace

    return base if base.name == name else replace(base, name=name)


def _name(decorated: Any, name: str | None, spelling: str) -> str:
    if not callable(decorated):
        raise DefinitionError(f"@{spelling} decorates a function", place=caller_location().place)
    if name is not None and not isinstance(name, str):
        raise DefinitionError(f"@{spelling}: name must be text, not {name!r}", place=caller_location().place)
    return name or str(getattr(decorated, "__name__", "query"))


def _texts(value: Any, argument: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DefinitionError(f"{argument} must be a dict of texts, not {value!r}", place=caller_location().place)
    return {str(key): str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()}


def _names(value: Any, argument: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise DefinitionError(
            f"{argument} must be a list of column names, not {value!r}", place=caller_location().place
        )
    return tuple(value)


def _spark() -> Any:
    return active_registry().spark


def _gap(name: str) -> Callable[..., NoReturn]:
    def gap(*_: Any, **__: Any) -> NoReturn:
        raise Unsupported(
            f"{name} is not supported in pipelines yet", place=caller_location().place, hint=NOT_SUPPORTED[name]
        )

    gap.__name__ = name
    return gap


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "table": table,
    "create_table": create_table,
    "materialized_view": materialized_view,
    "view": view,
    "create_view": view,
    "temporary_view": view,
    "create_streaming_table": create_streaming_table,
    "create_streaming_live_table": create_streaming_table,
    "create_target_table": create_streaming_table,
    "append_flow": append_flow,
    "expect": _expectation(Action.WARN),
    "expect_or_drop": _expectation(Action.DROP),
    "expect_or_fail": _expectation(Action.FAIL),
    "expect_all": _expectations(Action.WARN),
    "expect_all_or_drop": _expectations(Action.DROP),
    "expect_all_or_fail": _expectations(Action.FAIL),
    "create_auto_cdc_flow": cdc_api.create_auto_cdc_flow,
    "apply_changes": cdc_api.create_auto_cdc_flow,
    "create_auto_cdc_from_snapshot_flow": cdc_api.create_auto_cdc_from_snapshot_flow,
    "apply_changes_from_snapshot": cdc_api.create_auto_cdc_from_snapshot_flow,
    "read": read,
    "read_stream": read_stream,
    "readStream": read_stream,
    "enable_local_execution": enable_local_execution,
    **{name: _gap(name) for name in NOT_SUPPORTED},
}
"""Every name of the module, in both spellings."""


def module() -> types.ModuleType:
    """A module with all names; it is also found as ``dlt`` in a pipeline's files that forget to import it."""
    made = types.ModuleType("dlt", __doc__)
    made.__dict__.update(FUNCTIONS)
    return made


_MODULE = module()
_lock = threading.RLock()
_users = 0
_before: dict[str, Any] = {}
_ABSENT = object()


@contextmanager
def installed() -> Iterator[types.ModuleType]:
    """Make ``import dlt`` and ``from pyspark import pipelines`` give Houseboat's module, for a while.

    Several pipelines may run in one process: the module keeps no state of its own (the active registry does), and it
    goes when the last of them ends. ``pyspark.pipelines.<submodule>`` stays PySpark's own.
    """
    global _users  # noqa: PLW0603 - a count of users, under its lock
    import pyspark
    import pyspark.pipelines as original

    with _lock:
        if _users == 0:
            _before.update({name: sys.modules.get(name, _ABSENT) for name in ("dlt", "pyspark.pipelines")})
            _before["attribute"] = getattr(pyspark, "pipelines", _ABSENT)
            _MODULE.__path__ = list(getattr(original, "__path__", []))
            sys.modules["dlt"] = sys.modules["pyspark.pipelines"] = _MODULE
            pyspark.pipelines = _MODULE
        _users += 1
    try:
        yield _MODULE
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _restore(pyspark)


def _restore(pyspark: Any) -> None:
    for name in ("dlt", "pyspark.pipelines"):
        if _before[name] is _ABSENT:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = _before[name]
    if _before["attribute"] is _ABSENT:
        del pyspark.pipelines
    else:
        pyspark.pipelines = _before["attribute"]
    _before.clear()
