"""Text to typed values."""

from __future__ import annotations

import pytest

from houseboat.autoloader import rows
from houseboat.autoloader.ddl import parse_fields
from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.reader.convert import strptime_formats, typed

ACCEPTED = {
    "INT": {"1": "1", "+1": "1", "-7": "-7", "1.0": None, " 1": None, "2147483648": None, "": None},
    "DOUBLE": {"1": "1.0", "1e3": "1000.0", ".5": "0.5", "NaN": "nan", "x": None, "1,5": None},
    "DECIMAL(5,2)": {"1.5": "1.50", "1234.5": None, "abc": None},
    "BOOLEAN": {"true": "True", "FALSE": "False", "t": None, "1": None, "yes": None},
    "DATE": {"2020-02-03": "2020-02-03", "2020-2-3": "2020-02-03", "03.02.2020": None, "2020-02-30": None},
    "TIMESTAMP_NTZ": {"2020-02-03 04:05:06": "2020-02-03 04:05:06", "2020-02-03": "2020-02-03 00:00:00", "x": None},
}


@pytest.mark.parametrize(
    ("kind", "value", "expected"), [(k, v, e) for k, cases in ACCEPTED.items() for v, e in cases.items()]
)
def test_a_text_is_accepted_as_spark_accepts_it(kind: str, value: str, expected: str | None) -> None:
    """Everything else is null, and so rescued."""
    ((_, target),) = parse_fields(f"x {kind}")
    with rows.connection("UTC") as con:
        row = con.execute(f"SELECT {typed('v', target, {})} FROM (SELECT ? AS v)", [value]).fetchone()
    assert row is not None
    assert row[0] is None if expected is None else str(row[0]) == expected


def test_java_patterns_become_strptime_formats() -> None:
    """Optional parts double the formats; unknown letters are refused."""
    assert strptime_formats("dd/MM/yyyy") == ["%d/%m/%Y"]
    assert strptime_formats("MMMM d, yyyy") == ["%B %-d, %Y"]
    assert strptime_formats("yyyy-MM-dd'T'HH:mm:ss[.SSS]") == ["%Y-%m-%dT%H:%M:%S.%g", "%Y-%m-%dT%H:%M:%S"]
    with pytest.raises(CloudFilesError, match="QQ"):
        strptime_formats("QQ yyyy")
