"""Lists the files below a path: one walk, hidden names skipped, globs and filters applied.

Source: Spark's file index (names that begin with ``_`` or ``.`` are hidden; ``pathGlobFilter`` matches the file's
name) and Databricks' "Auto Loader: filter directories" (without the strict globber ``*`` crosses folders and a path
matches by prefix).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from houseboat.autoloader.errors import CloudFilesError

if TYPE_CHECKING:
    from houseboat.autoloader.options import Discovery

_GLOB = re.compile(r"[*?\[{]")


@dataclass(frozen=True, slots=True)
class Found:
    """One file: ``path`` on this machine, ``modified`` in milliseconds since 1970, ``size`` in bytes."""

    path: str
    modified: int
    size: int


def has_glob(address: str) -> bool:
    """Whether a path is a pattern."""
    return _GLOB.search(address) is not None


def fixed_part(address: str) -> tuple[str, str]:
    """Split a path into the folder before the first pattern and the pattern: ``/a/b*/c`` -> ``/a``, ``b*/c``."""
    match = _GLOB.search(address)
    if not match:
        return address, ""
    cut = address.rfind("/", 0, match.start())
    return address[:cut], address[cut + 1 :]


def files(root: Path, pattern: str, rules: Discovery) -> list[Found]:
    """All files below ``root`` (a file itself counts) that match ``pattern`` and the rules, oldest first.

    Ordered by time, then path, so that equal folders give equal batches.
    """
    wanted = _matcher(pattern, strict=rules.strict_globber) if pattern else None
    named = re.compile(_regex(rules.path_glob, crossing=False) + r"\Z") if rules.path_glob else None
    after, before = _moment(rules.modified_after), _moment(rules.modified_before)
    prefix = len(str(root)) + 1
    found = []
    for entry in _walk(root):
        relative = entry.path[prefix:].replace(os.sep, "/")
        if wanted and not wanted.match(relative):
            continue
        if named and not named.match(relative.rsplit("/", 1)[-1]):
            continue
        if (after is not None and entry.modified <= after) or (before is not None and entry.modified >= before):
            continue
        found.append(entry)
    found.sort(key=lambda entry: (entry.modified, entry.path), reverse=rules.latest_first)
    return found


def _walk(root: Path) -> Iterator[Found]:
    if root.is_file():
        stat = root.stat()
        yield Found(str(root), stat.st_mtime_ns // 1_000_000, stat.st_size)
        return
    folders = [str(root)]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.name.startswith(("_", ".")) and "=" not in entry.name:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                yield Found(entry.path, stat.st_mtime_ns // 1_000_000, stat.st_size)


def _matcher(pattern: str, *, strict: bool) -> re.Pattern[str]:
    """What a matched path may be: the file itself, or a folder that holds it; lax: any path with such a beginning."""
    return re.compile(_regex(pattern.rstrip("/"), crossing=not strict) + (r"(?:/.*)?\Z" if strict else ""))


def _regex(pattern: str, *, crossing: bool) -> str:
    r"""A Hadoop glob as a regular expression: ``* ? [a-z] [^a] {x,y} \\*``."""
    out, depth, at = [], 0, 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append(".*" if crossing else "[^/]*")
        elif char == "?":
            out.append("." if crossing else "[^/]")
        elif char == "[" and "]" in pattern[at + 1 :]:
            end = pattern.index("]", at + 1)
            inner = pattern[at:end].replace("\\", "\\\\")
            out.append(f"[{'^' + inner[1:] if inner[0] in '!^' else inner}]")
            at = end + 1
        elif char == "{":
            out.append("(?:")
            depth += 1
        elif char == "}" and depth:
            out.append(")")
            depth -= 1
        elif char == "," and depth:
            out.append("|")
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def _moment(text: str | None) -> int | None:
    """A timestamp option as milliseconds since 1970; without a zone it is local time."""
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text.strip()).timestamp() * 1000)
    except ValueError:
        raise CloudFilesError(
            f"Invalid value {text!r} for option modifiedAfter or modifiedBefore", hint="write it as 2026-01-31T00:00:00"
        ) from None
