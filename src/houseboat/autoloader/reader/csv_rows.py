"""CSV cells to rows of the wanted schema, as SQL: which cell is which column, what is rescued, what is malformed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.autoloader.ddl import name, text
from houseboat.autoloader.reader import csv_clean
from houseboat.autoloader.reader.convert import typed
from houseboat.autoloader.reader.csv_head import Head
from houseboat.autoloader.reader.csv_split import cells, records

if TYPE_CHECKING:
    from houseboat.autoloader.reader.csv_dialect import Dialect
    from houseboat.autoloader.reader.job import InputFile, ReadJob

RawCell = Callable[[int], str]
"""SQL for the text of the cell at a position."""


@dataclass(frozen=True)
class Layout:
    """How the cells of files with one head become columns.

    ``places``: for each wanted column the cell's position, None where the files lack it. ``unknown``: name and position of
    cells that no column takes. ``corrupt_at``: which column gets the raw text of malformed records.
    """

    head: Head
    places: tuple[int | None, ...]
    unknown: tuple[tuple[str, int], ...]
    corrupt_at: int | None
    all_text: bool
    needs_record: bool


def layout(job: ReadJob, head: Head, form: Dialect) -> Layout:
    """Match a head to the wanted columns, by name or by position."""
    fields = job.data.fields
    corrupt = next((at for at, f in enumerate(fields) if f.name == form.corrupt_column), None)
    wanted = [at for at in range(len(fields)) if at != corrupt]
    places: list[int | None] = [None] * len(fields)
    if job.by_position:
        for place, at in enumerate(wanted):
            places[at] = place
        head = Head(tuple(fields[at].name for at in wanted), head.skip)
        unknown: list[tuple[str, int]] = []
    else:
        fold = str if form.case_sensitive else str.lower
        taken = {fold(name): place for place, name in reversed(list(enumerate(head.names)))}
        for at in wanted:
            places[at] = taken.get(fold(fields[at].name))
        used = set(places)
        from_path = {f.name for f in job.partitions.fields}
        unknown = [(name, p) for p, name in enumerate(head.names) if p not in used and name not in from_path]
    all_text = all(f.dataType.simpleString() == "string" for f in fields)
    return Layout(
        head, tuple(places), tuple(unknown), corrupt, all_text, corrupt is not None and not all_text and not job.rescued
    )


def regular_query(job: ReadJob, plan: Layout, form: Dialect, files: Sequence[InputFile], more: str = "") -> str:
    """Rows of regular files."""
    source = csv_clean.reader(files, plan.head, form, more)
    return _rows(job, plan, form, f"SELECT *, NULL::VARCHAR AS line FROM {source}", "c{}", counted=False)


def ragged_queries(job: ReadJob, plan: Layout, form: Dialect, found: csv_clean.Kinds) -> list[str]:
    """Rows of ragged files: the regular lines as such, the refused ones by the definition."""
    if not found.ragged:
        return []
    refused = " UNION ALL ".join(f"SELECT filename, line FROM {name(table)}" for table in found.refused)
    return [
        regular_query(job, plan, form, found.ragged, ", ignore_errors = true"),
        _rows(job, plan, form, _split(refused, form), "cells[{}]", counted=True),
    ]


def tolerant_query(job: ReadJob, plan: Layout, form: Dialect, files: Sequence[InputFile]) -> str:
    """Rows of any files: short records are padded, the cells of long ones rescued."""
    return _rows(job, plan, form, _split(records(files, form, skip=plan.head.skip), form), "cells[{}]", counted=True)


def _split(found: str, form: Dialect) -> str:
    return f"SELECT filename, line, {cells('line', form)} AS cells FROM ({found})"


def _rows(job: ReadJob, plan: Layout, form: Dialect, source: str, cell: str, *, counted: bool) -> str:
    base = 1 if counted else 0
    null = text(form.null_value)

    def raw(place: int) -> str:
        return f"nullif({cell.format(place + base)}, {null})"

    fields = job.data.fields
    texts = {at: raw(place) for at, place in enumerate(plan.places) if place is not None}
    values = {at: typed(found, fields[at].dataType, job.options) for at, found in texts.items()}
    wrong = {at: f"({texts[at]} IS NOT NULL AND {values[at]} IS NULL)" for at in texts if values[at] != texts[at]}
    width = len(plan.head.names)
    malformed = [f"len(cells) <> {width}"] if counted else []
    malformed += list(wrong.values()) if job.rescued is None else []
    broken = " OR ".join(malformed) or "false"
    columns = []
    for at in range(len(fields)):
        value = values.get(at, "NULL")
        if at == plan.corrupt_at:
            value = f"CASE WHEN {broken} THEN line END"
        columns.append(f"{value} AS d{at}")
    rescued = _rescued(job, plan, raw, texts, wrong, counted=counted) if job.rescued else "NULL::VARCHAR"
    where = ""
    if broken != "false" and form.mode == "DROPMALFORMED":
        where = f" WHERE NOT ({broken})"
    elif broken != "false" and form.mode == "FAILFAST":
        message = "'MALFORMED_RECORD_IN_PARSING: ' || filename || ': ' || coalesce(line, '(a cell of another type)')"
        where = f" WHERE CASE WHEN {broken} THEN error({message}) ELSE true END"
    return (
        f"SELECT f.at AS file_at, {', '.join(columns)}, {rescued} AS rescued"
        f" FROM ({source}) r JOIN input_files f ON f.path = r.filename{where}"
    )


def _rescued(
    job: ReadJob, plan: Layout, raw: RawCell, texts: dict[int, str], wrong: dict[int, str], *, counted: bool
) -> str:
    """SQL for the rescued object's text: unknown cells, cells of another type, cells beyond the header."""
    entries = [_entry(name, raw(place), f"{raw(place)} IS NOT NULL") for name, place in plan.unknown]
    entries += [_entry(job.data.fields[at].name, texts[at], test) for at, test in wrong.items()]
    listed = f"[{', '.join(entries)}]" if entries else "[]::VARCHAR[]"
    if counted:
        width = len(plan.head.names)
        beyond = f"cells[{width + 1}:]"
        extra = f"list_transform({beyond}, lambda c, i: '\"_c' || (i + {width - 1}) || '\":' || to_json(c))"
        kept = f"list_filter({extra}, lambda c, i: nullif(cells[i + {width}], {text('')}) IS NOT NULL)"
        listed = f"list_concat({listed}, CASE WHEN len(cells) > {width} THEN {kept} ELSE [] END)"
    elif not entries:
        return "NULL::VARCHAR"
    return f"'{{' || nullif(array_to_string({listed}, ','), '') || '}}'"


def _entry(name: str, value: str, test: str) -> str:
    return f"CASE WHEN {test} THEN {text(json.dumps(name, ensure_ascii=False) + ':')} || to_json({value}) END"
