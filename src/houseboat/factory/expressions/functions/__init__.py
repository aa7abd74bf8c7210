"""All functions of the expression language, by lower-case name."""

from __future__ import annotations

from houseboat.factory.expressions.functions import (
    collection,
    conversion,
    datetime,
    extensions,
    logical,
    math,
    string,
    xml,
)
from houseboat.factory.expressions.functions.function import Function

FUNCTIONS: dict[str, Function] = {
    name.lower(): function
    for table in (
        string.FUNCTIONS,
        collection.FUNCTIONS,
        logical.FUNCTIONS,
        conversion.FUNCTIONS,
        xml.FUNCTIONS,
        math.FUNCTIONS,
        datetime.FUNCTIONS,
        extensions.FUNCTIONS,
    )
    for name, function in table.items()
}
