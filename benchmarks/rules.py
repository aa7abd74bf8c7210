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
    ("TV-Y", "Kids", 0), ("TV-G", "Kids", 0), ("G", "Kids", 0), ("TV-Y7", "Older kids", 7),
    ("TV-Y7-FV", "Older kids", 7), ("TV-PG", "Older kids", 8), ("PG", "Older kids", 8), ("PG-13", "Teens", 13),
    ("TV-14", "Teens", 14), ("R", "Adults", 17), ("TV-MA", "Adults", 17), ("NC-17", "Adults", 18),
    ("NR", "Not rated", None), ("UR", "Not rated", None),
)  # fmt: skip
"""Rating, its family, and the youngest age that it is meant for; as in ``netflix/databricks``."""

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


def table(lake: Path, name: str) -> str:
    """Path of a table: ``silver.netflix_titles`` is ``<lake>/silver/netflix_titles``."""
    layer, _, rest = name.partition(".")
    return str(lake / layer / rest)
