"""The builtins of a notebook: ``print`` that knows its notebook, ``open`` that knows the lake, imports of its own.

They stand in the notebook's own ``__builtins__``; the process's builtins stay as they are. ``print`` matters in
threads that a notebook starts itself, whose output would otherwise be nobody's. ``open`` maps the FUSE paths
``/dbfs/...`` and ``/Volumes/...`` into the lake.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from houseboat.lake import Lake

_FUSE = ("/dbfs/", "/Volumes/")


def home_builtins(base: Mapping[str, Any], lake: Lake, write: Callable[[str], None]) -> dict[str, Any]:
    """``base`` with ``print`` writing through ``write`` and ``open`` resolving FUSE paths."""

    def home_print(
        *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
    ) -> None:
        """``print``; without a file it goes to the running cell."""
        if file is not None:
            builtins.print(*values, sep=sep, end=end, file=file, flush=flush)
        else:
            joined = (" " if sep is None else sep).join(map(str, values))
            write(joined + ("\n" if end is None else end))

    def home_open(file: Any, *arguments: Any, **options: Any) -> Any:
        """``open``; ``/dbfs/`` and ``/Volumes/`` are the lake's, unless the machine has such a path."""
        if isinstance(file, (str, os.PathLike)):
            path = os.fspath(file)
            if isinstance(path, str) and path.startswith(_FUSE) and not Path(path).exists():
                file = lake.local(path)
        return builtins.open(file, *arguments, **options)  # noqa: PTH123 - what this wraps

    return {**base, "print": home_print, "open": home_open}
