"""CSV: what a record means, and that no reader sees it differently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from houseboat.autoloader import rows
from houseboat.autoloader.errors import MalformedRecord
from houseboat.autoloader.reader import csv_clean, csv_rows
from houseboat.autoloader.reader.csv_dialect import dialect
from houseboat.autoloader.reader.csv_head import heads
from houseboat.autoloader.reader.csv_split import cells
from tests.autoloader.helpers import inferred, job, options, put, staged

SPLITS = {
    "a,b,c": ["a", "b", "c"],
    ",a,": ["", "a", ""],
    '"a,b",c': ["a,b", "c"],
    '"say ""hi""",2': ['say "hi"', "2"],
    r'"say \"hi\"",2': ['say "hi"', "2"],
    r'"back\\slash",2': ["back\\slash", "2"],
    r'"C:\new",2': [r"C:\new", "2"],
    r"C:\new,2": [r"C:\new", "2"],
    '5" disk,2': ['5" disk', "2"],
    '"x"y,2': ['"x"y', "2"],
    '1,"open,2': ["1", "open,2"],
    '"",2': ["", "2"],
    '" and probably will.""",80188902,,': [' and probably will."', "80188902", "", ""],
    '"Flying Fortress""",x': ['Flying Fortress"', "x"],
    "a": ["a"],
    "é,ü": ["é", "ü"],
}


@pytest.mark.parametrize(("line", "expected"), SPLITS.items())
def test_a_record_splits_as_the_original_splits_it(line: str, expected: list[str]) -> None:
    """Quotes, doubled and escaped quotes, unclosed quotes and text after a quote."""
    with rows.connection("UTC") as con:
        found = con.execute(f"SELECT {cells('line', dialect({}))} FROM (SELECT ? AS line)", [line]).fetchone()
    assert found == (expected,)


REGULAR = {
    "plain": "a,b,c\n1,2,3\n4,,6\n",
    "quoted": 'a,b,c\n1,"x, y",3\n"say ""hi""",,"é"\n',
    "mark and crlf": '\ufeffa,b,c\r\n1,2,3\r\n4,"",6\r\n',
    "no last line end": "a,b,c\n1,2,3",
    "blanks": "a,b,c\n 1 ,\t2,3 \n",
    "quote inside": 'a,b,c\n5" disk,2,3\n',
    "lone backslash": 'a,b,c\nC:\\x,"C:\\y",3\n',
    "comma and blank before an inner quote": 'a,b,c\n1,"A, ""B"", ""C""",3\n',
    "only a header": "a,b,c\n",
}


@pytest.mark.parametrize("content", REGULAR.values(), ids=REGULAR.keys())
def test_every_reader_gives_the_same_rows(content: str, tmp_path: Path, frame: Callable[..., Any]) -> None:
    """A regular file read by the engine, by DuckDB and by the definition."""
    file = put(tmp_path, "f.csv", content)
    task = job([file], "a STRING, b STRING, c STRING", rescued="_rescued_data", with_metadata=True)
    form = dialect({})
    with rows.connection("UTC") as con:
        rows.register([file], con)
        (head,) = heads([file], form, con, header=True)
        assert csv_clean.kinds([file], head, form, con).regular == [file]
        plan = csv_rows.layout(task, head, form)
        fast = con.execute(rows._final(task, [csv_rows.regular_query(task, plan, form, [file])])).fetchall()
        slow = con.execute(rows._final(task, [csv_rows.tolerant_query(task, plan, form, [file])])).fetchall()
    direct = [tuple(row) for row in frame(rows.read("csv", task, tmp_path / "staging")).collect()]
    assert not (tmp_path / "staging").exists()
    assert sorted(map(repr, (row[:4] for row in fast))) == sorted(map(repr, (row[:4] for row in slow)))
    assert sorted(map(repr, (row[:4] for row in direct))) == sorted(map(repr, (row[:4] for row in slow)))
    assert [row[4].asDict() for row in direct] == [
        row[4] | {"file_modification_time": row[4]["file_modification_time"].replace(tzinfo=None)} for row in slow
    ]


DOUBTFUL = {
    "escaped quote": 'a,b,c\n1,"x\\"y",3\n',
    "blank before a quote": 'a,b,c\n1, "x,y",3\n',
    "blank after a quote": 'a,b,c\n1,"x" ,3\n',
    "text after a quote": 'a,b,c\n1,"x"y,3\n',
    "line end in quotes": 'a,b,c\n1,"x\ny",3\n',
    "unclosed": 'a,b,c\n1,"x,3\n4,5,6\n',
    "short": "a,b,c\n1,2\n4,5,6\n",
    "long": "a,b,c\n1,2,3,4\n",
    "lone carriage return": "a,b,c\r1,2,3\r4,5,6\n",
    "nul": "a,b,c\n1,\0,3\n",
    "blank line": "a,b,c\n\n1,2,3\n",
}


@pytest.mark.parametrize("content", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_what_readers_may_see_differently_is_never_called_regular(content: str, tmp_path: Path) -> None:
    """The fast readers are for files that are proven, nothing else."""
    file = put(tmp_path, "f.csv", content)
    form = dialect({})
    with rows.connection("UTC") as con:
        (head,) = heads([file], form, con, header=True)
        assert csv_clean.kinds([file], head, form, con).regular == []


def test_ragged_lines_alone_are_read_by_the_definition_and_nothing_changes(tmp_path: Path) -> None:
    """Good lines by the fast reader, refused ones by the definition: together what the definition alone gives."""
    good = put(tmp_path, "good.csv", "a,b,c\n1,2,3\n")
    bad = put(tmp_path, "bad.csv", 'a,b,c\n1,2,3\n4,"x ""y"" z"\n5,6,7,8,,"n,""é"""\n9,10,"11"\n12\n')
    task = job([good, bad], "a STRING, b STRING, c STRING, _corrupt_record STRING", rescued="_rescued_data")
    form = dialect({})
    with rows.connection("UTC") as con:
        rows.register(task.files, con)
        head = heads([bad], form, con, header=True)[0]
        found = csv_clean.kinds(task.files, head, form, con)
        assert (found.regular, found.ragged, found.other) == ([good], [bad], [])
        plan = csv_rows.layout(task, head, form)
        whole = con.execute(rows._final(task, [csv_rows.tolerant_query(task, plan, form, task.files)])).fetchall()
    assert sorted(map(repr, staged("csv", task))) == sorted(map(repr, whole))
    assert ("5", "6", "7", '5,6,7,8,,"n,""é"""', '{"_c3":"8","_c5":"n,\\"é\\"","_file_path":"lake:/bad.csv"}') in whole
    assert ("12", None, None, "12", None) in whole


def test_columns_go_by_header_name_whatever_their_order(tmp_path: Path) -> None:
    """A missing column is null, an unknown one is rescued, a case variant too."""
    files = [put(tmp_path, "1.csv", "a,b\n1,2\n"), put(tmp_path, "2.csv", "b,A,z\n3,4,5\n")]
    found = staged("csv", job(files, "a STRING, b STRING", rescued="_rescued_data"))
    assert sorted(map(repr, found)) == sorted(
        map(repr, [("1", "2", None), (None, "3", '{"A":"4","z":"5","_file_path":"lake:/2.csv"}')])
    )


def test_case_variants_are_one_column_when_the_reader_is_told_so(tmp_path: Path) -> None:
    """``readerCaseSensitive`` false."""
    file = put(tmp_path, "1.csv", "A,b\n1,2\n")
    task = job([file], "a STRING, b STRING", rescued="_rescued_data", options=options(readerCaseSensitive="false"))
    assert staged("csv", task) == [("1", "2", None)]


def test_a_value_of_another_type_is_null_and_rescued(tmp_path: Path) -> None:
    """The column is null, the text is kept."""
    file = put(tmp_path, "1.csv", "id,price,day,ok\n1,$100.00,2020-01-02,true\nx,1.5,2/1/2020,yes\n3.7,,,\n")
    task = job([file], "id INT, price DECIMAL(9,2), day DATE, ok BOOLEAN", rescued="r", rescued_path=False)
    found = [tuple(map(str, row)) for row in staged("csv", task)]
    assert found == [
        ("1", "None", "2020-01-02", "True", '{"price":"$100.00"}'),
        ("None", "1.50", "None", "None", '{"id":"x","day":"2/1/2020","ok":"yes"}'),
        ("None", "None", "None", "None", '{"id":"3.7"}'),
    ]


def test_without_a_rescued_column_the_raw_line_of_a_malformed_record_is_kept(tmp_path: Path) -> None:
    """``_corrupt_record`` holds the line when a cell does not fit or is missing."""
    file = put(tmp_path, "1.csv", "id,b\n1,x\ny,z\n3\n")
    found = staged("csv", job([file], "id INT, b STRING, _corrupt_record STRING"))
    assert found == [(1, "x", None), (None, "z", "y,z"), (3, None, "3")]


def test_malformed_records_are_dropped_or_refused_as_the_mode_says(tmp_path: Path) -> None:
    """DROPMALFORMED and FAILFAST."""
    file = put(tmp_path, "1.csv", "id,b\n1,x\n2\n3,y\n")
    dropped = job([file], "id STRING, b STRING", options=options(mode="DROPMALFORMED"))
    assert sorted(staged("csv", dropped)) == [("1", "x"), ("3", "y")]
    with pytest.raises(MalformedRecord, match=r"lake:/1\.csv: 2"):
        rows.read("csv", job([file], "id STRING, b STRING", options=options(mode="failfast")), tmp_path / "s")


def test_multi_line_records_keep_their_line_ends(tmp_path: Path) -> None:
    """With ``multiLine`` a quoted cell may hold line ends; without it the line ends the record."""
    file = put(tmp_path, "1.csv", 'a,b\r\n1,"x\r\ny, ""z"""\r\n2\r\n3,4\r\n')
    many = job([file], "a STRING, b STRING", options=options(multiLine="true"))
    assert staged("csv", many) == [("1", 'x\ny, "z"'), ("2", None), ("3", "4")]
    assert staged("csv", job([file], "a STRING, b STRING"))[0] == ("1", "x")


def test_other_dialects_are_understood(tmp_path: Path) -> None:
    """Separator, quote, comment, rows to skip, text for null, trimming, no header, dates."""
    file = put(tmp_path, "1.csv", "made by hand\n#c\na;b\n#1;2\nNA;'x;y'\n;''\n")
    given = options(sep=";", quote="'", comment="#", skipRows="1", nullValue="NA")
    assert inferred("csv", [file], **given) == "a string, b string"
    assert staged("csv", job([file], "a STRING, b STRING", options=given)) == [(None, "x;y"), (None, "")]
    bare = put(tmp_path, "2.csv", "1, x \n2,y\n")
    trim = options(header="false", ignoreLeadingWhiteSpace="true", ignoreTrailingWhiteSpace="true")
    assert inferred("csv", [bare], **trim) == "_c0 string, _c1 string"
    assert staged("csv", job([bare], "_c0 STRING, _c1 STRING", options=trim)) == [("1", "x"), ("2", "y")]
    dated = put(tmp_path, "3.csv", "d,t\n31/12/2019,2019-12-31 10.30\n")
    forms = options(dateFormat="dd/MM/yyyy", timestampFormat="yyyy-MM-dd HH.mm")
    found = staged("csv", job([dated], "d DATE, t TIMESTAMP", options=forms))
    assert [str(value)[:16] for value in found[0]] == ["2019-12-31", "2019-12-31 10:30"]


def test_types_are_found_only_where_asked(tmp_path: Path) -> None:
    """``inferColumnTypes``."""
    file = put(
        tmp_path,
        "1.csv",
        "i,l,d,s,b,day,at,e\n1,5000000000,1.5,x,true,2020-01-01,2020-01-01 10:00:00,\n2,1,2,1,false,2020-01-02,2020-01-01T10:00:00Z,\n",
    )
    assert inferred("csv", [file], types=True) == (
        "i int, l bigint, d double, s string, b boolean, day date, at timestamp, e string"
    )
    assert inferred("csv", [file]) == ", ".join(
        f"{name} string" for name in ["i", "l", "d", "s", "b", "day", "at", "e"]
    )


def test_bad_bytes_and_other_encodings_are_read(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """A byte that is no UTF-8 becomes U+FFFD by every reader; ISO-8859-1 and gzip are decoded."""
    import gzip

    bad = put(tmp_path, "bad.csv", b"a,b\n1,x\xff\n")
    assert frame(rows.read("csv", job([bad], "a STRING, b STRING"), tmp_path / "s1")).collect() == [("1", "x\ufffd")]
    assert frame(rows.read("csv", job([bad], "a INT, b STRING"), tmp_path / "s2")).collect() == [(1, "x\ufffd")]
    latin = put(tmp_path, "latin.csv", "a,b\n1,é\n".encode("latin-1"))
    task = job([latin], "a STRING, b STRING", options=options(encoding="ISO-8859-1"))
    assert frame(rows.read("csv", task, tmp_path / "s3")).collect() == [("1", "é")]
    packed = put(tmp_path, "p.csv.gz", gzip.compress(b"a,b\n1,2\n3\n"))
    task = job([packed], "a STRING, b STRING", rescued="r")
    assert sorted(frame(rows.read("csv", task, tmp_path / "s4")).collect()) == [("1", "2", None), ("3", None, None)]


def test_headers_that_are_empty_or_repeated_become_safe_names(tmp_path: Path) -> None:
    """As Spark names them: position for empty ones, name and position for repeated ones."""
    assert (
        inferred("csv", [put(tmp_path, "1.csv", "a,,a,b\n1,2,3,4\n")]) == "a0 string, _c1 string, a2 string, b string"
    )


def test_file_names_with_pattern_characters_mean_themselves(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """Names such as those of a factory's ``@{utcNow()}``."""
    files = [put(tmp_path, "a [1] 100%.csv", "a\n1\n"), put(tmp_path, "a 1 100%.csv", "a\n2\n")]
    for file, value in zip(files, "12", strict=True):
        assert frame(rows.read("csv", job([file], "a STRING"), tmp_path / value)).collect() == [(value,)]


def test_very_long_lines_are_read(tmp_path: Path) -> None:
    """Three million characters, in a regular file and beside a short record."""
    long = "x" * 3_000_000
    files = [put(tmp_path, "1.csv", f"a,b\n{long},2\n"), put(tmp_path, "2.csv", f"a,b\n{long},2\n3\n")]
    found = staged("csv", job(files, "a STRING, b STRING"))
    assert sorted((len(a), b) for a, b in found) == [(1, None), (3_000_000, "2"), (3_000_000, "2")]


def test_files_without_records_give_no_rows(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """Empty, blank, only a header."""
    files = [put(tmp_path, f"{at}.csv", text) for at, text in enumerate(["", "\n\n", "a\n"])]
    assert frame(rows.read("csv", job(files, "a STRING", with_metadata=True), tmp_path / "s")).collect() == []


def test_many_files_with_metadata_are_staged_and_few_are_not(tmp_path: Path, frame: Callable[..., Any]) -> None:
    """A plan does not grow with the number of files; the rows are the same."""
    files = [put(tmp_path, f"{at:03}.csv", f"a\n{at}\n") for at in range(80)]
    task = job(files, "a STRING", with_metadata=True)
    found = frame(rows.read("csv", task, tmp_path / "s")).collect()
    assert (tmp_path / "s").exists()
    assert sorted((row[0], row[1]["file_name"]) for row in found) == sorted(
        (str(at), f"{at:03}.csv") for at in range(80)
    )
