"""Reads notebook files into cells.

==================  ==============================================================================================
form                recognised by
==================  ==============================================================================================
source ``.py``      first line ``# Databricks notebook source``; cells part at ``# COMMAND ----------``; cells of
                    another language have every line behind ``# MAGIC``; ``# DBTITLE 1,Title`` names a cell
source ``.sql``     the same with ``--``
``.ipynb``          nbformat 3 or 4; magics are the cell's text; outputs and chart metadata are not read
plain ``.py .sql``  no header: the whole file is one cell (a workspace file run as a notebook)
==================  ==============================================================================================

Source: Databricks' documented notebook source format, and the files that real repositories hold.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from houseboat.databricks.errors import NotebookFileError
from houseboat.errors import Place, Unsupported

_COMMENT = {".py": "#", ".sql": "--"}
_LANGUAGE = {".py": "python", ".sql": "sql"}
GAPS = {
    ".scala": "translate the notebook to Python or SQL",
    ".r": "translate the notebook to Python or SQL",
    ".dbc": "export the notebook as a source file or .ipynb (a .dbc archive is a zip of JSON)",
    ".html": "export the notebook as a source file or .ipynb",
}
"""Notebook files that are not read -> what to do instead."""
_MAGIC = re.compile(r"^%(?P<name>[A-Za-z_][\w-]*)[ \t]*")
_TITLE = re.compile(r"^DBTITLE\s+\d+\s*,\s*(?P<title>.*)$")
_ALIASES = {"md-sandbox": "md", "markdown": "md", "py": "python", "scala": "scala", "r": "r"}
KNOWN = ("python", "sql", "md", "run", "fs", "sh", "pip", "scala", "r", "skip", "conda", "uv", "configure")
"""Cell languages and cell commands that a notebook may name by a magic."""


@dataclass(frozen=True)
class Cell:
    """One cell. ``language`` is a magic's name (``python``, ``sql``, ``md``, ``run``, ``pip``...), ``text`` what
    follows the magic, ``line`` the 1-based line of the user's file on which ``text`` begins, ``magic`` whether the
    cell named its language itself, ``number`` its 1-based position among all cells of the file.
    """

    language: str
    text: str
    line: int
    title: str = ""
    magic: bool = False
    number: int = 1


@dataclass(frozen=True)
class Notebook:
    """A notebook file: its default ``language`` and its cells, in order."""

    path: Path
    language: str
    cells: tuple[Cell, ...]


def read_notebook(path: Path) -> Notebook:
    """Parse a notebook file; raises ``NotebookFileError`` when it is broken, ``Unsupported`` for other formats."""
    suffix = path.suffix.lower()
    if suffix in GAPS:
        raise Unsupported(f"notebooks in {suffix} files do not run here", place=Place(path), hint=GAPS[suffix])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotebookFileError("there is no such notebook", place=Place(path)) from error
    except UnicodeDecodeError as error:
        raise NotebookFileError("the notebook is not UTF-8 text", place=Place(path)) from error
    if suffix == ".ipynb":
        return _read_ipynb(path, text)
    if suffix not in _COMMENT:
        raise NotebookFileError(
            f"{path.name} is not a notebook", place=Place(path), hint="expected a .py, .sql or .ipynb file"
        )
    return _read_source(path, text, suffix)


def is_notebook(path: Path) -> bool:
    """Whether a file is a notebook rather than a module or script: .ipynb, or a source file with the header line."""
    if path.suffix.lower() == ".ipynb":
        return True
    comment = _COMMENT.get(path.suffix.lower())
    if comment is None:
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.readline().strip() == f"{comment} Databricks notebook source"


def _read_source(path: Path, text: str, suffix: str) -> Notebook:
    comment, language = _COMMENT[suffix], _LANGUAGE[suffix]
    lines = text.splitlines()
    if not lines or lines[0].strip() != f"{comment} Databricks notebook source":
        return Notebook(path, language, (Cell(language, text, 1),))
    separator = re.compile(rf"^{re.escape(comment)}\s*COMMAND\s*-+\s*$")
    cells: list[Cell] = []
    start, position = 1, 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or separator.match(lines[number]):
            position += 1
            found = _source_cell(lines[start:number], start + 1, comment, language)
            cells.extend(replace(cell, number=position) for cell in found)
            start = number + 1
    return Notebook(path, language, tuple(cells))


def _source_cell(lines: list[str], line: int, comment: str, language: str) -> list[Cell]:
    title = ""
    while lines and (not lines[0].strip() or _is_title(lines[0], comment)):
        if lines[0].strip():
            match = _TITLE.match(lines[0].strip()[len(comment) :].strip())
            title = match["title"].strip() if match else title
        lines, line = lines[1:], line + 1
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines:
        return []
    magic = re.compile(rf"^{re.escape(comment)} ?MAGIC ?")
    if magic.match(lines[0]):
        lines = [magic.sub("", text, count=1) for text in lines]
    return [_cell("\n".join(lines), line, title, language)]


def _is_title(line: str, comment: str) -> bool:
    text = line.strip()
    return text.startswith(comment) and _TITLE.match(text[len(comment) :].strip()) is not None


def _cell(text: str, line: int, title: str, default: str) -> Cell:
    """Split a leading magic from its text. Blank lines and, in Python, comments may stand before it."""
    skipped = 0
    for row in text.split("\n"):
        bare = row.strip()
        if bare and not (bare.startswith(("#", "--")) and not bare.startswith("#%")):
            break
        skipped += 1
    rest = "\n".join(text.split("\n")[skipped:])
    match = _MAGIC.match(rest)
    name = _language(match["name"]) if match else None
    if match is None or name is None:
        return Cell(default, text, line, title)
    glued = name == "md" and match["name"].lower() not in ("md", *_ALIASES)
    body = rest[len("%md") :] if glued else rest[match.end() :]
    line += skipped
    if body.startswith("\n"):
        body, line = body[1:], line + 1
    return Cell(name, body, line, title, magic=True)


def _language(name: str) -> str | None:
    """The cell command that a magic names; None for a line magic of IPython such as ``%load_ext``."""
    lower = _ALIASES.get(name.lower(), name.lower())
    if lower in KNOWN:
        return lower
    return "md" if lower.startswith("md") else None


def _read_ipynb(path: Path, text: str) -> Notebook:
    try:
        document = json.loads(text)
        if document.get("nbformat") != 4:  # noqa: PLR2004 - the format that needs no upgrade
            import nbformat

            document = nbformat.reads(text, as_version=4)
            text = ""
        raw = document["cells"]
    except (ValueError, KeyError, AttributeError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise NotebookFileError(f"not a Jupyter notebook: {error}", place=Place(path, line)) from error
    language = _default_language(document.get("metadata", {}))
    cells: list[Cell] = []
    finder = _LineFinder(text)
    for number, entry in enumerate(raw, 1):
        lines = entry.get("source") or ""
        source = lines if isinstance(lines, str) else "".join(lines)
        line = finder.find(source.split("\n")[0]) if source else 1
        meta = entry.get("metadata", {}).get("application/vnd.databricks.v1+cell", {})
        title = str(meta.get("title") or "") if isinstance(meta, dict) else ""
        if not source.strip():
            continue
        if entry.get("cell_type") == "code":
            cells.append(replace(_cell(source, line, title, language), number=number))
        elif entry.get("cell_type") == "markdown":
            cells.append(Cell("md", source, line, title, number=number))
    return Notebook(path, language, tuple(cells))


def _default_language(metadata: dict[str, object]) -> str:
    databricks = metadata.get("application/vnd.databricks.v1+notebook")
    if isinstance(databricks, dict) and databricks.get("language"):
        return str(databricks["language"]).lower()
    return "python"


class _LineFinder:
    """Finds the line of the JSON file on which a cell's source begins, so that tracebacks point into the file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def find(self, first: str) -> int:
        """The 1-based line; 1 when the file is not laid out one source line per JSON line."""
        for ascii_only in (False, True):
            quoted = json.dumps(first, ensure_ascii=ascii_only)[:-1]
            match = re.compile(r'"source":\s*\[\s*' + re.escape(quoted)).search(self._text, self._position)
            if match:
                self._position = match.end()
                return self._text.count("\n", 0, match.end()) + 1
        return 1
