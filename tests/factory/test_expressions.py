"""The expression language gives what Microsoft's own evaluator gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from houseboat.factory.errors import ExpressionError
from houseboat.factory.expressions import Environment, Scope, evaluate, evaluate_cases
from houseboat.factory.expressions.functions import FUNCTIONS
from houseboat.factory.expressions.functions.xml import _from_document

if TYPE_CHECKING:
    from houseboat.runs import Json

KNOWN_MISSES: dict[int, str] = {}
"""Number of a parity case -> why its answer differs here."""


def alike(left: Json, right: Json) -> bool:
    """Equality that tells 1 from 1.0 and True from 1."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(alike(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return bool(left == right)


def test_every_case_of_the_original_evaluator_has_the_same_answer(shared: Path) -> None:
    """All cases agree, value and type, or fail where the original fails."""
    cases = json.loads((shared / "cases" / "adf_expressions.json").read_text(encoding="utf-8"))
    differences = {}
    for number, (case, answer) in enumerate(zip(cases, evaluate_cases(cases), strict=True)):
        agrees = (
            "error" in answer if "expected_error" in case else alike(answer.get("value", Ellipsis), case["expected"])
        )
        if not agrees:
            differences[number] = (case["expression"], case.get("expected", "an error"), answer)
    assert set(differences) == set(KNOWN_MISSES), differences


def test_a_missing_property_is_named_with_those_that_exist() -> None:
    """The message has the words that people search for."""
    scope = Scope(pipeline={"parameters": {"a": 1, "b": 2}})
    with pytest.raises(ExpressionError) as caught:
        evaluate("@pipeline().parameters.x", scope)
    assert caught.value.message == (
        "The expression 'pipeline().parameters.x' cannot be evaluated because property 'x' doesn't exist, "
        "available properties are 'a, b'."
    )
    assert caught.value.code == "InvalidTemplate"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@json('{\"a\": [1, 2,], b: ''x''} // note')", {"a": [1, 2], "b": "x"}),
        ("@formatDateTime('2026-11-22T06:07:08Z', 'yyy-MM-dd')", "2026-11-22"),
        ("@formatDateTime('January 5, 2026 3:04 PM', 'HH:mm')", "15:04"),
        ("@formatDateTime('Mon, 05 Jan 2026 15:04:05 GMT')", "2026-01-05T15:04:05.0000000Z"),
        ("@convertFromUtc('2026-07-01T00:00:00Z', 'w. europe standard time', 'HH:mm')", "02:00"),
        ("@concat('a', createArray(null, 1.0, true))", "a[null,1.0,true]"),
        ("@formatDateTime('2026-03-09T15:04:05Z', 'D', 'pt-BR')", "segunda-feira, 9 de março de 2026"),
        ("@formatDateTime('2026-03-09T15:04:05Z', 'ddd d MMM', 'nl-NL')", "ma 9 mrt"),
        ("@@{x} and @{'}'}", "@{x} and }"),
        ({"value": "@add(1, 2)", "type": "Expression"}, 3),
        ({"list": ["@toUpper('a')", "plain@example.com"]}, {"list": ["A", "plain@example.com"]}),
        ("@json(xml('<r><a/><b x=\"1\">t</b></r>'))", {"r": {"a": None, "b": {"@x": "1", "#text": "t"}}}),
        ("@xpath(xml('<r><a>1</a><a>2</a></r>'), 'count(r/a)')", 2.0),
        ("@greater('zebra', 'Älg')", True),
        ("@concat(0.0001, ' ', 0.00001, ' ', 1e20, ' ', 1.0)", "0.0001 1E-05 1E+20 1"),
    ],
)
def test_values_beyond_the_cases(text: Json, value: Json) -> None:
    """Forms that public pipelines use and the cases do not hold."""
    assert alike(evaluate(text, Scope()), value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("@concat('a", "Unable to parse"),
        ("a@{concat('x'", "never closed"),
        ("@nothing('a')", "the function 'nothing' is not defined or not valid"),
        ("@item()", "inside a ForEach"),
        ("@add(9223372036854775807, 1)", "does not fit into 64 bits"),
        ("@convertToUtc('2026-03-29T02:30:00', 'W. Europe Standard Time')", "is skipped"),
        ("@formatDateTime('2026-01-01', 'D', 'xx-yy')", "locale 'xx-yy' is not known"),
        ("@substring(1, 0)", "first parameter to be a string; the provided value is of type 'Integer'"),
    ],
)
def test_a_bad_expression_says_what_is_wrong(text: str, part: str) -> None:
    """Every refusal names the function or the place, and what was expected."""
    with pytest.raises(ExpressionError, match=re.escape(part)):
        evaluate(text, Scope())


def test_the_result_of_an_expression_is_not_evaluated_again() -> None:
    """Text that came from outside stays text, whatever it looks like."""
    scope = Scope(pipeline={"parameters": {"p": "@concat('a', 'b')"}})
    assert evaluate("@pipeline().parameters.p", scope) == "@concat('a', 'b')"


def test_the_clock_and_the_dice_come_from_the_environment() -> None:
    """What is random or passing can be fixed from outside."""
    environment = Environment(now=lambda: "2026-01-02T03:04:05Z", guid=lambda: "0" * 32, rand=lambda low, _: low)
    scope = Scope(environment=environment)
    assert evaluate("@{utcNow('HH:mm')} @{guid('N')} @{rand(3, 9)}", scope) == f"03:04 {'0' * 32} 3"


def test_every_documented_function_is_there() -> None:
    """The table holds the names of the published reference (the lazy ones live with the evaluator)."""
    documented = (
        "concat endsWith guid indexOf lastIndexOf replace split startsWith substring toLower toUpper trim "
        "contains empty first intersection join last length skip take union equals greater greaterOrEquals less "
        "lessOrEquals not array base64 base64ToBinary base64ToString binary bool createArray dataUri dataUriToBinary "
        "dataUriToString decodeBase64 decodeDataUri decodeUriComponent encodeUriComponent float int json string "
        "uriComponent uriComponentToBinary uriComponentToString xml xpath add div max min mod mul rand range sub "
        "addDays addHours addMinutes addSeconds addToTime convertFromUtc convertTimeZone convertToUtc dayOfMonth "
        "dayOfWeek dayOfYear formatDateTime getFutureTime getPastTime startOfDay startOfHour startOfMonth "
        "subtractFromTime ticks utcNow"
    )
    assert [name for name in documented.split() if name.lower() not in FUNCTIONS] == []


def test_relative_xpath_starts_at_the_document() -> None:
    """Only paths outside of predicates change."""
    assert _from_document("count(r/a[b='c' and d])") == "count(/r/a[b='c' and d])"
    assert _from_document("//a[contains(b, 'x')]|c") == "//a[contains(b, 'x')]|/c"


def test_no_function_ends_in_anything_but_a_value_or_an_expression_error() -> None:
    """Odd arguments of every kind, to every function."""
    odd = (
        "null", "true", "-1", "1.5", "9223372036854775807", "''", "'é'", "'2026-01-01T00:00:00Z'", "json('[1,null,{}]')",
        "json('{\"$content-type\":1,\"$content\":2}')", "json('{\"$content-type\":\"a/xml\",\"$content\":\"é\"}')",
        "xml('<a>1</a>')", "binary('x')", "json('1e400')",
    )  # fmt: skip
    for name, function in FUNCTIONS.items():
        for count in range(function.least, min(function.most or 3, 3) + 1):
            for turn in range(len(odd) ** 2):
                arguments = [odd[turn // len(odd) ** (place % 2) % len(odd)] for place in range(count)]
                try:
                    evaluate(f"x@{{{name}({','.join(arguments)})}}", Scope())
                except ExpressionError:
                    continue
