"""``pipeline_task``: an update of a declarative pipeline, started through the switchboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.databricks.tasks.contract import Services, TaskContext
    from houseboat.databricks.yaml_places import Map
    from houseboat.runs import Json

_SETTINGS = ("full_refresh", "refresh_selection", "full_refresh_selection", "reset_checkpoint_selection", "parameters")


def run(context: TaskContext) -> dict[str, Json]:
    """Run one update to its end. The pipeline is handed over by its key where the bundle has it."""
    wanted = str(context.fill("pipeline_id"))
    key = context.services.bundle.find("pipelines", wanted) or wanted
    parameters = {name: context.fill(name) for name in _SETTINGS if context.settings.get(name) is not None}
    update = context.services.runs.launch("pipeline", key, parameters, parent=context.run)
    return {"pipeline": key, "update": update.id}


def check(key: str, settings: Map, services: Services) -> None:
    """Nothing: a pipeline may live outside the bundle."""
