"""Arguments that several verbs share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from houseboat.errors import ProjectError

project_argument = click.argument("project", type=click.Path(file_okay=False, path_type=Path))
manifest_option = click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A manifest that lies elsewhere, for a project that is not yours.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
parameters_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the run; may be repeated.",
)


def parsed(parameters: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` pairs; a value that reads as JSON is that value, else text."""
    found: dict[str, Any] = {}
    for pair in parameters:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ProjectError(f"--parameter {pair!r} is not NAME=VALUE", hint="for example -p window_start=2024-01-01")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def print_json(value: Any) -> None:
    """One JSON document on standard output. What JSON has no word for (NaN, dates, decimals) is text."""
    try:
        text = json.dumps(value, indent=2, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=2, default=str)
    click.echo(text)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
