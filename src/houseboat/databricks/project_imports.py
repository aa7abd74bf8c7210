"""Imports of a project's own modules, fresh for each notebook run and apart from those of parallel runs.

On Databricks each notebook has a Python process of its own; here notebooks run in threads of one process, which has
one ``sys.modules``. So each run keeps its own table of project modules, and swaps it into ``sys.modules`` while it
imports. Code of the run finds this through ``__builtins__`` of its namespace and of the modules it imports: no
global function is replaced. No ``.pyc`` is read or written: a file changed within the same second is seen, and the
user's folders stay clean.

Order of search, as Databricks documents it: the notebook's folder, the bundle's root, then what is installed. Names
of the standard library are never shadowed.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from houseboat.databricks.notebook_files import is_notebook

_lock = threading.RLock()
_runs: list[ProjectImports] = []
_base_path: list[str] = []
_thread = threading.local()
_original_import = builtins.__import__


class ProjectImports:
    """The project modules of one notebook run."""

    def __init__(self, roots: Sequence[Path]) -> None:
        """``roots``: folders searched first, in order."""
        self.roots = list(dict.fromkeys(str(root.resolve()) for root in roots))
        self.modules: dict[str, ModuleType] = {}
        self._tops: set[str] = set()
        self.builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}

    @contextmanager
    def active(self) -> Iterator[None]:
        """While the run lasts: its roots are on ``sys.path``, its modules are found from this thread."""
        with _lock:
            if not _runs:
                _base_path[:] = sys.path
                sys.meta_path.insert(0, _finder)
            importlib.invalidate_caches()
            _runs.append(self)
            added = [root for root in self.roots if root not in sys.path]
            sys.path.extend(added)
        _thread.run = self
        try:
            yield
        finally:
            _thread.run = None
            self._leave()

    def _leave(self) -> None:
        with _lock:
            _runs.remove(self)
            self._collect()
            self._swap_out()
            if not _runs:
                sys.meta_path.remove(_finder)
                sys.path[:] = _base_path
                return
            needed = {root for run in _runs for root in run.roots}
            sys.path[:] = [entry for entry in sys.path if entry not in self.roots or entry in needed]

    def search_path(self) -> list[str]:
        """The roots, then what the notebook itself has added to ``sys.path``."""
        return [*self.roots, *(entry for entry in sys.path if entry not in _base_path and entry not in self.roots)]

    def owns(self, top: str) -> bool:
        """Whether a top-level name is a module of the project."""
        if top in self._tops:
            return True
        if top in sys.stdlib_module_names or top == "__main__":
            return False
        spec = PathFinder.find_spec(top, self.search_path())
        if spec is None:
            return False
        if spec.origin is not None and is_notebook(Path(spec.origin)):
            return False  # a notebook is no module: one named like a package must not hide it
        if spec.origin is None and PathFinder.find_spec(top, _base_path) is not None:
            return False
        self._tops.add(top)
        return True

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        package = str((globals or {}).get("__package__") or "")
        top = (package if level else name).partition(".")[0]
        if not self.owns(top):
            return _original_import(name, globals, locals, fromlist, level)
        with _lock:
            previous = getattr(_thread, "run", None)
            _thread.run = self
            self._swap_in()
            try:
                return _original_import(name, globals, locals, fromlist, level)
            finally:
                self._collect()
                _thread.run = previous

    def _swap_in(self) -> None:
        for run in _runs:
            if run is not self:
                run._swap_out()  # noqa: SLF001 - of the same class
        sys.modules.update(self.modules)

    def _swap_out(self) -> None:
        for name, module in self.modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]

    def _collect(self) -> None:
        """Take packages without a file of their own, which no loader registers, into this run's table."""
        others = {id(module) for run in _runs if run is not self for module in run.modules.values()}
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self._tops and id(module) not in others:
                self.modules[name] = module


class _FreshLoader(SourceFileLoader):
    """Loads a project module from its source, never from a ``.pyc``, into the table of its run."""

    def __init__(self, fullname: str, path: str, run: ProjectImports) -> None:
        super().__init__(fullname, path)
        self._run = run

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - importlib's signature
        """Compile the source as it stands now."""
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code with the builtins of the run."""
        self._run.modules[module.__name__] = module
        module.__dict__["__builtins__"] = self._run.builtins
        try:
            super().exec_module(module)
        except BaseException:
            self._run.modules.pop(module.__name__, None)
            raise


class _Finder(MetaPathFinder):
    """Finds project modules for the run of the importing thread (else for the latest run)."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's place in the project, or None for the ordinary search."""
        run: ProjectImports | None = getattr(_thread, "run", None) or (_runs[-1] if _runs else None)
        top = fullname.partition(".")[0]
        if run is None or not run.owns(top):
            return None
        spec = PathFinder.find_spec(fullname, run.search_path() if path is None else path, target)
        if spec is None:
            return None
        if spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _FreshLoader(fullname, spec.origin, run)
            spec.cached = None
        return spec


_finder = _Finder()
