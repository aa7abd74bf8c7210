"""From a notebook path, as it stands in a job, a ``%run`` or Data Factory, to a file of the project.

Searched in this order; the first that exists wins:

1. the manifest's overrides (path as written -> file, relative to the bundle's root);
2. exactly as written (a local path), with or without extension;
3. relative to the notebook that names it (``./x``, ``../x``, ``x``);
4. relative to the bundle's root, also for absolute workspace paths, whose leading parts (``/Workspace/Users/me/...``,
   ``/Repos/...``, ``/Shared/...``) are dropped one by one;
5. for absolute paths, the only notebook in the bundle of that base name. (Data Factory names
   ``/Formula1/trans/1.race_results``; the repository has ``transformation/1.race_results.py``.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from houseboat.databricks.errors import NotebookNotFound
from houseboat.databricks.notebook_files import is_notebook

SUFFIXES = (".py", ".ipynb", ".sql", ".scala", ".r", ".R", ".dbc")
_SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", ".houseboat", ".databricks"}


class NotebookPaths:
    """Finds the notebooks of one bundle or project folder."""

    def __init__(self, root: Path, overrides: Mapping[str, str] | None = None) -> None:
        """``overrides``: path as written -> file relative to ``root`` (the manifest's mapping)."""
        self.root = root.resolve()
        self._overrides = {key.rstrip("/"): value for key, value in (overrides or {}).items()}

    def find(self, written: str, caller: Path | None = None) -> Path:
        """The notebook's file. ``caller`` is the notebook that names it. Raises ``NotebookNotFound``."""
        text = written.strip()
        if override := self._overrides.get(text.rstrip("/")):
            return self._must(_with_suffix(self.root / override), written, f"the manifest maps it to {override}")
        for candidate in self._candidates(text, caller):
            if found := _with_suffix(candidate):
                return found
        if text.startswith("/"):
            return self._by_name(written)
        base = caller.parent if caller else self.root
        raise NotebookNotFound(
            f"no notebook {written!r}",
            hint=f"looked below {base}"
            + (f" and {self.root}" if base != self.root else "")
            + _similar(self.root, text),
        )

    def workspace_path(self, file: Path) -> str:
        """The path that the notebook would see of itself: from the bundle's root, without extension."""
        try:
            inner = file.resolve().relative_to(self.root)
        except ValueError:
            inner = Path(file.name)
        return "/" + inner.with_suffix("").as_posix()

    def _candidates(self, text: str, caller: Path | None) -> Iterator[Path]:
        yield Path(text) if Path(text).is_absolute() else (caller.parent if caller else self.root) / text
        parts = [part for part in PurePosixPath(text).parts if part != "/"]
        if text.startswith("/"):
            for start in range(len(parts)):
                yield self.root.joinpath(*parts[start:])
        elif caller is not None:
            yield self.root / text

    def _by_name(self, written: str) -> Path:
        name = PurePosixPath(written.strip()).name
        found = [path for path in _notebooks(self.root) if name in (path.stem, path.name)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(path.relative_to(self.root).as_posix() for path in found)
            hint = f"several notebooks are named so ({names}); map the path in the manifest"
        else:
            hint = f"looked below {self.root}; map the path in the manifest" + _similar(self.root, name)
        raise NotebookNotFound(f"no notebook {written!r}", hint=hint)

    @staticmethod
    def _must(found: Path | None, written: str, why: str) -> Path:
        if found is None:
            raise NotebookNotFound(f"no notebook {written!r}: {why}, where there is none")
        return found


def _with_suffix(path: Path) -> Path | None:
    """The file itself, or with the first known extension that exists; a name may hold dots (``1.race_results``)."""
    if path.is_file():
        return path.resolve()
    for suffix in SUFFIXES:
        candidate = path.with_name(path.name + suffix)
        if candidate.is_file():
            return candidate.resolve()
    return None


def _notebooks(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.suffix not in SUFFIXES or _SKIPPED.intersection(path.relative_to(root).parts):
            continue
        if path.suffix not in (".py", ".sql") or is_notebook(path):
            yield path


def _similar(root: Path, text: str) -> str:
    import difflib

    names = {path.stem: path.relative_to(root).as_posix() for path in _notebooks(root)}
    close = difflib.get_close_matches(PurePosixPath(text).name, names, n=3)
    return f"; did you mean {', '.join(names[name] for name in close)}?" if close else ""
