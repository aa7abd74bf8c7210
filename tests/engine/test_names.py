from __future__ import annotations

import pytest

from houseboat.engine.names import (
    common_table_expressions,
    literal,
    quoted,
    split,
    table_positions,
    versions_spelled_out,
)
from houseboat.engine.sql_text import tokens


def test_names_are_split_and_quoted() -> None:
    """Backticks hold dots; quoting is undone by splitting."""
    assert split("a.b.c") == ("a", "b", "c")
    assert split("`a.b`.`c``d`") == ("a.b", "c`d")
    assert split(quoted(("a.b", "c`d"))) == ("a.b", "c`d")
    assert split("") == ("",)


def test_literals_are_quoted() -> None:
    """Quotes and backslashes cannot end a literal."""
    assert literal("a'b\\c") == r"'a\'b\\c'"
    assert tokens(literal("x' or 'y"))[0].value == "x' or 'y"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("select a from b, c where d = e", {"b", "c"}),
        ("select a, b from (select c from d) e join f on e.a = f.a", {"d", "f"}),
        ("merge into a using b on a.x = b.x when matched then update set c = d", {"a", "b"}),
        ("insert overwrite a select b from c", {"a", "c"}),
        ("update a set b = c", {"a"}),
        ("select f(a, b) from c group by d, e order by g, h", {"c"}),
        ("delete from a where b in (select c from d)", {"a", "d"}),
    ],
)
def test_where_a_table_can_stand(text: str, found: set[str]) -> None:
    """Behind the words that tables follow, and in the list behind FROM; never among columns."""
    parsed = tokens(text)
    assert {parsed[i].value for i in table_positions(parsed) if parsed[i].kind == "word"} == found


def test_common_table_expressions_are_found() -> None:
    """With and without columns, recursive, nested."""
    text = "with a as (select 1), b (x) as (with c as (select 2) select * from c) select * from a, b, d"
    assert common_table_expressions(tokens(text)) == {"a", "b", "c"}
    assert common_table_expressions(tokens("select a, b as (c) from d")) == set()


def test_versions_are_spelled_out() -> None:
    """@v behind a name only: text, mails and other signs stay."""
    assert versions_spelled_out("select * from a.b@v12 x") == "select * from a.b VERSION AS OF 12 x"
    assert versions_spelled_out("select * from delta.`/p`@v0") == "select * from delta.`/p` VERSION AS OF 0"
    for text in ("select 'me@v1.com'", "select * from t -- a@v1", "select @v1"):
        assert versions_spelled_out(text) == text
