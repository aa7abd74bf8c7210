"""The pipelines of a project, and the starter that lets jobs, the factory and the command line run them."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from houseboat.errors import ProjectError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from houseboat.lake import Lake
    from houseboat.pipelines.names import DatasetNames
    from houseboat.pipelines.spec import PipelineSpec
    from houseboat.pipelines.update import Request
    from houseboat.runs import Json, Run, Runs


class Pipelines:
    """All declarative pipelines of a project.

    ``names`` is the handler that must stand first in the engine's chain; ``new_session`` opens sessions of that engine.
    State, checkpoints and event log of a pipeline lie in ``<state_folder>/<key>/``.
    """

    def __init__(
        self,
        specs: Mapping[str, PipelineSpec],
        runs: Runs,
        new_session: Callable[[], SparkSession],
        lake: Lake,
        state_folder: Path,
        names: DatasetNames,
    ) -> None:
        self.specs = dict(specs)
        self.lake = lake
        self._runs, self._new_session, self._folder, self._names = runs, new_session, state_folder, names
        self._locks = {key: threading.Lock() for key in self.specs}

    def starter(self, name: str, parameters: Mapping[str, Json], run: Run) -> Mapping[str, Json]:
        """Run one update; ``runs.Starter`` for the kind ``pipeline``.

        ``name``: the bundle key or the pipeline's name. Parameters: ``full_refresh`` (true or false),
        ``refresh_selection`` and ``full_refresh_selection`` (lists of names), ``validate_only``.
        """
        from houseboat.pipelines.state import State
        from houseboat.pipelines.update import Update

        spec = self.spec(name)
        request = _request(parameters)
        folder = self.folder(spec.key)
        with self._locks[spec.key]:
            state = State(folder / "state.db")
            try:
                with self._runs.record("update", spec.name, parent=run, input=dict(parameters)) as record:
                    update = Update(spec, request, self._new_session(), self._names, state, folder, self._runs, record)
                    record.output.update(update.perform())
            finally:
                state.close()
        return {"update_id": record.id, **record.output}

    def spec(self, name: str) -> PipelineSpec:
        """A pipeline by its key or name; raises ``ProjectError`` for one that is not there."""
        for spec in self.specs.values():
            if name in (spec.key, spec.name, spec.id):
                return spec
        near = difflib.get_close_matches(name, self.specs, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the project has: {', '.join(self.specs) or 'none'}"
        raise ProjectError(f"there is no pipeline {name!r}", hint=hint)

    def folder(self, key: str) -> Path:
        """Where a pipeline's state is."""
        return self._folder / key

    def event_log(self, name: str) -> Path:
        """The event log of a pipeline, a Delta table; it exists once an update has written something."""
        return self.folder(self.spec(name).key) / "event_log"


def _request(parameters: Mapping[str, Json]) -> Request:
    from houseboat.pipelines.update import Request

    return Request(
        full_refresh=_flag(parameters.get("full_refresh")),
        refresh_selection=_names(parameters.get("refresh_selection")),
        full_refresh_selection=_names(parameters.get("full_refresh_selection")),
        validate_only=_flag(parameters.get("validate_only")),
    )


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _names(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return tuple(str(name) for name in value)
