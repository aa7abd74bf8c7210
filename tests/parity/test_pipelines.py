"""AUTO CDC and expectations: the tests of the embedded engine, with Spark's session in its place."""

# ruff: noqa: TID252 - tests are imported by their place, not by an installed name

from __future__ import annotations

from ..pipelines.test_cdc import (  # noqa: F401 - collected here with this folder's engines
    test_a_late_event_splits_the_version_that_contains_it,
    test_scd1_ignores_what_is_older_even_after_a_delete,
)
from ..pipelines.test_expectations import (  # noqa: F401
    frame,
    test_a_guarded_view_drops_and_fails_wherever_it_is_read,
    test_a_rule_that_fails_shows_a_row,
    test_no_rows_break_nothing,
    test_rules_are_counted_by_themselves_before_any_row_is_dropped,
)
