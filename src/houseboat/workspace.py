"""Puts a project together: the lake, the record of runs, the engine with its handlers, and each service's starter.

This is the only module that knows all services. Services are made when first needed: listing runs starts no engine.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from houseboat.errors import EngineError, HouseboatError, Place, ProjectError
from houseboat.lake import Lake, WebSources
from houseboat.project import Project, load_project
from houseboat.runs import Json, Run, Runs
from houseboat.seed import stand_ins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql.connect.session import SparkSession

    from houseboat.engine import Engine
    from houseboat.engine.catalog import Catalog, Entry


class Workspace:
    """An open project. Use it as a context manager; ``close`` stops the engine."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.state.mkdir(parents=True, exist_ok=True)
        self._own = _Lock(project.state / "lock")
        self.runs = Runs(project.state / "runs.db")
        self.lake = Lake(project.state / "lake", allowed=[project.root])
        self.web = WebSources(stand_ins(project))
        self._made: dict[str, Any] = {}
        self._making = threading.RLock()
        for kind in ("factory", "job", "notebook", "pipeline"):
            self.runs.register(kind, self._starter(kind))

    @classmethod
    def open(cls, folder: Path, manifest: Path | None = None) -> Workspace:
        """Open the project in a folder."""
        return cls(load_project(folder, manifest))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exclusive(self) -> None:
        """Claim the project for running: one process at a time runs a project. What a killed process left open is marked
        Interrupted. Raises ``HouseboatError`` naming the process that holds it.
        """
        self._own.acquire()
        self.runs.interrupted()

    def run(self, kind: str, name: str, parameters: Mapping[str, Json] | None = None) -> Run:
        """Run one factory pipeline, job, notebook or declarative pipeline to its end."""
        return self.runs.launch(kind, name, parameters)

    def run_main(self, parameters: Mapping[str, Json] | None = None) -> Run:
        """Run what the manifest's ``[main]`` names."""
        if self.project.main is None:
            raise ProjectError(
                "the manifest names no main run",
                place=Place(self.project.manifest, at="main"),
                hint='[main] factory = "..." or job = "..."',
            )
        kind, name = self.project.main
        return self.run(kind, name, {**self.project.main_parameters, **(parameters or {})})

    def session(self) -> SparkSession:
        """A new Spark session on the project's engine."""
        try:
            return self.engine.session()
        except EngineError as error:
            if error.place is None and not self.engine.embedded:
                error.place = Place(self.project.manifest, at="engine.remote")
            raise

    @property
    def catalog(self) -> Catalog:
        """The catalogue of tables."""
        with self._making:
            if "catalog" not in self._made:
                from houseboat.engine.catalog import Catalog

                self._made["catalog"] = Catalog(
                    self.project.state / "catalog.db",
                    warehouse=self.lake.local("dbfs:/user/hive/warehouse"),
                    default=self.project.catalog,
                )
            catalog: Catalog = self._made["catalog"]
            return catalog

    @property
    def engine(self) -> Engine:
        """The engine, made with the catalogs that exist by then."""
        with self._making:
            if "engine" not in self._made:
                self._declare_schemas()
                self._made["engine"] = self._make_engine()
            engine: Engine = self._made["engine"]
            return engine

    @property
    def dataset_names(self) -> Any:
        """The handler that gives names their meaning in the sessions of declarative pipelines."""
        with self._making:
            if "dataset_names" not in self._made:
                from houseboat.pipelines.names import DatasetNames

                self._made["dataset_names"] = DatasetNames()
            return self._made["dataset_names"]

    def table_place(self, entry: Entry) -> Path:
        """Where a table's files are."""
        return self.lake.local(entry.location) if self.lake.is_address(entry.location) else Path(entry.location)

    def close(self) -> None:
        """Stop the engine and close the record."""
        with self._making:
            streams, engine = self._made.pop("streams", None), self._made.pop("engine", None)
            if streams is not None:
                streams.stop_all()
            if engine is not None:
                engine.stop()
            catalog = self._made.pop("catalog", None)
            if catalog is not None:
                catalog.close()
        self.runs.close()
        self._own.release()

    def _make_engine(self) -> Engine:
        from houseboat.engine import Engine
        from houseboat.engine.catalog import HIVE_METASTORE
        from houseboat.engine.handlers.catalog_names import CatalogNames
        from houseboat.engine.handlers.standard import standard_handlers

        native = None if self.project.remote == "sail" else frozenset({HIVE_METASTORE})
        names = CatalogNames(self.catalog, self.lake, native=native)
        handlers = [self.dataset_names, *standard_handlers(names, self.lake, self._streaming(names))]
        ansi = "true" if self.project.ansi_mode else "false"
        return Engine(
            self.project.remote,
            handlers=handlers,
            catalogs=self.catalog.catalogs(),
            default_catalog=self.project.catalog,
            settings={"spark.sql.ansi.enabled": ansi, **self.project.settings},
        )

    def _streaming(self, names: Any) -> list[Any]:
        from houseboat.streaming import streaming_handlers

        found = streaming_handlers(self.lake, names, self.runs)
        self._made["streams"] = next(handler for handler in found if hasattr(handler, "stop_all"))
        return found

    def _declare_schemas(self) -> None:
        """The bundle's ``resources.schemas`` and ``catalogs`` exist, as after ``bundle deploy``."""
        for schema in self._bundle_resources("schemas").values():
            catalog, name = schema.get("catalog_name", self.project.catalog), schema["name"]
            self.catalog.create_catalog(catalog, exist_ok=True)
            self.catalog.create_schema(
                catalog, name, location=schema.get("storage_root"), comment=schema.get("comment"), exist_ok=True
            )

    def _bundle_resources(self, kind: str) -> Mapping[str, Any]:
        bundle = self.bundle
        return bundle.resources.get(kind, {}) if bundle is not None else {}

    @property
    def bundle(self) -> Any:
        """The project's bundle, or None where it has none."""
        with self._making:
            if "bundle" not in self._made:
                self._made["bundle"] = None
                if self.project.databricks is not None:
                    from houseboat.databricks.bundle import Bundle

                    self._made["bundle"] = Bundle.load(
                        self.project.databricks, target=self.project.target, variables=dict(self.project.variables)
                    )
            return self._made["bundle"]

    def _starter(self, kind: str) -> Any:
        def start(name: str, parameters: Mapping[str, Json], run: Run) -> Mapping[str, Json] | None:
            with self._making:
                key = f"starter:{kind}"
                if key not in self._made:
                    self._made[key] = _MAKERS[kind](self)
            result: Mapping[str, Json] | None = self._made[key](name, parameters, run)
            return result

        return start


def _factory(workspace: Workspace) -> Any:
    from houseboat.factory import Factory

    if workspace.project.factory is None:
        raise ProjectError(
            "the project has no Data Factory folder", place=Place(workspace.project.manifest, at="factory")
        )
    return Factory.load(workspace.project.factory).starter(runs=workspace.runs, lake=workspace.lake, web=workspace.web)


def _jobs(workspace: Workspace) -> Any:
    from houseboat.databricks.jobs import Jobs

    with workspace._making:  # noqa: SLF001 - one module
        if "jobs" not in workspace._made:  # noqa: SLF001
            workspace._made["jobs"] = Jobs(  # noqa: SLF001
                workspace.bundle,
                runs=workspace.runs,
                new_session=workspace.session,
                lake=workspace.lake,
                state_folder=workspace.project.state,
                notebook_overrides=workspace.project.notebooks,
            )
        return workspace._made["jobs"]  # noqa: SLF001


def _pipelines(workspace: Workspace) -> Any:
    from houseboat.databricks import delta_tables
    from houseboat.pipelines import Pipelines, read_spec

    delta_tables.install()
    bundle = workspace.bundle
    specs = {
        key: read_spec(
            key,
            entry,
            folder=bundle.root,
            file=bundle.place("pipelines", key).file,
            default_catalog=workspace.project.catalog,
        )
        for key, entry in workspace._bundle_resources("pipelines").items()  # noqa: SLF001
    }
    return Pipelines(
        specs,
        runs=workspace.runs,
        new_session=workspace.session,
        lake=workspace.lake,
        state_folder=workspace.project.state / "pipelines",
        names=workspace.dataset_names,
    ).starter


def _job(workspace: Workspace) -> Any:
    """Jobs by key, name or id, and by the ids that the manifest maps to keys (those that Data Factory names)."""
    starter, ids = _jobs(workspace).job_starter, workspace.project.jobs

    def start(name: str, parameters: Mapping[str, Json], run: Run) -> Mapping[str, Json]:
        run.name = ids.get(name, name)
        return starter(run.name, parameters, run)

    return start


_MAKERS = {
    "factory": _factory,
    "job": _job,
    "notebook": lambda workspace: _jobs(workspace).notebook_starter,
    "pipeline": _pipelines,
}


class _Lock:
    """One process runs a project at a time. An operating-system lock: it goes with the process, however that ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: Any = None

    def acquire(self) -> None:
        if self._handle is not None:
            return
        handle = self._file.open("a+", encoding="utf-8")
        try:
            _lock(handle)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            handle.close()
            raise HouseboatError(
                f"the project is being run by process {holder}", hint="wait for it, or end it", code="PROJECT_IN_USE"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                self._handle.close()
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: Any) -> None:
        handle.seek(1 << 20)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        handle.seek(0)

else:
    import fcntl

    def _lock(handle: Any) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
