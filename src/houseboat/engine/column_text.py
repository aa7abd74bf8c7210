"""A PySpark ``Column`` as SQL text, and the alias of a DataFrame: for what an API says with Columns and SQL with words.

The text means exactly what the Column means; what has no such text (user-defined functions, window expressions,
``frame["name"]``) is refused by name. The tree of a Column is PySpark's own affair, which is why this stands here.
Source: ``pyspark.sql.connect.expressions`` of PySpark 4.2.0.
"""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from houseboat.engine.gaps import GAPS
from houseboat.engine.names import literal, quoted, split
from houseboat.errors import HouseboatError, Unsupported

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_BETWEEN = {
    "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "<=>": "<=>", "and": "AND", "or": "OR", "+": "+", "-": "-",
    "*": "*", "/": "/", "%": "%", "&": "&", "|": "|", "^": "^", "like": "LIKE", "rlike": "RLIKE", "ilike": "ILIKE",
}  # fmt: skip
_BEHIND = {"isNull": "IS NULL", "isNotNull": "IS NOT NULL"}
_BEFORE = {"not": "NOT ", "negative": "-", "~": "~"}
_PART = re.compile(r"`(?:[^`]|``)+`|[^.`]+")
_SAME_ROWS = frozenset({"Filter", "Deduplicate", "Limit", "Sort", "Repartition", "RepartitionByExpression", "Hint"})
"""Plans that leave the names of their input's columns as they are, alias included."""


def sql_text(value: Column | str) -> str:
    """The SQL text of a Column; a text is SQL already. Raises ``Unsupported`` where there is no exact text."""
    if isinstance(value, str):
        return value
    if not hasattr(value, "_expr"):
        raise HouseboatError(
            f"{value!r} is neither a Column nor SQL text", hint=f"a constant is F.lit({value!r}), or its SQL in quotes"
        )
    return _text(value._expr)  # noqa: SLF001


def alias_of(frame: DataFrame) -> str | None:
    """The name by which conditions know a DataFrame: its ``alias``, else the last part of the table it reads."""
    plan = frame._plan  # noqa: SLF001
    while type(plan).__name__ in _SAME_ROWS:
        plan = plan._child  # noqa: SLF001
    if type(plan).__name__ == "SubqueryAlias":
        return str(plan._alias)  # noqa: SLF001
    if type(plan).__name__ == "Read":
        return split(plan.table_name)[-1]
    return None


def attribute(name: str) -> list[str]:
    """The parts of a column's name as ``F.col`` takes it: dots part it, but for those in backticks; blanks do not."""
    return [(part[1:-1].replace("``", "`") if part[0] == "`" else part) for part in _PART.findall(name)]


def _text(expression: Any) -> str:
    kind = type(expression).__name__
    if kind not in _KINDS:
        raise Unsupported(
            f"the column {expression} has no SQL text ({kind})",
            hint=GAPS["user-defined functions and windows in a statement of DeltaTable"],
        )
    return _KINDS[kind](expression)


def _reference(expression: Any) -> str:
    name: str = expression._unparsed_identifier  # noqa: SLF001
    if expression._plan_id is not None:  # noqa: SLF001
        raise Unsupported(
            f"the column {name!r} is taken from a DataFrame (frame[{name!r}]): SQL cannot say from which",
            hint=GAPS["frame['column'] in a statement of DeltaTable"],
        )
    return quoted(attribute(name))


def _function(expression: Any) -> str:
    name: str = expression._name  # noqa: SLF001
    argument = _named if name == "struct" else _text
    arguments = [argument(one) for one in expression._args]  # noqa: SLF001
    if name in _BETWEEN and len(arguments) == 2:  # noqa: PLR2004
        return f"({arguments[0]} {_BETWEEN[name]} {arguments[1]})"
    if name in _BEHIND:
        return f"({arguments[0]} {_BEHIND[name]})"
    if name in _BEFORE:
        return f"({_BEFORE[name]}{arguments[0]})"
    if name == "in":
        return f"({arguments[0]} IN ({', '.join(arguments[1:])}))"
    distinct = "DISTINCT " if getattr(expression, "_is_distinct", False) else ""
    return f"{name}({distinct}{', '.join(arguments)})"


def _named(expression: Any) -> str:
    """A field of a struct keeps its name; elsewhere an alias says nothing."""
    alias = f" AS {quoted(expression._alias)}" if type(expression).__name__ == "ColumnAlias" else ""  # noqa: SLF001
    return _text(expression) + alias


def _case(expression: Any) -> str:
    branches = "".join(f" WHEN {_text(when)} THEN {_text(then)}" for when, then in expression._branches)  # noqa: SLF001
    otherwise = expression._else_value  # noqa: SLF001
    return f"CASE{branches}{'' if otherwise is None else f' ELSE {_text(otherwise)}'} END"


def _cast(expression: Any) -> str:
    to, mode = expression._data_type, expression._eval_mode  # noqa: SLF001
    name = to if isinstance(to, str) else to.simpleString()
    return f"{'TRY_CAST' if mode == 'try' else 'CAST'}({_text(expression._expr)} AS {name})"  # noqa: SLF001


def _part(expression: Any) -> str:
    return f"{_text(expression._child)}[{_text(expression._extraction)}]"  # noqa: SLF001


def _literal(expression: Any) -> str:
    value, kind = expression._value, expression._dataType.typeName()  # noqa: SLF001
    if value is None:
        return "NULL" if kind == "void" else f"CAST(NULL AS {expression._dataType.simpleString()})"  # noqa: SLF001
    if kind not in _LITERALS:
        raise Unsupported(
            f"a literal of type {kind} has no SQL text here",
            hint=GAPS["user-defined functions and windows in a statement of DeltaTable"],
        )
    return _LITERALS[kind](value)


def _double(value: float) -> str:
    return f"CAST({literal(str(value)) if not math.isfinite(value) else literal(repr(value))} AS DOUBLE)"


def _date(value: int) -> str:
    from pyspark.sql.types import DateType

    return f"DATE'{DateType().fromInternal(value).isoformat()}'"


def _decimal(value: decimal.Decimal) -> str:
    return f"{value:f}BD"


_KINDS: dict[str, Callable[[Any], str]] = {
    "ColumnReference": _reference,
    "UnresolvedFunction": _function,
    "CallFunction": _function,
    "SQLExpression": lambda expression: f"({expression._expr})",  # noqa: SLF001
    "LiteralExpression": _literal,
    "CaseWhen": _case,
    "CastExpression": _cast,
    "ColumnAlias": lambda expression: _text(expression._child),  # noqa: SLF001
    "UnresolvedExtractValue": _part,
}
_LITERALS: dict[str, Callable[[Any], str]] = {
    "string": literal,
    "boolean": lambda value: "TRUE" if value else "FALSE",
    "byte": lambda value: f"CAST({value} AS TINYINT)",
    "short": lambda value: f"CAST({value} AS SMALLINT)",
    "integer": lambda value: f"({value})" if value < 0 else str(value),
    "long": lambda value: f"CAST({value} AS BIGINT)",
    "float": lambda value: f"CAST({literal(repr(value))} AS FLOAT)",
    "double": _double,
    "decimal": _decimal,
    "date": _date,
    "timestamp": lambda value: f"timestamp_micros({value})",
    "binary": lambda value: f"X'{bytes(value).hex()}'",
}
