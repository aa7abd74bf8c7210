"""The independent check agrees with the golden facts of the real files."""

from __future__ import annotations

from pathlib import Path

import expected

GOLDEN = expected.Figures(
    bronze_titles=6236,
    titles=6232,
    quarantined={"netflix_titles": 4, "netflix_cast": 10, "netflix_directors": 2, "netflix_countries": 2, "netflix_category": 3},
    people=30717,
    genres=42,
    countries=113,
    pairs={"cast": 44300, "directors": 4849, "countries": 7177, "category": 13667},
    minutes=422538,
    seasons=3504,
    by_year={
        2008: 2, 2009: 2, 2010: 1, 2011: 13, 2012: 7, 2013: 12, 2014: 25, 2015: 90, 2016: 456, 2017: 1299, 2018: 1781,
        2019: 2349, 2020: 184, None: 11,
    },
    without_rating=10,
)  # fmt: skip


def test_duckdb_finds_the_golden_figures_in_the_real_files(shared: Path) -> None:
    """The figures that the project promises are what the files hold."""
    assert expected.figures(shared / "data" / "netflix") == GOLDEN


def test_the_other_form_of_dates_gives_the_same_figures(shared: Path) -> None:
    """Every date of the second drop is the same day in another form."""
    found = expected.figures(shared / "data" / "netflix_dmy")
    assert (found.by_year, found.minutes, found.pairs) == (GOLDEN.by_year, GOLDEN.minutes, GOLDEN.pairs)


def test_the_second_drop_changes_36_titles(shared: Path) -> None:
    """The text of 36 titles lost letters; nothing else differs."""
    assert expected.changed_titles(shared / "data" / "netflix", shared / "data" / "netflix_dmy") == 36
