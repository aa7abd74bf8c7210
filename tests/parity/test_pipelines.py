"""AUTO CDC and expectations: the tests of the embedded engine, with Spark's session in its place."""

from __future__ import annotations

from ..pipelines.test_cdc import (  # noqa: F401 - collected here with this folder's engines
    test_a_batch_applied_twice_commits_nothing,
    test_a_delete_without_a_row_ends_what_comes_late,
    test_a_late_event_before_a_delete_ends_at_the_delete,
    test_a_late_event_splits_the_version_that_contains_it,
    test_a_repeat_opens_no_version_but_a_late_event_finds_it,
    test_events_without_key_or_sequence_are_refused,
    test_scd1_ignores_what_is_older_even_after_a_delete,
    test_scd1_truncate_removes_older_rows_for_good,
    test_untracked_columns_change_in_place,
)
from ..pipelines.test_expectations import (  # noqa: F401
    frame,
    test_a_guarded_view_drops_and_fails_wherever_it_is_read,
    test_a_rule_that_fails_shows_a_row,
    test_no_rows_break_nothing,
    test_rules_are_counted_by_themselves_before_any_row_is_dropped,
)
