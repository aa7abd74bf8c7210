"""What all three ways must agree on: the rules as data, and the figures that a run ends with."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOKUPS = {"cast": "cast", "directors": "director", "countries": "country", "category": "listed_in"}
"""Lookup file ``netflix_<name>.csv`` and the column that it holds beside ``show_id``."""

RATINGS = (
    ("TV-Y", "TV", 0), ("TV-Y7", "TV", 7), ("TV-Y7-FV", "TV", 7), ("TV-G", "TV", 0), ("TV-PG", "TV", 10),
    ("TV-14", "TV", 14), ("TV-MA", "TV", 17), ("G", "film", 0), ("PG", "film", 10), ("PG-13", "film", 13),
    ("R", "film", 17), ("NC-17", "film", 18), ("NR", "unrated", None), ("UR", "unrated", None),
)  # fmt: skip
"""Rating, its family, and the youngest age that it is meant for."""

FIGURES = (
    "bronze_titles", "silver_titles", "silver_cast", "silver_directors", "silver_countries", "silver_category",
    "quarantine", "dim_title", "dim_person", "dim_genre", "dim_country", "bridge_person", "bridge_genre",
    "bridge_country", "fact", "minutes", "seasons",
)  # fmt: skip
"""The figures in which all ways must end alike."""


@dataclass
class Record:
    """Seconds per layer and the final figures of one way; printed as one JSON line, the last of its output."""

    layers: dict[str, float] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def layer(self, name: str) -> Iterator[None]:
        """Time a layer."""
        start = time.perf_counter()
        yield
        self.layers[name] = round(time.perf_counter() - start, 2)

    def show(self) -> None:
        """Print the record."""
        print(json.dumps({"layers": self.layers, "figures": self.figures}), flush=True)


def land(source: Path, lake: Path) -> None:
    """Copy the lookup files into bronze as they are: what the factory's Copy activity does."""
    folder = lake / "bronze" / "lookups"
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOOKUPS:
        (folder / f"netflix_{name}.csv").write_bytes((source / f"netflix_{name}.csv").read_bytes())


def table(lake: Path, name: str) -> str:
    """Path of a table: ``silver.netflix_titles`` is ``<lake>/silver/netflix_titles``."""
    layer, _, rest = name.partition(".")
    return str(lake / layer / rest)
