"""The manifest, ``houseboat.toml``: where a project's parts are and what stands in for the outside at home.

A project without a manifest is found by its folders (``databricks.yml``, ``pipeline/*.json``). A manifest may lie
elsewhere (``--manifest``) for a project that is not one's own; its paths are then relative to the project's folder.
Unknown keys are errors, with the nearest known key as the hint.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from houseboat.errors import Place, ProjectError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "houseboat.toml"
STATE = ".houseboat"
SERVICES = ("factory", "job", "pipeline", "notebook")

_KEYS: dict[str, frozenset[str]] = {
    "project": frozenset({"name"}),
    "main": frozenset({*SERVICES, "parameters"}),
    "factory": frozenset({"path"}),
    "databricks": frozenset({"path", "target", "catalog", "runtime", "ansi", "jobs", "notebooks", "variables"}),
    "engine": frozenset({"remote", "settings"}),
    "web": frozenset(),
    "seed": frozenset({"files", "into"}),
    "sample": frozenset({"path"}),
}
_ANSI_SINCE = 17


@dataclass(frozen=True)
class SeedRule:
    """Where files of a drop go: ``files`` are name patterns, ``into`` an address or ``state:`` folder; ``{drop}`` in it
    is the drop's name.
    """

    files: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class Project:
    """A project, as its manifest says. Paths are absolute."""

    root: Path
    name: str
    manifest: Path | None
    main: tuple[str, str] | None = None
    main_parameters: Mapping[str, Any] = field(default_factory=dict)
    factory: Path | None = None
    databricks: Path | None = None
    target: str | None = None
    catalog: str = "spark_catalog"
    runtime: str = "17.3"
    ansi: bool | None = None
    jobs: Mapping[str, str] = field(default_factory=dict)
    notebooks: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    remote: str = "sail"
    settings: Mapping[str, str] = field(default_factory=dict)
    web: Mapping[str, str] = field(default_factory=dict)
    seeds: tuple[SeedRule, ...] = ()
    sample: Path | None = None

    @property
    def state(self) -> Path:
        """The folder of everything that Houseboat keeps for this project: ``.houseboat``."""
        return self.root / STATE

    @property
    def ansi_mode(self) -> bool:
        """ANSI mode: as the manifest says, else the default of the declared Databricks Runtime (on since 17)."""
        if self.ansi is not None:
            return self.ansi
        major = self.runtime.split(".", maxsplit=1)[0]
        return not major.isdigit() or int(major) >= _ANSI_SINCE

    def place(self, text: str) -> Path:
        """A folder that the manifest names: ``state:x`` is below ``.houseboat``, else relative to the project."""
        if text.startswith("state:"):
            return self.state / text.removeprefix("state:")
        return self.root / text


def load_project(folder: Path, manifest: Path | None = None) -> Project:
    """Read a project. Raises ``ProjectError`` naming the file, the key and what was expected."""
    root = folder.resolve()
    if not root.is_dir():
        raise ProjectError(
            f"{folder} is not a folder",
            hint="give the folder that holds houseboat.toml, or a project's folder and --manifest",
        )
    file = (manifest or root / MANIFEST).resolve()
    if file.is_file():
        return _from_manifest(root, file)
    if manifest is not None:
        raise ProjectError(f"there is no manifest {manifest}")
    return _found(root)


def _from_manifest(root: Path, file: Path) -> Project:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"the manifest is not valid TOML: {error}", place=Place(file)) from None
    _check_keys(data, file)
    databricks, engine = data.get("databricks", {}), data.get("engine", {})
    main = next(((kind, data["main"][kind]) for kind in SERVICES if kind in data.get("main", {})), None)
    return Project(
        root=root,
        name=str(data.get("project", {}).get("name", root.name)),
        manifest=file,
        main=main,
        main_parameters=data.get("main", {}).get("parameters", {}),
        factory=_folder(root, data.get("factory", {}), file, "factory"),
        databricks=_folder(root, databricks, file, "databricks"),
        target=databricks.get("target"),
        catalog=str(databricks.get("catalog", "spark_catalog")),
        runtime=str(databricks.get("runtime", "17.3")),
        ansi=databricks.get("ansi"),
        jobs={str(k): str(v) for k, v in databricks.get("jobs", {}).items()},
        notebooks={str(k): str(v) for k, v in databricks.get("notebooks", {}).items()},
        variables={str(k): str(v) for k, v in databricks.get("variables", {}).items()},
        remote=_remote(engine, file),
        settings={str(k): str(v) for k, v in engine.get("settings", {}).items()},
        web={str(k): str(v) for k, v in data.get("web", {}).items()},
        seeds=tuple(_seed(rule, file) for rule in data.get("seed", [])),
        sample=_folder(root, data.get("sample", {}), file, "sample"),
    )


def _found(root: Path) -> Project:
    """A project without a manifest, by the folders that Azure and Databricks themselves know."""
    bundles = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    bundle = next(
        (path for path in bundles if (path / "databricks.yml").is_file() or (path / "databricks.yaml").is_file()), None
    )
    factory = next(
        (path for path in bundles if (path / "pipeline").is_dir() and any((path / "pipeline").glob("*.json"))), None
    )
    return Project(root=root, name=root.name, manifest=None, factory=factory, databricks=bundle)


def _folder(root: Path, section: Mapping[str, Any], file: Path, name: str) -> Path | None:
    if "path" not in section:
        return None
    folder = (root / str(section["path"])).resolve()
    if not folder.is_dir():
        raise ProjectError(f"[{name}] path names no folder: {section['path']!r}", place=Place(file, at=f"{name}.path"))
    return folder


def _remote(engine: Mapping[str, Any], file: Path) -> str:
    remote = str(engine.get("remote", "sail"))
    if remote != "sail" and not remote.startswith("sc://"):
        raise ProjectError(
            f"{remote!r} is no engine",
            place=Place(file, at="engine.remote"),
            hint='"sail" is the embedded engine; "sc://host:15002" is Apache Spark Connect',
        )
    return remote


def _seed(rule: Mapping[str, Any], file: Path) -> SeedRule:
    files = rule.get("files")
    if not isinstance(files, list) or not files or not isinstance(rule.get("into"), str):
        raise ProjectError('[[seed]] needs files = ["pattern", ...] and into = "address"', place=Place(file, at="seed"))
    return SeedRule(tuple(str(pattern) for pattern in files), rule["into"])


def _check_keys(data: Mapping[str, Any], file: Path) -> None:
    for section, value in data.items():
        if section not in _KEYS:
            raise _unknown(section, list(_KEYS), file, section)
        for row in value if isinstance(value, list) else [value]:
            if not isinstance(row, Mapping):
                raise ProjectError(f"[{section}] must be a table", place=Place(file, at=section))
            for key in row:
                if _KEYS[section] and key not in _KEYS[section]:
                    raise _unknown(key, sorted(_KEYS[section]), file, f"{section}.{key}")


def _unknown(key: str, known: list[str], file: Path, at: str) -> ProjectError:
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
    return ProjectError(f"the manifest has an unknown key {at!r}", place=Place(file, at=at), hint=hint)
