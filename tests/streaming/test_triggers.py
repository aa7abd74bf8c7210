"""Triggers and their intervals."""

from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException

from houseboat.streaming.triggers import seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10 seconds", 10.0),
        ("1 minute", 60.0),
        ("interval 1 minute 30 seconds", 90.0),
        ("0 seconds", 0.0),
        ("500 milliseconds", 0.5),
        ("2 HOURS", 7200.0),
    ],
)
def test_an_interval_is_read_as_spark_reads_it(text: str, wanted: float) -> None:
    """Numbers and units, singular or plural, in any case."""
    assert seconds(text) == pytest.approx(wanted)


@pytest.mark.parametrize("text", ["ten seconds", "10", "", "10 parsecs"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    """With an example of one that is."""
    with pytest.raises(AnalysisException, match="10 seconds"):
        seconds(text)
