"""Which tables a query reads."""

from __future__ import annotations

import pytest

from houseboat.pipelines import sqlnames

READS = {
    "select * from a": ["a"],
    "select * from c.s.a x join `b` on x.k = b.k, d": ["c.s.a", "b", "d"],
    "with a as (select * from x) select * from a join LIVE.y": ["x", "LIVE.y"],
    "select extract(year from d), trim(both from t) from a where x is distinct from b": ["a"],
    "select * from (select 'from z' as q from a) t, range(5) -- from c": ["a"],
    "select (select max(v) from b), x from a where k in (select k from c)": ["b", "a", "c"],
    "select * from a, lateral explode(x) e union all select * from b": ["a", "b"],
    "from a select x, y": ["a"],
    "select * from STREAM(a) join stream b": ["a", "b"],
    "select a.x, y from delta.`/path/x`": ["delta./path/x"],
}


@pytest.mark.parametrize("text", READS)
def test_a_query_reads_these_tables(text: str) -> None:
    """Names after FROM and JOIN, not those of functions, columns, texts and common table expressions."""
    assert [".".join(found.parts) for found in sqlnames.references(text)] == READS[text]


def test_stream_is_seen() -> None:
    """STREAM(x) and STREAM x are streaming reads, x is not."""
    text = "select * from STREAM(a), stream b, c"
    assert [r.streaming for r in sqlnames.references(text)] == [True, True, False]
    assert sqlnames.replaced(text, lambda r: r.parts[0].upper()) == "select * from A, B, C"
    aliases = sqlnames.references("select * from STREAM(a) AS x join stream b y on 1 = 1 left join stream c join d")
    assert [r.aliased for r in aliases] == [True, True, False, False]
    call = sqlnames.references("select * from STREAM read_files('x', format => 'csv')")
    assert [(r.parts, r.call) for r in call] == [(("read_files",), True)]


def test_names_are_replaced_in_place() -> None:
    """Only references change; texts and columns of the same name stay."""
    text = "select a, 'a' from a join LIVE.a on true"
    found = sqlnames.replaced(text, lambda reference: "`t`" if reference.parts[-1] == "a" else None)
    assert found == "select a, 'a' from `t` join `t` on true"


def test_functions_that_vary_are_known() -> None:
    """A column of a like name does not count as a text in quotes does not."""
    assert sqlnames.is_deterministic("select 'rand' from a")
    assert not sqlnames.is_deterministic("select current_date() from a")
