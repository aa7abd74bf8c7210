"""The handlers that every session has, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.engine.handlers.catalog_questions import CatalogQuestions
from houseboat.engine.handlers.catalog_statements import CatalogStatements
from houseboat.engine.handlers.delta_statements import DeltaStatements
from houseboat.engine.handlers.delta_writes import DeltaWrites
from houseboat.engine.handlers.lake_paths import LakePaths
from houseboat.engine.handlers.nullable_writes import NullableWrites
from houseboat.engine.handlers.settings import Settings
from houseboat.engine.handlers.show_statements import ShowStatements
from houseboat.engine.handlers.table_statements import TableStatements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from houseboat.engine.handler import Handler
    from houseboat.engine.handlers.catalog_names import CatalogNames
    from houseboat.lake import Lake


def standard_handlers(names: CatalogNames, lake: Lake, services: Sequence[Handler] = ()) -> list[Handler]:
    """Statements first, then what services add (streaming), then names, then places: a text's names are known before
    its addresses become paths.
    """
    return [
        Settings(),
        CatalogStatements(names),
        TableStatements(names),
        ShowStatements(names),
        DeltaStatements(names, lake),
        CatalogQuestions(names),
        *services,
        names,
        LakePaths(lake),
        DeltaWrites(),
        NullableWrites(),
    ]
