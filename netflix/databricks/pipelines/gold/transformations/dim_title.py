"""dim_title: one row per title and version of it (SCD type 2). Key of a version: title_key with __START_AT."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame

from star.keys import surrogate_key

SILVER = spark.conf.get("netflix.silver")

PROVENANCE = ["content_hash", "file_modified_at", "ingested_at"]


@dp.temporary_view(comment="The events of silver, as AUTO CDC takes them")
@dp.expect_all_or_fail(
    {
        "key is present": "title_key IS NOT NULL AND show_id IS NOT NULL",
        "sequence is present": "effective_at IS NOT NULL",
    }
)
def title_changes() -> DataFrame:
    events = spark.readStream.table(f"{SILVER}.netflix_title_events")
    return events.withColumn("title_key", surrogate_key("show_id")).drop(*PROVENANCE)


dp.create_streaming_table(
    "dim_title",
    comment="Titles with their history: a row holds from __START_AT until __END_AT (null: still)",
    expect_all_or_fail={"title is present": "title IS NOT NULL", "type is known": "type IN ('Movie', 'TV Show')"},
    expect_all={
        "release year is plausible": "release_year IS NULL OR release_year BETWEEN 1900 AND year(current_date()) + 2",
        "minutes are plausible": "duration_minutes IS NULL OR duration_minutes BETWEEN 1 AND 1000",
        "seasons are plausible": "duration_seasons IS NULL OR duration_seasons BETWEEN 1 AND 100",
        "added after the service began": "date_added IS NULL OR date_added >= DATE'1997-08-29'",
    },
)

dp.create_auto_cdc_flow(
    target="dim_title",
    source="title_changes",
    keys=["show_id"],
    sequence_by="effective_at",
    except_column_list=["effective_at"],
    stored_as_scd_type=2,
    track_history_except_column_list=["source_file"],
)
