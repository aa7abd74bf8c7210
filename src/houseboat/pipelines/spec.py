"""Reads a pipeline's settings: an entry of ``resources.pipelines`` in a bundle, variables already resolved.

Keys: Databricks' pipeline settings. What only makes sense in the cloud (clusters, channel, edition, ...) is accepted
and has no effect; a key that Databricks does not know is warned about; a value of the wrong shape is an error.
"""

from __future__ import annotations

import difflib
import glob
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from houseboat.errors import Place
from houseboat.pipelines.errors import PipelineSettingsError

Json = Any

DEFAULT_CATALOG = "spark_catalog"

CLOUD_ONLY = frozenset({
    "allow_duplicate_names", "budget_policy_id", "channel", "clusters", "deployment", "dry_run", "edition",
    "environment", "event_log", "filters", "gateway_definition", "id", "ingestion_definition", "lifecycle",
    "notifications", "permissions", "photon", "restart_window", "run_as", "serverless", "storage", "tags", "trigger",
    "usage_policy_id",
})  # fmt: skip
"""Settings of the pipeline's cloud side: nothing to do at home."""

KNOWN = CLOUD_ONLY | {
    "name", "catalog", "schema", "target", "libraries", "root_path", "configuration", "development", "continuous",
}  # fmt: skip

LIBRARY_KINDS = ("file", "notebook", "glob")


@dataclass(frozen=True)
class PipelineSpec:
    """A pipeline's settings. ``key`` is its name in the bundle, ``files`` what defines it, in order."""

    key: str
    name: str
    catalog: str
    schema: str
    files: tuple[Path, ...]
    root_path: Path | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    development: bool = False
    continuous: bool = False
    place: Place = field(default_factory=Place)

    @property
    def id(self) -> str:
        """A stable id, as pipelines have on Databricks; here the bundle key serves."""
        return self.key

    def full_name(self, name: str) -> str:
        """``catalog.schema.table`` of a name that may leave out the pipeline's own catalog and schema."""
        parts = split_name(name)
        if len(parts) == 2 and parts[0].lower() == "live":  # noqa: PLR2004 - LIVE.x
            parts = parts[1:]
        full = [self.catalog, self.schema][: max(0, 3 - len(parts))] + parts
        return ".".join(part.lower() for part in full)


def split_name(name: str) -> list[str]:
    """The parts of a dotted name, back-ticks removed."""
    parts, part, quoted = [], "", False
    for char in name.strip():
        if char == "`":
            quoted = not quoted
        elif char == "." and not quoted:
            parts.append(part)
            part = ""
        else:
            part += char
    return [*parts, part]


def read_spec(
    key: str, entry: Mapping[str, Json], *, folder: Path, file: Path | None = None, default_catalog: str | None = None
) -> PipelineSpec:
    """The settings in ``resources.pipelines.<key>``. Relative paths start at ``folder``, that of the bundle file which
    holds the entry (``file``).
    """
    reader = _Reader(key, entry, folder, file)
    reader.warn_unknown()
    schema = reader.text("schema") or reader.text("target") or "default"
    root = reader.text("root_path")
    return PipelineSpec(
        key=key,
        name=reader.text("name") or key,
        catalog=reader.text("catalog") or default_catalog or DEFAULT_CATALOG,
        schema=schema,
        files=tuple(reader.files()),
        root_path=(folder / root).resolve() if root else None,
        configuration=reader.configuration(),
        development=reader.flag("development"),
        continuous=reader.flag("continuous"),
        place=reader.place(),
    )


class _Reader:
    def __init__(self, key: str, entry: Mapping[str, Json], folder: Path, file: Path | None) -> None:
        self._key, self._entry, self._folder, self._file = key, entry, folder, file

    def place(self, at: str = "") -> Place:
        return Place(self._file, at=f"resources.pipelines.{self._key}{at}")

    def refuse(self, message: str, at: str, hint: str | None = None) -> PipelineSettingsError:
        return PipelineSettingsError(message, place=self.place(at), hint=hint)

    def warn_unknown(self) -> None:
        if not isinstance(self._entry, Mapping):
            raise self.refuse(f"a pipeline's settings must be a mapping, not {self._entry!r}", "")
        for name in self._entry:
            if name not in KNOWN:
                near = difflib.get_close_matches(str(name), KNOWN, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                warnings.warn(f"{self.place()}: unknown pipeline setting {name!r}{hint}", stacklevel=4)

    def text(self, name: str) -> str | None:
        value = self._entry.get(name)
        if value is not None and not isinstance(value, str):
            raise self.refuse(f"{name!r} must be text, not {value!r}", f".{name}")
        return value

    def flag(self, name: str) -> bool:
        value = self._entry.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(f"{name!r} must be true or false, not {value!r}", f".{name}")
        return value

    def configuration(self) -> dict[str, str]:
        value = self._entry.get("configuration") or {}
        if not isinstance(value, Mapping):
            raise self.refuse(f"'configuration' must be a mapping of texts, not {value!r}", ".configuration")
        wrong = [name for name, item in value.items() if isinstance(item, (Mapping, list))]
        if wrong:
            raise self.refuse(f"the value of {wrong[0]!r} must be text", f".configuration.{wrong[0]}")
        return {str(name): _conf_text(item) for name, item in value.items()}

    def files(self) -> list[Path]:
        libraries = self._entry.get("libraries")
        if not isinstance(libraries, list) or not libraries:
            hint = "list files: libraries: [{glob: {include: transformations/**}}]"
            raise self.refuse("a pipeline needs a list of 'libraries'", ".libraries", hint)
        found: dict[Path, None] = {}
        for index, library in enumerate(libraries):
            found.update(dict.fromkeys(self._library(library, f".libraries[{index}]")))
        return list(found)

    def _library(self, library: Json, at: str) -> list[Path]:
        if not isinstance(library, Mapping) or len(library) != 1 or next(iter(library)) not in LIBRARY_KINDS:
            raise self.refuse(f"a library is one of {', '.join(LIBRARY_KINDS)}, not {library!r}", at)
        kind, value = next(iter(library.items()))
        inner = "include" if kind == "glob" else "path"
        if not isinstance(value, Mapping) or not isinstance(value.get(inner), str):
            raise self.refuse(f"a library's {kind!r} needs a text {inner!r}", f"{at}.{kind}")
        if kind == "glob":
            return self._glob(value[inner], at)
        return [self._path(value[inner], f"{at}.{kind}.{inner}")]

    def _glob(self, pattern: str, at: str) -> list[Path]:
        full = pattern if Path(pattern).is_absolute() else str(self._folder / pattern)
        if full.endswith("**"):
            full += "/*"
        paths = sorted(Path(path).resolve() for path in glob.glob(full, recursive=True))  # noqa: PTH207 - any folder
        files = [path for path in paths if path.is_file() and path.suffix in (".py", ".ipynb", ".sql")]
        if not files:
            raise self.refuse(f"no .py, .ipynb or .sql file matches {pattern!r}", f"{at}.glob.include")
        return files

    def _path(self, text: str, at: str) -> Path:
        path = self._folder / text
        for candidate in (path, *(path.with_name(path.name + suffix) for suffix in (".py", ".ipynb", ".sql"))):
            if candidate.is_file():
                return candidate.resolve()
        raise self.refuse(f"there is no file {text!r}", at, f"looked in {self._folder}")


def _conf_text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
