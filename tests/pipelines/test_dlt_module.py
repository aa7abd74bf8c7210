"""Every spelling of a definition gives the same definition; PySpark is as before afterwards."""

from __future__ import annotations

import sys

import pytest

from houseboat.errors import Unsupported
from houseboat.pipelines import dlt_module
from houseboat.pipelines.definitions import Action, CdcFlow, ColumnChoice, Definitions, Kind, SnapshotFlow
from houseboat.pipelines.errors import DefinitionError
from houseboat.pipelines.registry import Registry, collecting


def defined(text: str) -> Definitions:
    """What a piece of a pipeline's file defines."""
    registry = Registry()
    with dlt_module.installed() as dlt, collecting(registry):
        exec(compile(text, "pipeline.py", "exec"), {"dlt": dlt})  # noqa: S102 - as the loader does
    return registry.definitions()


KINDS = {
    "@dlt.table\ndef t(): ...": Kind.TABLE,
    "@dlt.table()\ndef t(): ...": Kind.TABLE,
    "@dlt.table(name='t')\ndef other(): ...": Kind.TABLE,
    "@dlt.create_table(name='t', comment='c')\ndef other(): ...": Kind.TABLE,
    "@dlt.create_table\ndef t(): ...": Kind.TABLE,
    "@dlt.materialized_view\ndef t(): ...": Kind.MATERIALIZED_VIEW,
    "@dlt.view\ndef t(): ...": Kind.VIEW,
    "@dlt.create_view(comment='c')\ndef t(): ...": Kind.VIEW,
    "from pyspark import pipelines as dp\n@dp.temporary_view\ndef t(): ...": Kind.VIEW,
    "import dlt\n@dlt.table\ndef t(): ...": Kind.TABLE,
    "from dlt import *\n@table\ndef t(): ...": Kind.TABLE,
    "import pyspark.pipelines as dp\n@dp.table\ndef t(): ...": Kind.TABLE,
    "from pyspark.pipelines import table\n@table\ndef t(): ...": Kind.TABLE,
    "dlt.create_streaming_table('t')": Kind.STREAMING_TABLE,
    "dlt.create_streaming_live_table(name='t')": Kind.STREAMING_TABLE,
    "dlt.create_target_table('t')": Kind.STREAMING_TABLE,
    "dlt.create_table(name='t')": Kind.STREAMING_TABLE,
}


@pytest.mark.parametrize("text", KINDS)
def test_each_spelling_defines_one_dataset(text: str) -> None:
    """Bare or called, old name or new, imported or not."""
    found = defined(text)
    assert [(dataset.name, dataset.kind) for dataset in found.datasets] == [("t", KINDS[text])]
    assert len(found.flows) == (KINDS[text] is not Kind.STREAMING_TABLE)


def test_rules_stand_above_or_below_and_stack() -> None:
    """All spellings, in the order of the text."""
    found = defined("""
@dlt.expect("a", "x > 0")
@dlt.expect_all_or_fail({"b": "x > 1", "c": "x > 2"})

# a comment between
@dlt.table(comment="c")
@dlt.expect_or_drop("d", "x > 3")
@dlt.expect_all({"e": "x > 4"})
def t(): ...
""")
    assert [(rule.name, rule.action) for rule in found.datasets[0].expectations] == [
        ("a", Action.WARN), ("b", Action.FAIL), ("c", Action.FAIL), ("d", Action.DROP), ("e", Action.WARN),
    ]  # fmt: skip
    assert found.datasets[0].location.line == 6


def test_a_streaming_table_takes_its_rules_as_dicts() -> None:
    """``expect_all``, ``expect_all_or_drop``, ``expect_all_or_fail``."""
    rules = defined(
        "dlt.create_streaming_table('t', expect_all={'a': '1=1'}, expect_all_or_drop={'b': '1=1'})"
    ).datasets[0]
    assert [(rule.name, rule.action) for rule in rules.expectations] == [("a", Action.WARN), ("b", Action.DROP)]


def test_functions_of_one_name_with_names_of_their_own() -> None:
    """The tutorials define several ``myfunc``; rules stay with their own."""
    found = defined("""
@dlt.table(name="a")
@dlt.expect("r", "x > 0")
def myfunc(): ...

@dlt.table(name="b")
def myfunc(): ...
""")
    assert [(d.name, len(d.expectations)) for d in found.datasets] == [("a", 1), ("b", 0)]


@pytest.mark.parametrize("spelling", ["create_auto_cdc_flow", "apply_changes"])
def test_auto_cdc_takes_names_and_columns(spelling: str) -> None:
    """Old name and new; columns as text or ``col``."""
    (flow,) = defined(f"""
from pyspark.sql.functions import col, expr
dlt.{spelling}(target="t", source="s", keys=["a", "b"], sequence_by=col("n"), apply_as_deletes=expr("op = 'D'"),
               except_column_list=["op", col("n")], stored_as_scd_type="2", track_history_column_list=["c"])
""").flows
    assert isinstance(flow, CdcFlow)
    assert (flow.name, flow.keys, flow.scd_type) == ("t", ("a", "b"), 2)
    assert (flow.columns, flow.track) == (ColumnChoice(but=("op", "n")), ColumnChoice(only=("c",)))


def test_snapshots_take_a_name_or_a_function() -> None:
    """Old name and new."""
    flows = defined("""
dlt.apply_changes_from_snapshot(target="t", snapshot_and_version=lambda v: None, keys=["k"], stored_as_scd_type=2)
dlt.create_auto_cdc_from_snapshot_flow("u", "s", ["k"])
""").flows
    assert all(isinstance(flow, SnapshotFlow) for flow in flows)
    assert [flow.target for flow in flows] == ["t", "u"]


@pytest.mark.parametrize("name", dlt_module.NOT_SUPPORTED)
def test_gaps_say_what_to_do_instead(name: str) -> None:
    """A declared gap raises by its name."""
    with pytest.raises(Unsupported, match=name) as error:
        defined(f"dlt.{name}()")
    assert error.value.hint == dlt_module.NOT_SUPPORTED[name]


WRONG = {
    "dlt.apply_changes('t', 's', ['k'], 'n', column_list=['a'], except_column_list=['b'])": "not both",
    "dlt.apply_changes('t', 's', ['k'], 'n', stored_as_scd_type=3)": "must be 1 or 2",
    "dlt.apply_changes('t', 's', ['k'], 'n', apply_as_truncates='x', stored_as_scd_type=2)": "type 1 only",
    "dlt.apply_changes('t', 's', 'k', 'n')": "list of columns",
    "dlt.apply_changes('t', 's', ['k'], 'n', nonsense=1)": "'nonsense'",
    "@dlt.expect('r', True)\ndef f(): ...": "must be SQL text",
    "dlt.append_flow()": "needs target",
    "dlt.create_streaming_table('t', partition_cols='a')": "list of column names",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_arguments_are_refused_with_their_place(text: str) -> None:
    """The error says what was expected, and the line."""
    with pytest.raises(DefinitionError, match=WRONG[text]) as error:
        defined(text)
    assert error.value.place is not None
    assert error.value.place.line == 1


def test_pyspark_is_as_before_afterwards() -> None:
    """The module is in place only while a pipeline is read, for however many at once."""
    import pyspark.pipelines as original

    before = original.table
    with dlt_module.installed() as outer, dlt_module.installed() as inner:
        from pyspark import pipelines

        assert pipelines is outer is inner
        assert sys.modules["dlt"] is outer
    from pyspark import pipelines as after

    assert after is original
    assert after.table is before
    assert not hasattr(after, "expect")
    assert "dlt" not in sys.modules
