"""``houseboat sql``: queries on a project's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from houseboat.cli.options import json_option, manifest_option, print_json, project_argument
from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_SHOWN = 1000


@click.command()
@project_argument
@click.argument("statement")
@manifest_option
@click.option("--limit", type=int, default=_SHOWN, show_default=True, help="Rows to print at most; 0 for all.")
@json_option
def sql(project: Path, statement: str, manifest: Path | None, limit: int, as_json: bool) -> int:
    """Run one or more SQL statements (separated by semicolons) and print the last one's rows.

    Example: houseboat sql netflix "select type, count(*) n from silver.netflix_titles group by type"
    """
    from houseboat.engine.sql_text import statements
    from houseboat.workspace import Workspace

    texts = statements(statement)
    if not texts:
        raise click.UsageError("the statement is empty")
    with Workspace.open(project, manifest) as workspace:
        spark = workspace.session()
        for text in texts[:-1]:
            _rows(spark, text, 1)
        rows = _rows(spark, texts[-1], limit)
    if as_json:
        print_json(rows.rename_columns(_distinct(rows.column_names)).to_pylist())
    else:
        _table(rows)
    return 0


def _rows(spark: Any, text: str, limit: int) -> pa.Table:
    """A statement's rows; one without a result has no columns."""
    import pyarrow as pa
    from pyspark.errors import PySparkException

    try:
        frame = spark.sql(text)
        columns = frame.columns
        return (frame.limit(limit) if limit and columns else frame).toArrow() if columns else pa.table({})
    except PySparkException as error:
        raise HouseboatError(
            str(error).split("\nJVM stacktrace")[0], hint="check the statement; SHOW TABLES IN <schema> lists tables"
        ) from None


def _distinct(names: list[str]) -> list[str]:
    """The names of columns, the second of a name as ``name (2)``: JSON has one value a name."""
    return [
        name if name not in names[:at] else f"{name} ({names[: at + 1].count(name)})" for at, name in enumerate(names)
    ]


def _table(rows: pa.Table) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False)
    columns = [column.to_pylist() for column in rows.columns]
    for name, values in zip(rows.column_names, columns, strict=True):
        numeric = bool(values) and all(isinstance(value, int | float) for value in values)
        shown.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in zip(*columns, strict=True):
        shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console(soft_wrap=False).print(shown)
    click.echo(f"{rows.num_rows} row{'' if rows.num_rows == 1 else 's'}")
