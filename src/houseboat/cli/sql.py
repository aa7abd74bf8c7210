"""``houseboat sql``: queries on a project's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from houseboat.cli.options import json_option, manifest_option, print_json, project_argument
from houseboat.errors import HouseboatError

if TYPE_CHECKING:
    from pathlib import Path

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
        rows, columns = _rows(spark, texts[-1], limit)
    if as_json:
        print_json(rows)
    else:
        _table(rows, columns)
    return 0


def _rows(spark: Any, text: str, limit: int) -> tuple[list[dict[str, Any]], list[str]]:
    from pyspark.errors import PySparkException

    try:
        frame = spark.sql(text)
        columns = frame.columns
        result = (frame.limit(limit) if limit and columns else frame).toArrow() if columns else None
    except PySparkException as error:
        raise HouseboatError(
            str(error).split("\nJVM stacktrace")[0], hint="check the statement; SHOW TABLES IN <schema> lists tables"
        ) from None
    return (result.to_pylist() if result is not None else []), columns


def _table(rows: list[dict[str, Any]], columns: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[column], int | float) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(soft_wrap=False).print(shown)
    click.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
