from __future__ import annotations

import pytest

from houseboat.engine.sql_text import Cursor, names, statements, tokens


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a'", "a"),
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        (r"r'a\b'", r"a\b"),
        ('"a"', "a"),
        ("'-- no comment'", "-- no comment"),
        ("'/* none */'", "/* none */"),
        ("`a``b`", "a`b"),
    ],
)
def test_quotes_are_understood(text: str, value: str) -> None:
    """Escapes, raw strings and comment signs inside quotes."""
    (token,) = tokens(text)
    assert (token.value, token.start, token.end) == (value, 0, len(text))


def test_comments_are_left_out() -> None:
    """To the line's end, and between stars."""
    assert [token.value for token in tokens("a -- b 'c\n/* d\n */ e")] == ["a", "e"]


def test_statements_are_split_at_semicolons_outside_quotes() -> None:
    """Empty ones are left out."""
    assert statements("a; b ';' ; -- c;\n ; `d;`") == ["a", "b ';'", "`d;`"]


def test_names_have_places() -> None:
    """A dotted name is one, whatever its quotes."""
    found = tokens("select a.`b`.c, d from e . f")
    assert [parts for parts, _, _ in names(found)] == [("select",), ("a", "b", "c"), ("d",), ("from",), ("e", "f")]


def test_a_cursor_reads_from_the_left() -> None:
    """Words in any case, names, strings, numbers; what does not come next is not stepped over."""
    cursor = Cursor("Restore TABLE a.b TO version As Of 12 'x';")
    assert cursor.accept("RESTORE")
    assert not cursor.accept("TO")
    assert cursor.accept_any("VIEW", "TABLE") == "TABLE"
    assert cursor.string() is None
    assert cursor.name() == ("a", "b")
    assert cursor.accept("TO", "VERSION", "AS", "OF")
    assert cursor.number() == 12
    assert cursor.rest() == "'x';"
    assert cursor.string() == "x"
    assert cursor.ended


def test_words_are_found_outside_brackets() -> None:
    """A clause's word inside a bracket is not the clause."""
    cursor = Cursor("(location int) using delta location 'x' as select location")
    at = cursor.find("LOCATION")
    assert at is not None
    assert cursor.tokens[at + 1].value == "x"
    assert cursor.find("PARTITIONED") is None
