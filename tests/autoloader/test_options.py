"""Options of cloudFiles: any case, unknown ones refused, gaps named."""

from __future__ import annotations

import pytest

from houseboat.autoloader.errors import CloudFilesError
from houseboat.autoloader.options import file_discovery, parse, size
from houseboat.errors import Unsupported


def test_keys_and_values_are_read_in_any_case() -> None:
    """As all options of Spark."""
    chosen = parse(
        {
            "CLOUDFILES.Format": "CSV",
            "cloudfiles.schemalocation": "/x",
            "cloudFiles.InferColumnTypes": "TRUE",
            "Header": "true",
        },
        has_schema=False,
    )
    assert (chosen.format, chosen.schema_location, chosen.infer_types, chosen.reader) == (
        "csv",
        "/x",
        True,
        {"header": "true"},
    )


def test_defaults_follow_whether_a_schema_is_given() -> None:
    """Evolution and the rescued column."""
    free, given = (
        parse({"cloudFiles.format": "csv"}, has_schema=False),
        parse({"cloudFiles.format": "csv"}, has_schema=True),
    )
    assert (free.mode, free.rescued_column, free.discovery.max_files) == ("addNewColumns", "_rescued_data", 1000)
    assert (given.mode, given.rescued_column) == ("none", None)
    for key in ("rescuedDataColumn", "cloudFiles.rescuedDataColumn"):
        assert parse({"cloudFiles.format": "csv", key: "r"}, has_schema=True).rescued_column == "r"


def test_an_unknown_key_of_its_own_is_refused_with_the_nearest_one() -> None:
    """``validateOptions`` false switches that off; keys of the format's reader are not checked."""
    with pytest.raises(CloudFilesError, match=r"cloudFiles\.formt") as failure:
        parse({"cloudFiles.formt": "csv"}, has_schema=False)
    assert failure.value.code == "CF_UNKNOWN_OPTION_KEYS_ERROR"
    assert failure.value.hint == "did you mean cloudFiles.format?"
    loose = {"cloudFiles.format": "csv", "cloudFiles.formt": "x", "cloudFiles.validateOptions": "false", "other": "y"}
    assert parse(loose, has_schema=False).format == "csv"


@pytest.mark.parametrize(
    "key", ["useNotifications", "backfillInterval", "resourceTag.team", "clientSecret", "fetchParallelism"]
)
def test_options_of_the_cloud_are_accepted_and_ignored(key: str) -> None:
    """They tune machinery that a folder does not have."""
    assert parse({"cloudFiles.format": "csv", f"cloudFiles.{key}": "x"}, has_schema=False) == parse(
        {"cloudFiles.format": "csv"}, has_schema=False
    )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, CloudFilesError),
        ({"cloudFiles.format": "docx"}, CloudFilesError),
        ({"cloudFiles.format": "avro"}, Unsupported),
        ({"cloudFiles.format": "csv", "cloudFiles.schemaEvolutionMode": "addNewColumnsWithTypeWidening"}, Unsupported),
        ({"cloudFiles.format": "csv", "cloudFiles.schemaEvolutionMode": "sometimes"}, CloudFilesError),
        ({"cloudFiles.format": "csv", "cloudFiles.maxFilesPerTrigger": "0"}, CloudFilesError),
        ({"cloudFiles.format": "csv", "cloudFiles.maxBytesPerTrigger": "much"}, CloudFilesError),
        ({"cloudFiles.format": "csv", "cloudFiles.inferColumnTypes": "yes"}, CloudFilesError),
        (
            {
                "cloudFiles.format": "csv",
                "cloudFiles.cleanSource": "DELETE",
                "cloudFiles.cleanSource.retentionDuration": "7 days",
            },
            CloudFilesError,
        ),
        ({"cloudFiles.format": "csv", "cloudFiles.cleanSource": "MOVE"}, CloudFilesError),
    ],
)
def test_what_cannot_be_is_said_at_once(options: dict[str, str], error: type[Exception]) -> None:
    """Missing format, unknown values, declared gaps, contradictions."""
    with pytest.raises(error):
        parse(options, has_schema=False)


def test_new_columns_cannot_be_added_to_a_given_schema() -> None:
    """Hints are the way."""
    with pytest.raises(CloudFilesError, match="not supported when the schema is specified"):
        parse({"cloudFiles.format": "csv", "cloudFiles.schemaEvolutionMode": "addNewColumns"}, has_schema=True)


def test_sizes_are_bytes_with_units() -> None:
    """``10g`` and its like."""
    assert [size("x", text) for text in ("100", "1k", "2MB", "10g")] == [100, 1024, 2 << 20, 10 << 30]
    assert file_discovery({"maxFilesPerTrigger": "3"}).max_files == 3
    assert file_discovery({}).max_files is None


@pytest.mark.parametrize("key", ["badRecordsPath", "singleVariantColumn", "prefersDecimal", "inferTimestamp"])
def test_reader_options_that_are_gaps_are_refused_by_name(key: str) -> None:
    """What would change the rows is not left out in silence; what has no effect without inferred types is."""
    asked = {"cloudFiles.format": "json", key: "true", "cloudFiles.inferColumnTypes": "true"}
    with pytest.raises(Unsupported, match=key) as failure:
        parse(asked, has_schema=False)
    assert failure.value.hint
    if key in ("prefersDecimal", "inferTimestamp"):
        parse({**asked, key: "false"}, has_schema=False)
        parse({**asked, "cloudFiles.inferColumnTypes": "false"}, has_schema=False)


def test_the_age_at_which_files_are_forgotten_has_a_least_value() -> None:
    """``maxFileAge``: 14 days."""
    assert (
        parse({"cloudFiles.format": "csv", "cloudFiles.maxFileAge": "90 days"}, has_schema=False).cleaning.max_age
        == 90 * 86400
    )
    for wrong in ("13 days", "soon"):
        with pytest.raises(CloudFilesError, match="maxFileAge"):
            parse({"cloudFiles.format": "csv", "cloudFiles.maxFileAge": wrong}, has_schema=False)
