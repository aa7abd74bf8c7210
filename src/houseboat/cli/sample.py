"""``houseboat sample``: a catalogue of titles from a seed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from houseboat.cli.options import json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--titles", type=click.IntRange(1), default=2000, show_default=True, help="Titles in all drops together.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same catalogue.")
@click.option("--drops", type=click.IntRange(1), default=3, show_default=True, help="Dated drops: drop-1, drop-2, ...")
@click.option("--files", type=click.IntRange(1), default=1, show_default=True, help="Files of titles in each drop.")
@click.option("--cast", type=float, default=3.0, show_default=True, help="Cast members per title, on average.")
@click.option("--clean", is_flag=True, help="Leave out the dirt (broken rows, duplicates, missing values).")
@json_option
def sample(
    folder: Path, titles: int, seed: int, drops: int, files: int, cast: float, clean: bool, as_json: bool
) -> int:
    """Make a catalogue in FOLDER: titles and four lookup files, in dated drops.

    Example: houseboat sample big --titles 4000000 --files 40 --drops 1
    """
    from houseboat.samples import generate

    summary = generate(folder, titles, seed, drops=drops, dirt=not clean, files_per_drop=files, cast=cast)
    if as_json:
        print_json(asdict(summary))
    else:
        click.echo(summary.describe())
    return 0
