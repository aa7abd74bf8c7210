from __future__ import annotations

from typing import Any

import pytest

from houseboat.engine.help import sentence


@pytest.mark.parametrize(
    ("message", "help_"),
    [
        ("Failed to commit transaction: 15", "run the statement again"),
        ("Generic LocalFileSystem error: No space left on device (os error 28)", "disk is full"),
        ("[CAST_INVALID_INPUT] The value 'x'", "try_cast"),
        ("not supported: json_tuple", "get_json_object"),
    ],
)
def test_known_refusals_have_a_next_step(message: str, help_: str) -> None:
    """One sentence each."""
    assert help_ in (sentence(message) or "")


def test_unknown_refusals_stay_as_they_are() -> None:
    """No help is better than wrong help."""
    assert sentence("division by zero") is None


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("select * from values (1, 2) t(a, b) pivot (sum(a) for b in (1, 2))", "PIVOT"),
        ("select a, row_number() over (order by a) n from values (1) t(a) qualify n = 1", "QUALIFY"),
    ],
)
def test_what_the_engine_refuses_is_its_error_with_help(spark: Any, text: str, help_: str) -> None:
    """The engine's own message comes first, the sentence after it."""
    with pytest.raises(Exception, match=help_) as caught:
        spark.sql(text).collect()
    assert "next: " in str(caught.value)


def test_errors_without_help_are_the_engines_own(spark: Any) -> None:
    """Nothing is appended, the class is PySpark's."""
    from pyspark.errors import AnalysisException

    with pytest.raises(AnalysisException) as caught:
        spark.sql("select nothing_here").collect()
    assert "next:" not in str(caught.value)
