"""``houseboat sql``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Command


def test_rows_are_printed_as_a_table(say: Command, ran: Path) -> None:
    """Columns, rows, and how many."""
    said = say("sql", ran, "select id, name from main.default.people order by id")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["id", "name"],
        ["1", "Ann"],
        ["2", "Bo"],
        ["2", "rows"],
    ]


def test_json_is_a_list_of_objects(say: Command, ran: Path) -> None:
    """Dates, decimals and what JSON has no number for are text; nothing else is printed."""
    said = say("sql", ran, "select 1 n, null e, date'2024-02-29' d, 1.50BD p, cast('NaN' as double) x", "--json")
    assert said.json == [{"n": 1, "e": None, "d": "2024-02-29", "p": "1.50", "x": "NaN"}]


def test_several_statements_print_the_last_ones_rows(say: Command, ran: Path) -> None:
    """Statements before the last are run in the same session; semicolons in text part nothing."""
    said = say("sql", ran, "use main.default; create temp view v as select ';' s; select s, 1 n from v;", "--json")
    assert said.json == [{"s": ";", "n": 1}]


def test_a_statement_without_rows_says_so(say: Command, ran: Path) -> None:
    """DDL prints no table of rows and succeeds."""
    said = say("sql", ran, "create schema if not exists main.other")
    assert (said.code, said.out.split()[-2:]) == (0, ["0", "rows"])
    assert say("sql", ran, "create schema if not exists main.other", "--json").json == []


def test_text_that_looks_like_markup_is_printed_as_it_is(say: Command, ran: Path) -> None:
    """What a row holds cannot colour or break the output."""
    said = say("sql", ran, "select '[/x] [red]a' as `[b]`")
    assert said.code == 0, said.err
    assert [line.strip() for line in said.out.splitlines()] == ["[b]", "[/x] [red]a", "1 row"]


def test_columns_of_the_same_name_keep_their_values(say: Command, ran: Path) -> None:
    """A join's two columns of one name are two columns; in JSON the second is counted."""
    assert say("sql", ran, "select 1 as a, 2 as a").out.splitlines()[1].split() == ["1", "2"]
    assert say("sql", ran, "select 1 as a, 2 as a", "--json").json == [{"a": 1, "a (2)": 2}]


def test_limit_bounds_the_rows_and_0_does_not(say: Command, ran: Path) -> None:
    """--limit is for the eyes; 0 prints all."""
    assert len(say("sql", ran, "select id from range(1500)", "--json").json) == 1000
    assert len(say("sql", ran, "select id from range(1500)", "--limit", 0, "--json").json) == 1500
    assert len(say("sql", ran, "select id from range(1500)", "--limit", 2, "--json").json) == 2


def test_an_error_in_a_statement_ends_with_1(say: Command, ran: Path) -> None:
    """The engine's words and the next step, no traceback; an earlier statement's failure stops the rest."""
    for text in ("select * from main.default.nope", "selec 1", "select * from main.default.nope; select 1"):
        said = say("sql", ran, text)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("houseboat: ")
        assert "next: " in said.err
        assert "Traceback" not in said.err


def test_nothing_to_run_is_wrong_usage(say: Command, ran: Path) -> None:
    """Blanks, semicolons and comments are no statement."""
    said = say("sql", ran, " ; -- nothing")
    assert said.code == 2
    assert "the statement is empty" in said.err
