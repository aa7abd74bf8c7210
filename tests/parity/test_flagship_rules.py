"""The flagship's functions, on the same small input, with the same results on both engines."""

from __future__ import annotations

from typing import Any

from .conftest import rows

LANDED = "show_id, type, title, date_added, release_year, rating, duration_minutes, duration_seasons, description"
TITLES = [
    (" 1 ", "Movie", "A: part two", "9/9/2019", "2018", "PG", "90", None, "d"),
    ("2", "TV Show", "B", "09-09-2019", "1999", "TV-MA", None, "3", "d"),
    ("3", "Movie", "C", "September 9, 2019", "2018", "UNRATED", "60", None, None),
    ("4", "Movie", "D", None, None, None, " ", "\u00a0", "d"),
    ("x5", "Movie", "E", None, "2018", "PG", "90", None, "d"),
    ("6", "Film", "F", None, "2018", "PG", "90", None, "d"),
    ("7", "Movie", " ", None, "2018", "PG", "90", None, "d"),
    ("8", "Movie", "H", "31/31/2019", "2018", "PG", "90", None, "d"),
    ("9", "Movie", "I", None, "soon", "PG", "90", None, "d"),
    ("10", "Movie", "J", None, "2018", "PG", "an hour", None, "d"),
]
BROKEN = {
    1: None, 2: None, 3: None, 4: None, None: "show_id is not a whole number", 6: "type is neither Movie nor TV Show",
    7: "title is missing", 8: "date_added is not a date", 9: "release_year is not a whole number",
    10: "duration is not a whole number",
}  # fmt: skip


def graded(spark: Any) -> Any:
    """The titles, cleansed and graded."""
    from lakehouse.cleanse import grade_titles, landed_columns

    schema = ", ".join(f"{name.strip()} string" for name in LANDED.split(","))
    bronze = spark.createDataFrame(TITLES, schema).selectExpr(
        "*", "cast(null as string) as _rescued_data", "'f' as source_file",
        "timestamp'2026-01-01 00:00:00' as file_modified_at", "timestamp'2026-01-02 00:00:00' as ingested_at",
    )  # fmt: skip
    return grade_titles(bronze, landed_columns(bronze))


def test_every_rule_finds_its_row(spark: Any) -> None:
    """And no other."""
    found = graded(spark).select("show_id", "broken_rule").collect()
    assert {row["show_id"]: row["broken_rule"] for row in found} == BROKEN


def test_cleansed_columns_and_enrichment(spark: Any) -> None:
    """Three forms of one date; what is derived from a title."""
    columns = (
        "show_id", "short_title", "cast(date_added as string)", "duration_minutes", "duration_seasons", "type_flag",
        "rating_family", "minimum_age", "decade", "added_year", "added_month", "age_when_added",
    )  # fmt: skip
    assert rows(graded(spark).where("broken_rule is null").selectExpr(*columns)) == [
        (1, "A", "2019-09-09", 90, None, 1, "Older kids", 8, 2010, 2019, 9, 1),
        (2, "B", "2019-09-09", None, 3, 2, "Adults", 17, 1990, 2019, 9, 20),
        (3, "C", "2019-09-09", 60, None, 1, "Other", None, 2010, 2019, 9, 1),
        (4, "D", None, None, None, 1, None, None, None, None, None, None),
    ]


def test_raw_records_are_the_same_text(spark: Any) -> None:
    """The quarantine's record of a row: what landed, as JSON without the NULLs, untrimmed."""
    (row,) = graded(spark).where("show_id = 6").select("raw_record").collect()
    assert row["raw_record"] == (
        '{"show_id":"6","type":"Film","title":"F","release_year":"2018","rating":"PG","duration_minutes":"90","description":"d"}'
    )


def test_content_hashes_are_the_same_numbers(spark: Any) -> None:
    """A table written by one engine is continued by the other: the hashes were written down from Apache Spark."""
    from lakehouse.cleanse import content_hash, title_content

    frame = graded(spark).where("show_id in (1, 4)")
    hashed = frame.select("show_id", content_hash(title_content(frame)).alias("hash"))
    assert rows(hashed) == CONTENT


CONTENT = [(1, 4510699268974540300), (4, -3764326557482428665)]


def test_only_what_differs_is_a_change(spark: Any) -> None:
    """Drop by drop, with what was known before; a late drop is compared with what came before it."""
    from lakehouse.changes import changes

    def events(*given: tuple[int, int, int]) -> Any:
        frame = spark.createDataFrame(list(given), "show_id bigint, minute int, content_hash bigint")
        at = "timestampadd(MINUTE, minute, timestamp'2026-01-01 00:00:00') as effective_at"
        return frame.selectExpr("show_id", at, "content_hash", "minute")

    earlier, staged = events((1, 1, 10)), events((1, 2, 10), (1, 3, 11), (1, 4, 11), (1, 5, 10), (2, 2, 20))
    wanted = ["show_id", "minute", "content_hash"]
    assert rows(changes(staged, earlier, in_order=True).select(wanted)) == [(1, 3, 11), (1, 5, 10), (2, 2, 20)]
    earlier, staged = events((1, 1, 10), (1, 5, 12), (2, 1, 20)), events((1, 3, 12), (2, 3, 20))
    assert rows(changes(staged, earlier, in_order=False).select(wanted)) == [(1, 3, 12)]


def test_the_keys_of_gold(spark: Any) -> None:
    """Surrogate keys and date keys, with the unknown member's."""
    from star.keys import date_key, surrogate_key

    frame = spark.sql("select * from values ('Ann', date'2019-09-09'), ('81145628', null) as t(name, day)")
    keys = frame.select(surrogate_key("name").alias("k"), date_key("day").alias("d"))
    assert rows(keys) == KEYS


KEYS = [(201160986306614850, -1), (589465086406484196, 20190909)]
