"""Micro-batch streaming for engines that have none of their own: queries, checkpoints, sources, sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.engine.handler import Handler
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.lake import Lake
    from houseboat.runs import Runs


def streaming_handlers(lake: Lake, names: CatalogNames, runs: Runs | None = None) -> list[Handler]:
    """The handlers of streaming, for the front of the chain; ``runs``: where queries are recorded, kind ``query``."""
    from houseboat.streaming import handler

    return handler.streaming_handlers(lake, names, runs)
