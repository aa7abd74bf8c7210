"""Settings of a Copy: what counts, what is refused by name, and what has no effect at home."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from factory_home import copy, dataset

from houseboat.errors import RunFailed
from houseboat.factory.copying.settings import GAPS, NO_EFFECT

if TYPE_CHECKING:
    from factory_home import Home

    from houseboat.runs import Json

TEXT = "a,b\n1,2\n3,4,5\n6,x\n"


def rows(home: Home, to: str = "Json", **settings: Json) -> dict[str, Json]:
    """Copy a.csv, and return the activity's output."""
    home.pipeline([copy(dataset("lake_DelimitedText", file="a.csv"), dataset(f"lake_{to}", file="b"), **settings)])
    home.run()
    return home.activities()["Copy"].output


def typed(**types: str) -> dict[str, Json]:
    """A translator that gives the sink's columns these types, as the editor writes it."""
    mappings = [
        {"source": {"name": name, "type": "String"}, "sink": {"name": name, "type": kind}}
        for name, kind in types.items()
    ]
    usual = {"allowDataTruncation": True, "treatBooleanAsNumber": False}
    return {"type": "TabularTranslator", "mappings": mappings, "typeConversion": True, "typeConversionSettings": usual}


def test_rows_that_do_not_fit_are_skipped_counted_and_logged(home: Home) -> None:
    """Neither the row with one column more nor the value that is no number is in the file; both are in the log."""
    home.put("a.csv", TEXT)
    log = {"linkedServiceName": {"referenceName": "ls_lake", "type": "LinkedServiceReference"}, "path": "data/logs"}
    output = rows(
        home,
        translator=typed(a="Int32", b="Int64"),
        enableSkipIncompatibleRow=True,
        logSettings={"enableCopyActivityLog": True, "logLocationSettings": log},
    )
    assert (output["rowsRead"], output["rowsCopied"], output["rowsSkipped"]) == (3, 1, 2)
    assert home.read("b") == '{"a":1,"b":2}\n'
    assert output["logFilePath"].startswith("data/logs/copyactivity-logs/Copy/")
    lines = home.read(output["logFilePath"].removeprefix("data/")).splitlines()
    assert lines[0] == "Timestamp,Level,OperationName,OperationItem,Message"
    assert len(lines) == 3
    assert 'Warning,TabularRowSkip,"3,4,5",Found more columns than expected column count 2.' in lines[1]
    assert '"6,x"' in lines[2]


def test_the_older_setting_for_skipped_rows_is_known(home: Home) -> None:
    """``redirectIncompatibleRowSettings`` names the log's place; the output calls it ``redirectRowPath``."""
    home.put("a.csv", TEXT)
    redirect = {"linkedServiceName": "ls_lake", "path": "data/skipped"}
    output = rows(home, enableSkipIncompatibleRow=True, redirectIncompatibleRowSettings=redirect)
    assert output["rowsSkipped"] == 1
    assert "3,4,5" in home.read(output["redirectRowPath"].removeprefix("data/"))


def test_without_fault_tolerance_a_value_that_cannot_be_converted_fails_the_copy(home: Home) -> None:
    """The type that a mapping gives a column counts."""
    home.put("a.csv", "a,b\n1,2\n6,x\n")
    with pytest.raises(RunFailed, match="'x'"):
        rows(home, translator=typed(a="Int32", b="Int64"))


def test_types_of_a_mapping_are_those_of_the_file(home: Home) -> None:
    """Parquet has a number and a time where the mapping says so; text files stay texts."""
    import pyarrow.parquet as pq

    home.put("a.csv", "a,b\n1,2026-01-02 03:04:05\n")
    rows(home, "Parquet", translator=typed(a="Int32", b="DateTime"))
    from factory_home import LAKE

    schema = pq.read_schema(home.lake.local(f"{LAKE}/b"))
    assert [str(field.type) for field in schema] == ["int32", "timestamp[us]"]
    rows(home, "DelimitedText", translator=typed(a="Int32", b="DateTime"))
    assert home.read("b") == '"a","b"\r\n"1","2026-01-02 03:04:05"\r\n'


def test_consistency_is_verified_where_it_is_asked_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are compared after they were written, rows are counted; what is not the same is not published."""
    home.put("a.csv", TEXT)
    binary = copy(dataset("lake_Binary", file="a.csv"), dataset("lake_Binary", file="c"), validateDataConsistency=True)
    home.pipeline([binary])
    home.run()
    verified = {"VerificationResult": "Verified", "InconsistentData": "None"}
    assert home.activities()["Copy"].output["dataConsistencyVerification"] == verified
    home.put("a.csv", "a,b\n1,2\n")
    assert rows(home, validateDataConsistency=True)["dataConsistencyVerification"] == verified
    assert rows(home)["dataConsistencyVerification"] == {"VerificationResult": "NotVerified"}

    def torn(stream: Json, out: Json, seen: Json) -> None:
        seen.update(stream.read())
        out.write(b"half")

    monkeypatch.setattr("houseboat.factory.copying.work._copy_blocks", torn)
    home.pipeline([{**binary, "outputs": [dataset("lake_Binary", file="d")]}])
    with pytest.raises(RunFailed, match="DataConsistencyVerificationFailed"):
        home.run()
    assert not home.lake.local("abfss://data@account.dfs.core.windows.net/d").exists()


ASKING: dict[str, Json] = {
    "skipErrorFile.fileMissing": True,
    "skipErrorFile.fileForbidden": True,
    "skipErrorFile.dataInconsistency": True,
    "skipErrorFile.invalidFileName": True,
    "source.fileListPath": "data/list.txt",
    "source.enablePartitionDiscovery": True,
    "source.partitionRootPath": "data/in",
    "sink.maxRowsPerFile": 1000,
    "translator.collectionReference": "$['items']",
    "translator.mapComplexValuesToString": True,
    "translator.schemaMapping": {"a": "b"},
    "translator.typeConversionSettings.treatBooleanAsNumber": True,
    "translator.typeConversionSettings.dateTimeFormat": "dd/MM/yyyy",
    "translator.typeConversionSettings.dateTimeOffsetFormat": "dd/MM/yyyy zzz",
    "translator.typeConversionSettings.timeSpanFormat": "hh:mm",
    "translator.typeConversionSettings.culture": "de-DE",
}


def nested(name: str, value: Json) -> dict[str, Json]:
    """A setting by its path: ``a.b`` as ``{"a": {"b": ...}}``."""
    for part in reversed(name.split(".")):
        value = {part: value}
    return dict(value)


@pytest.mark.parametrize("name", GAPS)
def test_a_setting_that_asks_for_a_gap_is_refused_by_name(home: Home, name: str) -> None:
    """The error names the activity, the setting, its value, its place and what to do instead; nothing is written."""
    home.put("a.csv", TEXT)
    with pytest.raises(RunFailed) as caught:
        rows(home, **nested(name, ASKING[name]))
    assert name in caught.value.message
    assert GAPS[name].instead in caught.value.message
    assert str(caught.value.place).endswith(f"activities[0].typeProperties.{name}")
    assert not home.lake.local("abfss://data@account.dfs.core.windows.net/b").exists()


@pytest.mark.parametrize("name", GAPS)
def test_a_setting_at_its_default_is_accepted(home: Home, name: str) -> None:
    """The editor writes defaults out; they ask for nothing."""
    home.put("a.csv", "a,b\n1,2\n")
    for harmless in (None, "", *GAPS[name].harmless):
        assert rows(home, **nested(name, harmless))["rowsCopied"] == 1


@pytest.mark.parametrize("name", [name for name in NO_EFFECT if name != "logStorageSettings"])
def test_a_setting_for_the_cloud_changes_nothing(home: Home, name: str) -> None:
    """Power, staging and attributes are accepted."""
    home.put("a.csv", "a,b\n1,2\n")
    assert rows(home, **nested(name, True if name.startswith("translator") else {"x": 2}))["rowsCopied"] == 1


def test_lines_end_as_the_sink_says(home: Home) -> None:
    """``rowDelimiter`` of a sink's dataset ends the lines that are written; another one than the usual is refused."""
    place = {"location": {"type": "AzureBlobFSLocation", "fileSystem": "data", "fileName": "b"}, "escapeChar": '"'}
    link = {"referenceName": "ls_lake", "type": "LinkedServiceReference"}

    def written(**settings: Json) -> str:
        properties = {"type": "DelimitedText", "linkedServiceName": link, "typeProperties": {**place, **settings}}
        home.write("dataset", "lake_Lines", properties)
        home.pipeline([copy(dataset("lake_DelimitedText", file="a.csv"), dataset("lake_Lines"))])
        home.run()
        return home.read("b")

    home.put("a.csv", "a,b\n1,2\n")
    assert written(rowDelimiter="\n") == '"1","2"\n'
    assert written() == '"1","2"\r\n'
    for unknown in ({"rowDelimiter": "|"}, {"columnDelimiter": "||"}):
        with pytest.raises(RunFailed, match="is not known here"):
            written(**unknown)


def test_a_packed_file_is_verified_as_what_is_inside(home: Home) -> None:
    """What is compared are the bytes that are written."""
    settings = {
        "location": {"type": "AzureBlobFSLocation", "fileSystem": "data", "fileName": "a.gz"},
        "compression": {"type": "GZip"},
    }
    link = {"referenceName": "ls_lake", "type": "LinkedServiceReference"}
    home.write("dataset", "lake_Zipped", {"type": "Binary", "linkedServiceName": link, "typeProperties": settings})
    home.put("a.gz", gzip.compress(b"inside"))
    home.pipeline([copy(dataset("lake_Zipped"), dataset("lake_Binary", file="b"), validateDataConsistency=True)])
    home.run()
    assert home.read("b") == "inside"


def test_a_pipeline_beyond_the_services_limits_runs_and_is_warned_about(home: Home) -> None:
    """What Azure would refuse is said before it is deployed; the run's output holds the sentences."""
    inner = {"name": "In", "type": "ForEach", "typeProperties": {"items": "@createArray(1)", "activities": []}}
    outer = {
        "name": "Out",
        "type": "ForEach",
        "typeProperties": {"items": "@createArray(1)", "batchCount": 60, "activities": [inner]},
    }
    told: list[str] = []
    home.runs.listeners.append(lambda event: told.append(event.message) if event.what == "progress" else None)
    parameters = {f"p{number}": {"type": "string", "defaultValue": ""} for number in range(51)}
    home.pipeline([outer], parameters=parameters, concurrency=1)
    warnings = home.run()["warnings"]
    assert [sentence in told for sentence in warnings] == [True, True, True]
    assert "at most 50 parameters of a pipeline; the pipeline has 51" in warnings[0]
    assert "batchCount" in warnings[1]
    assert "activity 'In' has 2" in warnings[2]
    assert json.loads(json.dumps(warnings)) == warnings
