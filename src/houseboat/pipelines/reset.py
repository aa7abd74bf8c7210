"""Full refresh: empties a table and forgets how far its flows have read, so that they read everything again.

The intent is written down first; an update begins by finishing what an earlier one could not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.pipelines import cdc, schema_places
from houseboat.pipelines.definitions import Kind

if TYPE_CHECKING:
    from houseboat.pipelines.graph import Graph, Node
    from houseboat.pipelines.state import State
    from houseboat.pipelines.tables import Tables


def may_reset(node: Node, tell: Callable[[str], None]) -> bool:
    """Whether a table may be emptied: ``pipelines.reset.allowed`` is not false. If it may not, ``tell`` hears of it and
    the table is refreshed as usual.
    """
    if node.dataset.table_properties.get("pipelines.reset.allowed", "true").lower() != "false":
        return True
    tell(f"{node.name} is not refreshed in full: pipelines.reset.allowed is false")
    return False


def finish_resets(tables: Tables, state: State, folder: Path, graph: Graph) -> bool:
    """Empty every table whose full refresh was begun; returns whether there was one."""
    targets = state.resets()
    for target in targets:
        node = graph.nodes.get(target)
        if node is None or node.kind is Kind.STREAMING_TABLE:
            tables.drop(cdc.hidden_table(target))
            tables.truncate(target)
            shutil.rmtree(folder / "checkpoints" / target, ignore_errors=True)
            schema_places.remove(folder, _with_views(graph, target))
        state.end_reset(target)
    return bool(targets)


def _with_views(graph: Graph, name: str) -> list[str]:
    """A dataset and the views that it is made of, directly or through views."""
    node = graph.nodes.get(name)
    views = [read for read in node.inputs if graph.nodes[read].kind is Kind.VIEW] if node is not None else []
    return [name, *(found for view in views for found in _with_views(graph, view))]
