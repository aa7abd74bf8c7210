"""What a generated catalogue promises: the same bytes everywhere, every kind of dirt, and a manifest that is true."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from houseboat.samples import SampleError, Summary, generate
from houseboat.samples.catalogue import write_catalogue
from houseboat.samples.dice import Dice
from houseboat.samples.lookups import tables
from houseboat.samples.plan import Plan

TITLES = 2_000
SEED = 5
CHECKSUM = "9510dad0de8b7db50f08f9ea2dcc0766f9ea4d05d1470ddc1135d9599bea06d1"

Rows = Callable[[str], list[tuple[Any, ...]]]


def checksum(folder: Path) -> str:
    """One digest over all files below a folder, by name and content."""
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A catalogue of three drops."""
    return generate(tmp_path_factory.mktemp("catalogue"), TITLES, SEED)


@pytest.fixture(scope="module")
def rows(catalogue: Summary) -> Rows:
    """A query over the views ``titles`` (one row per line, with ``drop``) and one per lookup, as DuckDB parses them."""
    connection = duckdb.connect()
    for name in ("titles", *(table.name for table in tables(3.0))):
        parts = [
            f"select {drop.number} as drop, * from "
            f"read_csv('{catalogue.folder}/drop-{drop.number}/netflix_{name}.csv', "
            "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false, "
            f"columns = {columns(catalogue, drop.number, name)})"
            for drop in catalogue.drops
        ]
        connection.execute(f'create view "{name}" as {" union all by name ".join(parts)}')
    connection.execute(
        "create view valid as select drop, try_cast(show_id as bigint) as id, * from titles "
        "where try_cast(show_id as bigint) is not null and type in ('Movie', 'TV Show')"
    )
    return lambda query: connection.execute(query).fetchall()


def columns(catalogue: Summary, drop: int, name: str) -> dict[str, str]:
    """Columns of a file, all as text."""
    header = (catalogue.folder / f"drop-{drop}" / f"netflix_{name}.csv").open(encoding="utf-8-sig").readline().strip()
    return dict.fromkeys(header.split(","), "VARCHAR")


def test_the_same_arguments_give_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    """The checksum of a small catalogue is pinned; it changes only when the generator is changed on purpose."""
    generate(tmp_path, 300, SEED, files_per_drop=2)
    assert checksum(tmp_path) == CHECKSUM


@pytest.mark.parametrize("chunk", [1, 37, 150])
def test_the_chunk_leaves_no_trace(tmp_path: Path, chunk: int) -> None:
    """Memory may be saved by smaller chunks without another outcome."""
    write_catalogue(tmp_path / "one", Plan(Dice(SEED), 150, 3, dirt=True), chunk)
    write_catalogue(tmp_path / "two", Plan(Dice(SEED), 150, 3, dirt=True))
    assert checksum(tmp_path / "one") == checksum(tmp_path / "two")


def test_more_files_hold_the_same_lines(tmp_path: Path) -> None:
    """Cutting a drop into files changes neither its lines nor what is counted."""
    one = generate(tmp_path / "one", 500, SEED)
    many = generate(tmp_path / "many", 500, SEED, files_per_drop=7)
    for first, second in zip(one.drops, many.drops, strict=True):
        assert first.titles == second.titles
        assert body(tmp_path / "one" / f"drop-{first.number}") == body(tmp_path / "many" / f"drop-{first.number}")


def body(folder: Path) -> list[str]:
    """Lines of all titles files, sorted, without headers."""
    files = sorted(folder.glob("netflix_titles*.csv"))
    return sorted(line for file in files for line in file.read_text("utf-8-sig").splitlines()[1:])


def test_the_manifest_counts_the_lines_that_are_there(catalogue: Summary, rows: Rows) -> None:
    """Rows, broken rows, rows without id, duplicates of each drop: as an independent parser finds them."""
    for drop in catalogue.drops:
        here, counts = f"from titles where drop = {drop.number}", drop.titles
        valid = f"from valid where drop = {drop.number}"
        assert rows(f"select count(*) {here}") == [(counts["rows"],)]
        unusable = counts["broken_rows"] + counts["no_show_id"]
        assert rows(f"select count(*) {here} and coalesce(show_id, '') = ''") == [(unusable,)]
        assert rows(f"select count(*) - count(distinct id) {valid}") == [(counts["duplicates"],)]
        distinct = f"from (select distinct * {valid})"
        assert rows(f"select count(*) {distinct} where coalesce(rating, '') = ''") == [(counts["no_rating"],)]
        assert rows(f"select count(*) {distinct} where coalesce(date_added, '') = ''") == [(counts["no_date"],)]
        assert rows(f"select count(*) {distinct} where title <> trim(title)") == [(counts["padded"],)]
        parts = ("new", "repaired", "corrections", "resends", "duplicates", "broken_rows", "no_show_id")
        assert sum(counts[part] for part in parts) == counts["rows"]


def test_the_manifest_counts_new_corrected_and_unchanged_titles(catalogue: Summary, rows: Rows) -> None:
    """Compared with the value each title had before, whatever way the drop writes its dates."""
    history = (
        "with t as (select distinct drop, id, title, rating, description, "
        "coalesce(try_strptime(date_added, '%m/%d/%Y'), "
        "try_strptime(date_added, '%d-%m-%Y'), try_strptime(date_added, '%B %d, %Y')) as added from valid) "
        "select drop, count(*) filter (before is null), count(*) filter (before <> now), "
        "count(*) filter (before = now) "
        "from (select drop, {a: title, b: rating, c: description, d: added} as now, "
        "lag(now) over (partition by id order by drop) as before from t) group by drop order by drop"
    )
    expected = [
        (
            drop.number,
            drop.titles["new"] + drop.titles["repaired"],
            drop.titles["corrections"],
            drop.titles["resends"],
        )
        for drop in catalogue.drops
    ]
    assert rows(history) == expected


def test_the_manifest_knows_the_catalogue_after_each_drop(catalogue: Summary, rows: Rows) -> None:
    """Totals over the latest row of each title."""
    for drop in catalogue.drops:
        latest = (
            f"select count(*), count(*) filter (type = 'Movie'), sum(cast(duration_minutes as int)), "
            "sum(cast(duration_seasons as int)), count(*) filter (coalesce(rating, '') = ''), "
            "count(*) filter (coalesce(date_added, '') = '') from (select * from valid "
            f"where drop <= {drop.number} qualify row_number() over (partition by id order by drop desc) = 1)"
        )
        names = ("titles", "movies", "minutes", "seasons", "without_rating", "without_date")
        assert rows(latest) == [tuple(drop.after[name] for name in names)]


def test_the_manifest_counts_each_lookup(catalogue: Summary, rows: Rows) -> None:
    """Rows, distinct pairs of titles that exist, duplicates, rows of titles that do not; their sum adds up."""
    for drop in catalogue.drops:
        for table in tables(3.0):
            counts = drop.lookups[table.name]
            query = (
                f"with known as (select distinct id from valid where drop <= {drop.number}) select count(*), "
                f'count(distinct (trim("{table.column}"), show_id)) filter (id is not null), '
                f"count(*) filter (id is null), count(*) filter (\"{table.column}\" like '%,') "
                f'from "{table.name}" left join known on id = cast(show_id as bigint) where drop = {drop.number}'
            )
            [(total, pairs, unknown, commas)] = rows(query)
            assert (total, pairs, unknown) == (counts["rows"], counts["pairs"], counts["no_such_title"])
            assert total == counts["pairs"] + counts["duplicates"] + counts["no_such_title"]
            assert (commas > 0) == (table.name == "countries")


def test_deleted_lookup_rows_are_those_missing_from_the_next_snapshot(catalogue: Summary, rows: Rows) -> None:
    """Pairs that one drop has and the next has not, rows of unknown titles aside."""
    for drop in catalogue.drops[1:]:
        for table in tables(3.0):
            pair = f'select trim("{table.column}"), show_id from "{table.name}" where show_id > \'8\' and drop ='
            [(gone,)] = rows(f"select count(*) from ({pair} {drop.number - 1} except {pair} {drop.number})")
            assert gone == drop.lookups[table.name]["deleted"] > 0


def test_names_are_counted_once(catalogue: Summary, rows: Rows) -> None:
    """People act and direct under one name; a trailing comma makes another country unless a rule removes it."""
    for drop in catalogue.drops:
        known = (
            f"where drop = {drop.number} and cast(show_id as bigint) in "
            f"(select id from valid where drop <= {drop.number})"
        )
        people = f'select trim("cast") from "cast" {known} union select trim(director) from directors {known}'
        assert rows(f"select count(*) from ({people})") == [(drop.after["people"],)]
        assert rows(f"select count(distinct trim(country)) from countries {known}") == [(drop.after["countries"],)]
        bare = f"select count(distinct rtrim(trim(country), ',')) from countries {known}"
        assert rows(bare) == [(drop.after["countries_without_comma"],)]
        assert rows(f"select count(distinct trim(listed_in)) from category {known}") == [(drop.after["genres"],)]


@pytest.mark.parametrize(
    "wrong", [{"titles": 0}, {"drops": 0}, {"files_per_drop": 0}, {"cast": 0.0}, {"cast": 21.0}, {"titles": 10**9}]
)
def test_impossible_catalogues_are_refused_before_anything_is_written(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """The error names the argument and nothing appears in the folder."""
    with pytest.raises(SampleError) as error:
        generate(tmp_path / "none", **({"titles": 10, "seed": SEED} | wrong))
    assert error.value.hint
    assert not (tmp_path / "none").exists()


def test_one_title_is_a_catalogue(tmp_path: Path) -> None:
    """Drops that bring nothing still have headers, lookups and a manifest."""
    summary = generate(tmp_path, 1, SEED)
    assert [drop.after.get("titles", 0) for drop in summary.drops] == [0, 0, 1]
    assert (tmp_path / "drop-1" / "netflix_titles.csv").read_text("utf-8-sig").count("\n") == 1


def test_the_committed_sample_is_what_the_generator_makes(repository: Path, tmp_path: Path) -> None:
    """``netflix/sample`` is never edited by hand, and stays small."""
    sample = repository / "netflix" / "sample"
    generate(tmp_path, 2_000, 20200118)
    for drop in (1, 2, 3):
        assert checksum(sample / f"drop-{drop}") == checksum(tmp_path / f"drop-{drop}")
    assert sum(file.stat().st_size for file in sample.rglob("*") if file.is_file()) < 1_500_000
