"""Reads a bundle: ``databricks.yml``, what it includes, a target and its variables, as one tree of plain values.

Source: Databricks' bundle configuration reference. At home ``${workspace.file_path}`` and ``root_path`` are the
bundle's own folder: the files are where the bundle lies.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.databricks import bundle_schema
from houseboat.databricks.bundle_presets import apply_presets, local_paths
from houseboat.databricks.bundle_variables import Interpolation, target_variables, variable_values
from houseboat.databricks.errors import BundleError
from houseboat.databricks.ids import resource_number, resource_uuid
from houseboat.databricks.yaml_places import Map, Seq, merge, place_of, read_yaml
from houseboat.errors import Place

if TYPE_CHECKING:
    from houseboat.runs import Json

FILES = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")


@dataclass(frozen=True)
class Bundle:
    """A bundle as one target sees it.

    ``resources`` is kind -> key -> definition, with references replaced and relative paths made absolute.
    ``plain_names`` keeps the names without a development prefix. ``warnings`` lists what was not understood.
    """

    root: Path
    name: str
    target: str
    user: str
    variables: Mapping[str, Json]
    resources: Mapping[str, Map]
    plain_names: Mapping[tuple[str, str], str]
    warnings: tuple[str, ...] = ()
    job_ids: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        folder: Path,
        target: str | None = None,
        variables: Mapping[str, str] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        job_ids: Mapping[str, str] | None = None,
    ) -> Bundle:
        """Read the bundle in ``folder``.

        ``target``: its name, else the default one. ``variables``: values from the command line. ``job_ids``: ids by
        which others (Data Factory) know jobs -> keys. Raises ``BundleError`` with the file and line.
        """
        warnings: list[str] = []
        root = folder.resolve()
        tree = _merged_files(root)
        bundle_schema.check(tree, bundle_schema.BUNDLE, tree.place, "", warnings.append)
        chosen, tree = _with_target(tree, target)
        surroundings = os.environ if environment is None else environment
        values = variable_values(
            tree.get("variables") or Map(),
            variables or {},
            surroundings,
            root / ".databricks" / "bundle" / chosen / "variable-overrides.json",
            warnings.append,
        )
        user = _user(surroundings)
        _surround(tree, root, chosen, user, values)
        prefixes = apply_presets(tree, user)
        _interpolate(tree)
        plain = _names(tree, prefixes)
        resources: Map = tree.get("resources") or Map()
        bundle_schema.check(resources, bundle_schema.RESOURCES, resources.place, "resources", lambda _: None)
        local_paths(resources, root, warnings.append)
        return cls(
            root=root,
            name=str(tree["bundle"]["name"]),
            target=chosen,
            user=user,
            variables=tree["var"],
            resources={kind: entries or Map() for kind, entries in resources.items()},
            plain_names=plain,
            warnings=tuple(warnings),
            job_ids=dict(job_ids or {}),
        )

    @property
    def jobs(self) -> Mapping[str, Map]:
        """Job key -> definition."""
        return self.resources.get("jobs", Map())

    @property
    def pipelines(self) -> Mapping[str, Map]:
        """Pipeline key -> definition."""
        return self.resources.get("pipelines", Map())

    @property
    def schemas(self) -> Mapping[str, Map]:
        """Schema key -> definition."""
        return self.resources.get("schemas", Map())

    @property
    def volumes(self) -> Mapping[str, Map]:
        """Volume key -> definition."""
        return self.resources.get("volumes", Map())

    def place(self, kind: str, key: str) -> Place:
        """Where a resource is declared."""
        return place_of(self.resources.get(kind), key)

    def find(self, kind: str, wanted: str | int) -> str | None:
        """The key of a resource named by key, name (with or without prefix), id, or an id of the manifest's mapping."""
        text = str(wanted)
        entries = self.resources.get(kind, Map())
        if text in entries:
            return text
        if kind == "jobs" and self.job_ids.get(text) in entries:
            return self.job_ids[text]
        for key, definition in entries.items():
            names = (definition.get("name"), self.plain_names.get((kind, key)))
            if text in (*names, str(resource_number(kind, key)), resource_uuid(kind, key)):
                return key
        return None


def _merged_files(root: Path) -> Map:
    path = next((root / name for name in FILES if (root / name).is_file()), None)
    if path is None:
        raise BundleError("there is no databricks.yml", place=Place(root), hint="a bundle's root holds one")
    tree = read_yaml(path)
    seen: dict[tuple[str, str], Place] = {}
    _unique(tree, seen)
    include = tree.get("include") or Seq()
    for number, pattern in enumerate(include):
        place = place_of(include, number)
        found = sorted(root.glob(str(pattern)))
        if not found and not re.search(r"[*?\[]", str(pattern)):
            raise BundleError(f"include: there is no {pattern!r}", place=place)
        for file in found:
            if file != path:
                part = read_yaml(file)
                _unique(part, seen)
                tree = merge(tree, part)
    if not isinstance(tree.get("bundle"), Map) or not tree["bundle"].get("name"):
        raise BundleError("bundle.name is missing", place=Place(path, 1), hint="bundle:\n    name: my_bundle")
    return tree


def _unique(tree: Map, seen: dict[tuple[str, str], Place]) -> None:
    """Two files must not declare the same resource."""
    resources = tree.get("resources")
    for kind, entries in resources.items() if isinstance(resources, Map) else ():
        for key in entries if isinstance(entries, Map) else ():
            place = place_of(entries, key)
            if (kind, key) in seen:
                raise BundleError(
                    f"resources.{kind}.{key} is declared twice", place=place, hint=f"also at {seen[kind, key]}"
                )
            seen[kind, key] = place


def _with_target(tree: Map, wanted: str | None) -> tuple[str, Map]:
    targets: Map = tree.get("targets") or Map()
    if wanted is None:
        defaults = [name for name, target in targets.items() if isinstance(target, Map) and target.get("default")]
        if len(defaults) > 1:
            raise BundleError(
                f"several targets are the default: {', '.join(defaults)}", place=place_of(targets, defaults[1])
            )
        if not targets:
            return "default", tree
        if not defaults and len(targets) > 1:
            raise BundleError(
                f"no target is the default; choose one of {', '.join(targets)}", place=place_of(tree, "targets")
            )
        wanted = defaults[0] if defaults else next(iter(targets))
    elif wanted not in targets:
        raise BundleError(
            f"there is no target {wanted!r}",
            place=place_of(tree, "targets"),
            hint=f"targets: {', '.join(targets) or 'none'}",
        )
    target = targets[wanted]
    if not isinstance(target, Map):
        return wanted, tree
    overlay = Map(place=target.place)
    for key, value in target.items():
        if key == "variables" and isinstance(value, Map):
            declared = tree.get("variables") or Map()
            overlay.put(key, target_variables(declared, value), place_of(target, key))
            for name in overlay[key]:  # a target's value replaces the default as a whole
                declared[name] = _without_default(declared[name])
        elif key != "default":
            overlay.put(key, value, place_of(target, key))
    return wanted, merge(tree, overlay)


def _without_default(definition: Json) -> Map:
    kept = Map(place=place_of(definition))
    for key, value in definition.items() if isinstance(definition, Map) else ():
        if key not in ("default", "lookup"):
            kept.put(key, value, place_of(definition, key))
    return kept


def _surround(tree: Map, root: Path, target: str, user: str, values: Mapping[str, Json]) -> None:
    """Add what references may name besides what is written: target, user, paths, variable values."""
    tree["bundle"]["target"] = target
    tree["bundle"].setdefault("environment", target)
    workspace = Map(tree.get("workspace") or {})
    folder = root.as_posix()
    workspace.update({"file_path": folder, "root_path": folder, "artifact_path": f"{folder}/.artifacts"})
    workspace.setdefault("host", "http://localhost")
    short = user.split("@", maxsplit=1)[0]
    workspace["current_user"] = Map(
        {"userName": user, "short_name": re.sub(r"\W+", "_", short), "domain_friendly_name": short}.items()
    )
    tree["workspace"] = workspace
    tree["var"] = Map(values.items())


def _names(tree: Map, prefixes: tuple[str, str]) -> dict[tuple[str, str], str]:
    """Names without the prefix of a development target."""
    resources = tree.get("resources") or Map()
    return {
        (kind, key): str(definition["name"]).removeprefix(prefixes[kind == "schemas"])
        for kind, entries in resources.items()
        for key, definition in (entries or {}).items()
        if isinstance(definition, Map) and definition.get("name")
    }


def _interpolate(tree: Map) -> None:
    def lookup(path: list[str]) -> Json:
        if path[0] == "variables":
            path = ["var", path[1], *path[3:]] if path[2:3] == ["value"] else ["var", *path[1:]]
        if path[0] == "resources" and path[3:] == ["id"]:
            _walk(tree, path[:3])
            kind, key = path[1], path[2]
            if kind == "schemas":
                catalog, name = (_walk(tree, [*path[:3], part]) for part in ("catalog_name", "name"))
                return f"{catalog}.{name}"
            return resource_uuid(kind, key) if kind == "pipelines" else str(resource_number(kind, key))
        return _walk(tree, path)

    Interpolation(lookup).apply(tree, tree.place)


def _walk(tree: Map, path: list[str]) -> Json:
    value: Json = tree
    for part in path:
        if isinstance(value, Map) and part in value:
            value = value[part]
        elif isinstance(value, Seq) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise KeyError(part)
    return value


def _user(environment: Mapping[str, str]) -> str:
    if name := environment.get("HOUSEBOAT_USER"):
        return name
    try:
        return f"{getpass.getuser()}@localhost"
    except (KeyError, OSError, ImportError):
        return "me@localhost"
