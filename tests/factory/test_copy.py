"""Copy: bytes, rows, names, and never half a file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from factory_home import LAKE, Home, copy, dataset

from houseboat.errors import RunFailed
from houseboat.factory.connectors.http import join
from houseboat.factory.copying import work

if TYPE_CHECKING:
    from houseboat.runs import Json

CSV = 'id,name\r\n1,"a, ""b"""\r\n2,\r\n3,"two\nlines"\r\n'


def done(home: Home, name: str = "Copy") -> dict[str, Json]:
    """A Copy's output."""
    return home.activities()[name].output


def test_binary_from_the_web_is_the_same_bytes(home: Home) -> None:
    """No rows are counted, and a web address has no files."""
    home.serve("a.csv", "\ufeff" + CSV)
    home.pipeline([copy(dataset("web_Binary", url="a.csv"), dataset("lake_Binary", folder="in", file="b.csv"))])
    home.run()
    assert home.read("in/b.csv") == "\ufeff" + CSV
    output = done(home)
    size = len(("\ufeff" + CSV).encode())
    assert (output["dataRead"], output["dataWritten"], output["filesWritten"]) == (size, size, 1)
    assert "rowsCopied" not in output
    assert "filesRead" not in output
    assert output["executionDetails"][0]["source"] == {"type": "HttpServer"}


def test_copying_again_leaves_the_same_state(home: Home) -> None:
    """A second run overwrites and leaves nothing else behind."""
    home.serve("a.csv", CSV)
    home.pipeline([copy(dataset("web_Binary", url="a.csv"), dataset("lake_Binary", folder="in"))])
    for _ in range(2):
        home.run()
    assert [path.name for path in home.lake.local(f"{LAKE}/in").iterdir()] == ["a.csv"]
    assert list((home.lake.root / ".staging").iterdir()) == []


def test_a_copy_that_dies_leaves_the_old_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens before the rename, readers see what was there."""
    home.serve("a.csv", "new")
    home.put("in/a.csv", "old")

    def die(made: Path, place: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(work, "publish", die)
    home.pipeline([copy(dataset("web_Binary", url="a.csv"), dataset("lake_Binary", folder="in"))])
    with pytest.raises(RunFailed, match="No space left on device"):
        home.run()
    assert home.read("in/a.csv") == "old"
    assert home.activities()["Copy"].error["failureType"] == "SystemError"


def test_delimited_text_is_read_and_written_by_the_dialects_of_both_sides(home: Home) -> None:
    """Quotes, blanks, line breaks inside values; every text quoted, lines ended by CR LF."""
    home.serve("a.csv", "\ufeff" + CSV)
    home.pipeline([copy(dataset("web_DelimitedText", url="a.csv"), dataset("lake_DelimitedText", file="b.csv"))])
    home.run()
    assert home.read("b.csv") == '"id","name"\r\n"1","a, ""b"""\r\n"2",\r\n"3","two\nlines"\r\n'
    assert (done(home)["rowsRead"], done(home)["rowsCopied"]) == (3, 3)


def test_text_is_quoted_only_where_needed_when_so_asked(home: Home) -> None:
    """``quoteAllText`` false."""
    home.put("a.csv", CSV)
    settings = {
        "formatSettings": {"type": "DelimitedTextWriteSettings", "quoteAllText": False, "fileExtension": ".txt"}
    }
    home.pipeline(
        [copy(dataset("lake_DelimitedText", file="a.csv"), dataset("lake_DelimitedText", file="b.csv"), sink=settings)]
    )
    home.run()
    assert home.read("b.csv") == CSV


def test_rows_with_more_columns_than_the_header_are_an_error_not_a_loss(home: Home) -> None:
    """The file and the reason are named; nothing is written."""
    home.put("a.csv", "a,b\n1,2\n1,2,3\n")
    home.pipeline([copy(dataset("lake_DelimitedText", file="a.csv"), dataset("lake_DelimitedText", file="b.csv"))])
    with pytest.raises(RunFailed, match="found more columns than expected column count, in abfss://data@account"):
        home.run()
    assert not home.lake.local(f"{LAKE}/b.csv").exists()


def test_rows_change_their_format(home: Home) -> None:
    """CSV to Parquet to JSON to CSV, and the values are still there."""
    home.put("a.csv", "id,at\n1,2026-01-02T00:00:00Z\n2,\n")
    first = copy(dataset("lake_DelimitedText", file="a.csv"), dataset("lake_Parquet", folder="p"), "C1")
    second = copy(dataset("lake_Parquet", folder="p", file="a.parquet"), dataset("lake_Json", file="a.json"), "C2")
    third = copy(dataset("lake_Json", file="a.json"), dataset("lake_DelimitedText", file="c.csv"), "C3")
    second["dependsOn"] = [{"activity": "C1", "dependencyConditions": ["Succeeded"]}]
    third["dependsOn"] = [{"activity": "C2", "dependencyConditions": ["Succeeded"]}]
    home.pipeline([first, second, third])
    home.run()
    assert home.read("a.json") == '{"id":"1","at":"2026-01-02T00:00:00Z"}\n{"id":"2","at":null}\n'
    assert home.read("c.csv") == '"id","at"\r\n"1","2026-01-02T00:00:00Z"\r\n"2",\r\n'


def test_columns_are_mapped_and_added(home: Home) -> None:
    """Renamed, left out, by position; the path, a copy of a column and a constant."""
    home.put("in/a.csv", "a,b,c\n1,2,3\n")
    mappings = [
        {"source": {"name": "b"}, "sink": {"name": "B"}},
        {"source": {"ordinal": 1}, "sink": {"name": "first"}},
        {"source": {"name": "path"}, "sink": {"name": "path"}},
        {"source": {"name": "day"}, "sink": {"name": "day"}},
        {"source": {"name": "again"}, "sink": {"name": "again"}},
    ]
    added = [
        {"name": "path", "value": "$$FILEPATH"},
        {"name": "day", "value": "@formatDateTime('2026-01-02', 'yyyyMMdd')"},
        {"name": "again", "value": "$$COLUMN:c"},
    ]
    home.pipeline(
        [copy(dataset("lake_DelimitedText", folder="in"), dataset("lake_DelimitedText", folder="out"),
              source={"additionalColumns": added}, translator={"type": "TabularTranslator", "mappings": mappings})]
    )  # fmt: skip
    home.run()
    assert home.read("out/a.csv") == '"B","first","path","day","again"\r\n"2","1","a.csv","20260102","3"\r\n'


def test_a_mapping_to_a_column_that_is_not_there_names_those_that_are(home: Home) -> None:
    """The error lists the source's columns."""
    home.put("a.csv", "a,b\n1,2\n")
    translator = {"type": "TabularTranslator", "mappings": [{"source": {"name": "x"}, "sink": {"name": "y"}}]}
    home.pipeline(
        [
            copy(
                dataset("lake_DelimitedText", file="a.csv"),
                dataset("lake_DelimitedText", file="b.csv"),
                translator=translator,
            )
        ]
    )
    with pytest.raises(RunFailed, match=r"Column 'x' .* Its columns are 'a, b'"):
        home.run()


@pytest.mark.parametrize(
    ("behavior", "read", "expected"),
    [
        ("PreserveHierarchy", {}, ["1.csv", "x/2.csv", "x/y/3.txt"]),
        ("PreserveHierarchy", {"recursive": False}, ["1.csv"]),
        ("PreserveHierarchy", {"wildcardFileName": "*.csv"}, ["1.csv", "x/2.csv"]),
        (
            "PreserveHierarchy",
            {"wildcardFolderPath": "in/*", "wildcardFileName": "?.csv", "recursive": False},
            ["x/2.csv"],
        ),
        ("PreserveHierarchy", {"prefix": "in/x/"}, ["2.csv", "y/3.txt"]),
        ("PreserveHierarchy", {"modifiedDatetimeStart": "2999-01-01T00:00:00Z"}, []),
    ],
)
def test_which_files_are_read_and_how_they_are_called(
    home: Home, behavior: str, read: Json, expected: list[str]
) -> None:
    """Folders, wildcards, prefixes and times."""
    for path in ("in/1.csv", "in/x/2.csv", "in/x/y/3.txt"):
        home.put(path, path)
    home.pipeline(
        [copy(dataset("lake_Binary", folder="in"), dataset("lake_Binary", folder="out"),
              source={"storeSettings": {"type": "AzureBlobFSReadSettings", **read}},
              sink={"storeSettings": {"type": "AzureBlobFSWriteSettings", "copyBehavior": behavior}})]
    )  # fmt: skip
    home.run()
    out = home.lake.local(f"{LAKE}/out")
    assert sorted(file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()) == expected


@pytest.mark.parametrize(("behavior", "files"), [("FlattenHierarchy", 3), ("MergeFiles", 1)])
def test_files_are_flattened_or_merged_under_names_that_stay(home: Home, behavior: str, files: int) -> None:
    """Generated names come from the source, so that a second run overwrites."""
    for path in ("in/1.csv", "in/x/2.csv", "in/x/y/3.csv"):
        home.put(path, path[-5])
    sink = {"storeSettings": {"type": "AzureBlobFSWriteSettings", "copyBehavior": behavior}}
    home.pipeline([copy(dataset("lake_Binary", folder="in"), dataset("lake_Binary", folder="out"), sink=sink)])
    home.run()
    home.run()
    made = sorted(home.lake.local(f"{LAKE}/out").iterdir())
    assert len(made) == files
    assert "".join(sorted("".join(file.read_text() for file in made))) == "123"


def test_many_files_do_not_fit_into_one_name(home: Home) -> None:
    """The hint names the behaviour that merges."""
    home.put("in/1", "1")
    home.put("in/2", "2")
    home.pipeline([copy(dataset("lake_Binary", folder="in"), dataset("lake_Binary", file="x"))])
    with pytest.raises(RunFailed, match=r"2 files cannot all be written to 'x' .*MergeFiles"):
        home.run()


def test_rows_of_many_files_are_merged_by_column_name(home: Home) -> None:
    """Columns in another order find their place."""
    home.put("in/1.csv", "a,b\n1,2\n")
    home.put("in/2.csv", "b,a\n4,3\n")
    sink = {"storeSettings": {"type": "AzureBlobFSWriteSettings", "copyBehavior": "MergeFiles"}}
    home.pipeline(
        [copy(dataset("lake_DelimitedText", folder="in"), dataset("lake_DelimitedText", file="all.csv"), sink=sink)]
    )
    home.run()
    assert home.read("all.csv") == '"a","b"\r\n"1","2"\r\n"3","4"\r\n'


def test_a_gzipped_source_is_unpacked(home: Home) -> None:
    """A Binary dataset with a compression gives the bytes inside."""
    settings = {
        "location": {"type": "AzureBlobFSLocation", "fileSystem": "data", "fileName": "a.csv.gz"},
        "compression": {"type": "GZip"},
    }
    link = {"referenceName": "ls_lake", "type": "LinkedServiceReference"}
    home.write("dataset", "lake_Zipped", {"type": "Binary", "linkedServiceName": link, "typeProperties": settings})
    home.put("a.csv.gz", gzip.compress(b"inside"))
    home.pipeline([copy(dataset("lake_Zipped"), dataset("lake_Binary", folder="out"))])
    home.run()
    assert home.read("out/a.csv") == "inside"


def test_a_json_file_with_an_additional_column_becomes_a_watermark(home: Home) -> None:
    """A common trick of public pipelines: one object, one more column, written as JSON."""
    home.put("empty.json", '{"dummy": "dummy"}')
    added = [{"name": "cdc", "value": "@concat('2026', '-01-02')"}]
    home.pipeline(
        [
            copy(
                dataset("lake_Json", file="empty.json"),
                dataset("lake_Json", file="cdc.json"),
                source={"additionalColumns": added},
            )
        ]
    )
    home.run()
    assert home.read("cdc.json") == '{"dummy":"dummy","cdc":"2026-01-02"}\n'


def test_a_copy_that_was_never_configured_says_so(home: Home) -> None:
    """Half a Copy is found in many repositories."""
    home.pipeline([{"name": "C", "type": "Copy", "typeProperties": {"source": {}, "sink": {}}}])
    with pytest.raises(RunFailed, match="exactly one dataset in 'inputs', and this one has 0"):
        home.run()


def test_bytes_and_rows_do_not_mix(home: Home) -> None:
    """Binary goes to Binary only."""
    home.put("a.csv", CSV)
    home.pipeline([copy(dataset("lake_Binary", file="a.csv"), dataset("lake_DelimitedText", file="b.csv"))])
    with pytest.raises(RunFailed, match="Binary can only be copied to Binary"):
        home.run()


def test_a_file_name_cannot_leave_the_lake(home: Home) -> None:
    """Neither by the dataset nor by an expression."""
    home.put("a.csv", CSV)
    home.pipeline([copy(dataset("lake_Binary", file="a.csv"), dataset("lake_Binary", file="../../../x"))])
    with pytest.raises(RunFailed, match="would leave its folder"):
        home.run()
    assert list(home.folder.rglob("x")) == []


@pytest.mark.parametrize(
    ("base", "relative", "joined"),
    [
        ("https://h/a/", "/b.csv", "https://h/a/b.csv"),
        ("https://h/a", "b.csv", "https://h/a/b.csv"),
        ("https://h/a/", "", "https://h/a/"),
        ("https://h/a", "?q=1", "https://h/a?q=1"),
        ("https://h/a", "https://other/b", "https://other/b"),
    ],
)
def test_base_and_relative_addresses_join_with_one_slash(base: str, relative: str, joined: str) -> None:
    """With and without slashes on either side."""
    assert join(base, relative) == joined
