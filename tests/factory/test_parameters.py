"""Arguments become values of the declared types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from houseboat.errors import Place
from houseboat.factory import timespan
from houseboat.factory.errors import FactoryError
from houseboat.factory.parameters import bind, convert
from houseboat.factory.redaction import redacted, secrets_of

if TYPE_CHECKING:
    from houseboat.runs import Json


@pytest.mark.parametrize(
    ("value", "declared", "converted"),
    [
        ("5", "Int", 5),
        (5, "string", "5"),
        ([1, "a"], "String", '[1,"a"]'),
        ('["a"]', "array", ["a"]),
        ('{"a": 1}', "Object", {"a": 1}),
        ("TRUE", "bool", True),
        ("1.5", "float", 1.5),
        ({"type": "SecureString", "value": "x"}, "SecureString", "x"),
        (None, "int", None),
        (3.0, "int", 3),
    ],
)
def test_values_are_converted_where_their_text_allows_it(value: Json, declared: str, converted: Json) -> None:
    """In any spelling of the type."""
    assert convert(value, declared, "it", Place()) == converted


@pytest.mark.parametrize(
    ("value", "declared"), [("x", "int"), (1.5, "int"), ("yes", "bool"), ("{}", "array"), (True, "int")]
)
def test_what_does_not_fit_is_refused(value: Json, declared: str) -> None:
    """With the type that was given."""
    with pytest.raises(FactoryError, match=f"it is declared as {declared} and was given a value of type"):
        convert(value, declared, "it", Place())


def test_names_of_parameters_are_found_in_any_case() -> None:
    """The declaration's spelling is kept, defaults fill in."""
    declared = {"Name": {"type": "string"}, "n": {"type": "int", "defaultValue": 3}}
    assert bind(declared, {"NAME": "x"}, Place(), "pipeline 'p'") == {"Name": "x", "n": 3}


def test_redaction_hides_telling_names_secure_strings_and_secure_values() -> None:
    """And leaves the rest."""
    secrets = secrets_of({"p": {"type": "secureString"}, "q": {"type": "string"}}, {"p": "s3", "q": "open"})
    value = {"headers": {"Authorization": "a"}, "list": ["x s3 y", 1], "key": {"type": "SecureString", "value": "v"}}
    assert redacted(value, secrets) == {
        "headers": {"Authorization": "***"}, "list": ["x *** y", 1], "key": {"type": "SecureString", "value": "***"}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0.00:00:10", 10), ("1.02:03:04", 93784), ("12:00:00", 43200), (30, 30), ("soon", None), (True, None)],
)
def test_time_spans_are_read(text: Json, seconds: float | None) -> None:
    """Days are optional; a number is seconds."""
    assert timespan.seconds(text) == seconds


def test_time_spans_are_written() -> None:
    """With their days."""
    assert timespan.text(93784) == "1.02:03:04"
