"""The text of SQL cells is parted and filled as Databricks does."""

from __future__ import annotations

import pytest

from houseboat.databricks import sql_text


def test_statements_part_outside_quotes_and_comments() -> None:
    """Semicolons in text, names and comments part nothing; empty statements vanish; lines are kept."""
    text = "select ';' as a -- b; c\n;\n/* ; */ ;\nselect `x;y`,\n\"z;\";  "
    assert sql_text.split(text) == [("select ';' as a -- b; c", 0), ('select `x;y`,\n"z;"', 3)]


def test_markers_are_found_outside_quotes_casts_and_paths() -> None:
    """:name is a marker; ::int, 'a:b' and raw:path are not."""
    text = "select :a, x::int, ':no', raw:path, `t`:field, f(y):z -- :comment\nwhere b = :b and a = :a"
    assert sql_text.markers(text) == ["a", "b"]


def test_dollar_references_are_filled_and_escapes_kept() -> None:
    """${name} and $name of known widgets; unknown ones stay."""
    known = {"a": "1", "b.c": "2"}.get
    assert sql_text.fill(r"${a} ${ b.c } $a \${a} ${x} $1 $x", known) == "1 2 1 ${a} ${x} $1 $x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from identifier(:t)", "select * from main.sales"),
        ("select * from IDENTIFIER(:c || '.x')", "select * from main.x"),
        ("select * from identifier(:unknown)", "select * from identifier(:unknown)"),
        ("select * from identifier(concat(:c, 'x'))", "select * from identifier(concat(:c, 'x'))"),
    ],
)
def test_identifier_clauses_take_widget_values(text: str, expected: str) -> None:
    """A marker, or markers and literals joined, spell the name."""
    assert sql_text.name_identifiers(text, {"t": "main.sales", "c": "main"}.get) == expected


def test_widget_statements_are_recognised() -> None:
    """CREATE WIDGET of every kind, REMOVE WIDGET."""
    assert sql_text.widget_command("CREATE WIDGET TEXT x DEFAULT 'v'") == {
        "command": "create",
        "kind": "text",
        "name": "x",
        "default": "v",
    }
    dropdown = sql_text.widget_command("create widget dropdown `my year` default '2024' choices select 1")
    assert dropdown is not None
    assert (dropdown["name"], dropdown["default"]) == ("my year", "2024")
    assert sql_text.widget_command("REMOVE WIDGET x") == {"command": "remove", "name": "x"}
    assert sql_text.widget_command("select 1") is None
