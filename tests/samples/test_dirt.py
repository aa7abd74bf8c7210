"""The dirt of a generated catalogue is that of the public files, kind by kind."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

from houseboat.samples import Summary, generate

BOM = b"\xef\xbb\xbf"
WIDTH = 9
TYPES = {"Movie", "TV Show"}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A catalogue of three drops."""
    return generate(tmp_path_factory.mktemp("dirt"), 2_000, 11)


def cells(file: Path) -> list[list[str]]:
    """All lines of a CSV file as the standard library reads them, header left out."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))[1:]


def shape(first: list[str], second: list[str]) -> str | None:
    """How a record is cut into these two lines: "title", "description", or not at all."""
    filled = max((n for n, value in enumerate(first) if value), default=0)
    if first[2] not in TYPES or not second[0].endswith('"') or any(first[filled + 1 :]):
        return None
    if filled == 3 and second[2].isdigit() and second[5].isdigit() and not any(second[8:]):
        return "title"
    if filled == 7 and second[1].isdigit() and second[0].startswith(" "):
        return "description"
    return None


def cuts(lines: list[list[str]]) -> list[str]:
    """The shape of every pair of lines that is one record."""
    pairs = itertools.pairwise(lines)
    return [found for first, second in pairs if (found := shape(first, second))]


def test_broken_records_have_the_shape_of_the_public_ones(catalogue: Summary, shared: Path) -> None:
    """One test for both: the public file holds one record cut in its title and one cut in its description."""
    assert cuts(cells(shared / "data" / "netflix" / "netflix_titles.csv")) == ["title", "description"]
    made = cuts(cells(catalogue.folder / "drop-1" / "netflix_titles.csv"))
    assert len(made) == catalogue.drops[0].titles["broken_records"]
    assert set(made) == {"title", "description"}


def test_every_line_is_as_wide_as_its_header(catalogue: Summary) -> None:
    """As in the public files: what is broken is shifted, not ragged."""
    for drop in catalogue.drops:
        lines = cells(catalogue.folder / f"drop-{drop.number}" / "netflix_titles.csv")
        assert {len(line) for line in lines} == {len(drop.columns)}


def test_a_repaired_title_joins_what_was_cut(catalogue: Summary) -> None:
    """The first broken record of a drop arrives whole in the next: its text is that of both lines less the quote."""
    broken = cells(catalogue.folder / "drop-1" / "netflix_titles.csv")
    first, second = next(pair for pair in itertools.pairwise(broken) if shape(*pair))
    number = second[5] if shape(first, second) == "title" else second[1]
    whole = next(line for line in cells(catalogue.folder / "drop-2" / "netflix_titles.csv") if line[8] == number)
    cut = 3 if shape(first, second) == "title" else 7
    assert whole[cut].replace(" ", "") == (first[cut] + second[0].removesuffix('"')).replace(" ", "")


def test_each_kind_of_dirt_is_in_each_drop(catalogue: Summary) -> None:
    """Even in the small drops: broken and missing ids, duplicates, missing values, blanks."""
    for drop in catalogue.drops:
        for kind in ("broken_rows", "no_show_id", "duplicates", "no_rating", "no_date", "padded"):
            assert drop.titles[kind] > 0, (drop.number, kind)
        for name, counts in drop.lookups.items():
            for kind in ("duplicates", "no_such_title", "unknown_ids", "padded"):
                assert counts[kind] > 0, (drop.number, name, kind)
            assert counts["titles_without"] > 0 or name == "category", "every public title has a category"


def test_three_drops_write_dates_in_three_ways(catalogue: Summary) -> None:
    """m/d/yyyy, dd-mm-yyyy, Month d, yyyy."""
    first, second, third = (
        next(line[4] for line in cells(catalogue.folder / f"drop-{number}" / "netflix_titles.csv") if line[4])
        for number in (1, 2, 3)
    )
    assert first.count("/") == 2
    assert second.count("-") == 2
    assert third.split(" ")[1].endswith(",")


def test_the_third_drop_brings_a_column(catalogue: Summary) -> None:
    """``language`` is new in drop 3, filled for what is new or corrected, empty for what is sent again unchanged."""
    assert [len(drop.columns) for drop in catalogue.drops] == [WIDTH, WIDTH, WIDTH + 1]
    counts = catalogue.drops[2].titles
    lines = cells(catalogue.folder / "drop-3" / "netflix_titles.csv")
    empty = [line for line in lines if line[8] and not line[9]]
    assert len(empty) == counts["resends"]


def test_some_files_begin_with_a_byte_order_mark_and_the_manifest_says_which(catalogue: Summary) -> None:
    """As in the public files, where one publisher's copy has it and the other's has not."""
    for drop in catalogue.drops:
        folder = catalogue.folder / f"drop-{drop.number}"
        marked = {name for name in drop.files if (folder / name).read_bytes().startswith(BOM)}
        assert marked == {f"netflix_{kind}.csv" for kind in drop.bom}
        assert 0 < len(marked) < len(drop.files)


def test_quotes_commas_and_accents_stand_inside_quoted_text(catalogue: Summary) -> None:
    """A reader that is wrong about quoting or encoding does not pass."""
    lines = cells(catalogue.folder / "drop-1" / "netflix_titles.csv")
    text = [line[3] + line[7] for line in lines]
    assert any('"' in value and "," in value for value in text)
    assert any("ñ" in value for value in text)
    people = [line[0] for line in cells(catalogue.folder / "drop-1" / "netflix_cast.csv")]
    assert any('"' in name for name in people)
    assert any(name != name.strip() for name in people)


def test_without_dirt_there_is_none(tmp_path: Path) -> None:
    """Corrections, resends and deletions stay: they are news, not dirt."""
    summary = generate(tmp_path, 2_000, 11, dirt=False)
    for drop in summary.drops:
        for kind in ("broken_rows", "no_show_id", "duplicates", "no_rating", "no_date", "padded", "repaired"):
            assert drop.titles[kind] == 0, kind
        for counts in drop.lookups.values():
            assert counts["rows"] == counts["pairs"]
        assert drop.bom == ()
    assert summary.drops[1].titles["corrections"] > 0
    assert summary.drops[2].lookups["cast"]["deleted"] > 0


def test_distributions_follow_the_public_listing(tmp_path: Path, shared: Path) -> None:
    """Share of movies, median minutes, cast per title, share of titles without director: near the measured ones."""
    generate(tmp_path, 6_000, 3, drops=1, dirt=False, cast=7.1)
    made, real = figures(tmp_path / "drop-1"), figures(shared / "data" / "netflix")
    for name, value in real.items():
        assert made[name] == pytest.approx(value, rel=0.08), name


def figures(folder: Path) -> dict[str, float]:
    """A few measures of a catalogue."""
    titles = [line for line in cells(folder / "netflix_titles.csv") if line[2] in TYPES and line[8].isdigit()]
    minutes = sorted(int(line[0]) for line in titles if line[0])
    rows = {name: cells(folder / f"netflix_{name}.csv") for name in ("cast", "directors", "countries", "category")}
    return {
        "movies": len(minutes) / len(titles),
        "median minutes": minutes[len(minutes) // 2],
        "description": sum(len(line[7]) for line in titles) / len(titles),
        "without director": 1 - len({line[1] for line in rows["directors"]}) / len(titles),
        **{name: len(lines) / len(titles) for name, lines in rows.items()},
    }
