"""``houseboat adf``: tools for Data Factory."""

from __future__ import annotations

import json
from pathlib import Path

import click

from houseboat.cli.options import print_json
from houseboat.errors import HouseboatError, Place


@click.group()
def adf() -> None:
    """Tools for Data Factory.

    Example: houseboat adf eval --cases cases.json
    """


@adf.command("eval")
@click.option(
    "--cases",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A JSON list of {expression, context}.",
)
def evaluate(cases: Path) -> int:
    """Evaluate expressions: prints a JSON list of {"value": ...} or {"error": "..."}, in order.

    Example: houseboat adf eval --cases cases.json
    """
    from houseboat.factory.expressions.cases import evaluate_cases

    try:
        found = json.loads(cases.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise HouseboatError(
            f"the cases cannot be read: {error}",
            place=Place(cases),
            hint='a JSON list of {"expression": ..., "context": {...}}',
        ) from None
    if not isinstance(found, list) or not all(isinstance(case, dict) and "expression" in case for case in found):
        raise HouseboatError("the cases must be a JSON list of objects with an expression", place=Place(cases))
    print_json(evaluate_cases(found))
    return 0
