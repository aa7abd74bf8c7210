"""AUTO CDC: the documented examples, and random events against a plain-Python oracle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from houseboat.pipelines import cdc
from houseboat.pipelines.definitions import CdcFlow, ColumnChoice, Location
from houseboat.pipelines.errors import CdcError
from houseboat.pipelines.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = tuple[Any, ...]
HERE = Location(Path("flow.py"), 1)


class Applied:
    """A target under test, and how events are put into it."""

    def __init__(self, spark: SparkSession, schema: str, ddl: str, **options: Any) -> None:
        self.spark, self.columns = spark, ddl
        self.tables = Tables(spark)
        self.full = f"{schema}.target"
        options = {"sequence_by": "seq", "deletes": "op = 'D'", **options}
        options.setdefault("columns", ColumnChoice(but=("seq", "op")))
        self.flow = CdcFlow("f", "target", HERE, source="s", keys=("k",), **options)
        self.target: cdc.Target | None = None

    def put(self, rows: Sequence[Row]) -> cdc.Change:
        """Apply one batch."""
        from pyspark.sql.types import StructType

        frame = self.spark.createDataFrame(list(rows), self.columns)
        events, chosen = cdc.events_of(self.flow, frame)
        schema = events.schema
        by_name = {field.name: field for field in schema.fields}
        output = StructType([by_name[name] for name in chosen])
        self.target = cdc.target_of(
            self.full, self.flow.keys, output, by_name[cdc.SEQUENCE], scd_type=self.flow.scd_type,
            track=self.flow.track, ignore_nulls=self.flow.ignore_nulls,
        )  # fmt: skip
        self.tables.create(self.full, cdc.visible_schema(self.target, output))
        return cdc.apply(self.tables, self.target, events)

    def rows(self) -> list[Row]:
        """The target's rows, in order."""
        found = [tuple(row) for row in self.spark.read.table(self.full).collect()]
        return sorted(found, key=lambda row: tuple((value is not None, str(value)) for value in row))

    def versions(self) -> list[int | None]:
        """The versions of the target and of the hidden table."""
        names = [self.full] + ([self.target.aux] if self.target and self.tables.exists(self.target.aux) else [])
        return [self.tables.history(name, 1)[0].version for name in names]


CITIES = "k int, city string, seq int, op string"


def test_a_late_event_splits_the_version_that_contains_it(spark: SparkSession, schema: str) -> None:
    """Databricks' example, key 125: Tijuana (2,5), Mexicali (5,6), Guadalajara (6,-)."""
    target = Applied(spark, schema, CITIES, scd_type=2)
    target.put([(125, "Tijuana", 2, "U"), (125, "Guadalajara", 6, "U")])
    target.put([(125, "Mexicali", 5, "U")])
    assert target.rows() == [(125, "Guadalajara", 6, None), (125, "Mexicali", 5, 6), (125, "Tijuana", 2, 5)]


def test_a_late_event_before_a_delete_ends_at_the_delete(spark: SparkSession, schema: str) -> None:
    """Databricks' example, key 123: Monterrey (1,5), Chihuahua (5,6)."""
    target = Applied(spark, schema, CITIES, scd_type=2)
    target.put([(123, "Monterrey", 1, "U")])
    target.put([(123, None, 6, "D")])
    target.put([(123, "Chihuahua", 5, "U")])
    assert target.rows() == [(123, "Chihuahua", 5, 6), (123, "Monterrey", 1, 5)]


def test_a_repeat_opens_no_version_but_a_late_event_finds_it(spark: SparkSession, schema: str) -> None:
    """A at 1 and 5 is one version, until B at 3 arrives: then A is back at 5."""
    target = Applied(spark, schema, CITIES, scd_type=2)
    target.put([(1, "A", 1, "U")])
    target.put([(1, "A", 5, "U")])
    assert target.rows() == [(1, "A", 1, None)]
    target.put([(1, "B", 3, "U")])
    assert target.rows() == [(1, "A", 1, 3), (1, "A", 5, None), (1, "B", 3, 5)]


def test_a_delete_without_a_row_ends_what_comes_late(spark: SparkSession, schema: str) -> None:
    """A delete that found nothing is invisible, and still ends an older upsert that arrives after it."""
    target = Applied(spark, schema, CITIES, scd_type=2)
    target.put([(1, None, 6, "D")])
    assert target.rows() == []
    target.put([(1, "A", 4, "U")])
    assert target.rows() == [(1, "A", 4, 6)]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_a_batch_applied_twice_commits_nothing(spark: SparkSession, schema: str, scd_type: int) -> None:
    """A replayed batch leaves every table at its version."""
    target = Applied(spark, schema, CITIES, scd_type=scd_type)
    batches = [
        [(1, "A", 1, "U"), (2, "B", 1, "U"), (1, "C", 3, "U")],
        [(2, None, 4, "D"), (1, "A", 2, "U"), (3, None, 1, "D")],
    ]
    for batch in batches:
        target.put(batch)
    rows, versions = target.rows(), target.versions()
    for batch in reversed(batches):
        assert not target.put(batch).any
    assert (target.rows(), target.versions()) == (rows, versions)


def test_untracked_columns_change_in_place(spark: SparkSession, schema: str) -> None:
    """A version keeps its start and shows the latest value of what is not tracked; a split brings the older one back."""
    columns = "k int, city string, note string, seq int, op string"
    target = Applied(spark, schema, columns, scd_type=2, track=ColumnChoice(but=("note",)))
    target.put([(1, "A", "x", 1, "U")])
    target.put([(1, "A", "y", 5, "U")])
    assert target.rows() == [(1, "A", "y", 1, None)]
    target.put([(1, "B", "z", 3, "U")])
    assert target.rows() == [(1, "A", "x", 1, 3), (1, "A", "y", 5, None), (1, "B", "z", 3, 5)]


def test_scd1_ignores_what_is_older_even_after_a_delete(spark: SparkSession, schema: str) -> None:
    """The highest sequence decides; a tombstone outlives its row."""
    target = Applied(spark, schema, CITIES)
    target.put([(1, "A", 2, "U"), (2, "B", 2, "U")])
    target.put([(1, None, 5, "D"), (2, "old", 1, "U")])
    target.put([(1, "late", 4, "U")])
    assert target.rows() == [(2, "B")]
    target.put([(1, "again", 6, "U")])
    assert target.rows() == [(1, "again"), (2, "B")]


def test_scd1_truncate_removes_older_rows_for_good(spark: SparkSession, schema: str) -> None:
    """Rows of lower sequence go and do not come back; a newer one of the same batch stays."""
    target = Applied(spark, schema, CITIES, truncates="op = 'T'")
    target.put([(1, "A", 1, "U"), (2, "B", 9, "U")])
    target.put([(None, None, 5, "T"), (3, "C", 6, "U")])
    assert target.rows() == [(2, "B"), (3, "C")]
    assert not target.put([(4, "late", 4, "U"), (1, "late", 3, "U")]).any
    assert target.rows() == [(2, "B"), (3, "C")]
    versions = target.versions()
    target.put([(None, None, 5, "T")])
    assert target.versions() == versions


@pytest.mark.parametrize(("row", "code"), [((None, "A", 1, "U"), "NULL_KEY"), ((1, "A", None, "U"), "NULL_SEQUENCE")])
def test_events_without_key_or_sequence_are_refused(spark: SparkSession, schema: str, row: Row, code: str) -> None:
    """The batch fails by the engine's own code and nothing is written."""
    target = Applied(spark, schema, CITIES)
    with pytest.raises(CdcError) as error:
        target.put([(2, "B", 1, "U"), row])
    assert error.value.code == code
    assert target.rows() == []


def test_a_key_that_is_no_column_is_named(spark: SparkSession, schema: str) -> None:
    """The error says which key, and where."""
    target = Applied(spark, schema, "id int, city string, seq int, op string")
    with pytest.raises(CdcError, match="'k'") as error:
        target.put([(2, "B", 1, "U")])
    assert error.value.place == HERE.place


SAIL_STRUCTS = pytest.mark.xfail(
    strict=True, reason="Sail 0.7.2 takes structs of a table and of an expression for two types"
)


@pytest.mark.parametrize("scd_type", [pytest.param(1, marks=SAIL_STRUCTS), 2])
def test_the_sequence_may_be_a_struct(spark: SparkSession, schema: str, scd_type: int) -> None:
    """Ties in one column are broken by the next."""
    target = Applied(
        spark, schema, "k int, city string, seq int, n int, op string",
        scd_type=scd_type, sequence_by="struct(seq, n)", columns=ColumnChoice(but=("seq", "n", "op")),
    )  # fmt: skip
    target.put([(1, "B", 1, 2, "U"), (1, "A", 1, 1, "U")])
    target.put([(1, "C", 1, 3, "U"), (1, "late", 1, 0, "U")])
    if scd_type == 1:
        assert target.rows() == [(1, "C")]
        return
    assert sorted((tuple(row[2]), row[1], row[3] and tuple(row[3])) for row in target.rows()) == [
        ((1, 0), "late", (1, 1)), ((1, 1), "A", (1, 2)), ((1, 2), "B", (1, 3)), ((1, 3), "C", None),
    ]  # fmt: skip


Event = tuple[int, str | None, str | None, int, str]
EVENT = "k int, a string, b string, seq int, op string"


def chosen_events(events: Sequence[Event]) -> list[Event]:
    """One event to a key and sequence: a delete if there is one."""
    best: dict[tuple[int, int], Event] = {}
    for event in events:
        key = (event[0], event[3])
        if key not in best or event[4] == "D":
            best[key] = event
    return [best[key] for key in sorted(best)]


def history(events: Sequence[Event], tracked: Sequence[int], coalesced: Sequence[int]) -> list[Row]:
    """The SCD2 table of the events, the slow and plain way: sort, walk, open and close."""
    rows: list[list[Any]] = []
    opened: dict[int, list[Any]] = {}
    for k, a, b, seq, op in chosen_events(events):
        now = opened.get(k)
        if op == "D":
            if now:
                now[4] = seq
                del opened[k]
            continue
        values = [a, b]
        for column in coalesced:
            if values[column] is None and now:
                values[column] = now[1 + column]
        if now and all(now[1 + column] == values[column] for column in tracked):
            now[1:3] = values
            continue
        if now:
            now[4] = seq
        opened[k] = [k, *values, seq, None]
        rows.append(opened[k])
    return sorted((tuple(row) for row in rows), key=lambda row: tuple((value is not None, str(value)) for value in row))


def newest(events: Sequence[Event], coalesced: Sequence[int]) -> list[Row]:
    """The SCD1 table of the events."""
    return [row[:3] for row in history(events, (), coalesced) if row[4] is None]


def stream(rng: random.Random, *, ties: bool) -> list[Event]:
    """Random events of few keys, few values and few sequences, so that everything collides."""
    events: list[Event] = []
    taken: set[tuple[int, int]] = set()
    for _ in range(rng.randint(4, 24)):
        k, seq = rng.randint(1, 3), rng.randint(1, 14)
        delete = rng.random() < 0.25
        if (k, seq) in taken and not (ties and delete):
            continue
        taken.add((k, seq))
        values = (None, None) if delete else (rng.choice(["x", "y", None]), rng.choice(["p", "q", None]))
        events.append((k, *values, seq, "D" if delete else "U"))
    return events


def batches(rng: random.Random, events: Sequence[Event]) -> list[list[Event]]:
    """The events in any order, cut anywhere, some batches twice."""
    left, cut = list(events), []
    rng.shuffle(left)
    while left:
        size = rng.randint(1, 6)
        cut.append(left[:size])
        left = left[size:]
        if rng.random() < 0.3:
            cut.append(cut[rng.randrange(len(cut))])
    return cut


SHAPES = {
    "all tracked": ((0, 1), ()),
    "one tracked": ((0,), ()),
    "nulls ignored": ((0, 1), (0, 1)),
    "one tracked, other ignores nulls": ((0,), (1,)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_history_does_not_depend_on_the_order_of_arrival(
    spark: SparkSession, schema: str, shape: str, seed: int
) -> None:
    """SCD2: any order, any cut, any replay give the table of the sorted events."""
    tracked, coalesced = SHAPES[shape]
    rng = random.Random(f"{shape}{seed}")  # noqa: S311 - test data
    names = ("a", "b")
    target = Applied(
        spark, schema, EVENT, scd_type=2, track=ColumnChoice(only=tuple(names[i] for i in tracked)),
        ignore_nulls=ColumnChoice(only=tuple(names[i] for i in coalesced)) if coalesced else None,
    )  # fmt: skip
    events = stream(rng, ties=True)
    seen: list[Event] = []
    for batch in batches(rng, events):
        target.put(batch)
        seen += batch
        assert target.rows() == history(seen, tracked, coalesced), (seen, batch)


@pytest.mark.parametrize("coalesced", [(), (0, 1), (1,)])
@pytest.mark.parametrize("seed", range(2))
def test_the_newest_rows_do_not_depend_on_the_order_of_arrival(
    spark: SparkSession, schema: str, coalesced: tuple[int, ...], seed: int
) -> None:
    """SCD1: any order, any cut, any replay give the newest row of each key."""
    rng = random.Random(f"{coalesced}{seed}")  # noqa: S311 - test data
    names = ("a", "b")
    nulls = ColumnChoice(only=tuple(names[i] for i in coalesced)) if coalesced else None
    target = Applied(spark, schema, EVENT, ignore_nulls=nulls)
    events = stream(rng, ties=True)
    seen: list[Event] = []
    for batch in batches(rng, events):
        target.put(batch)
        seen += batch
        assert target.rows() == newest(seen, coalesced), (seen, batch)
