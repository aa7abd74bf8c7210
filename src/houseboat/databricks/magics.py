"""What each cell language and cell command does: one function each, and the table of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from houseboat.databricks import sql_text
from houseboat.databricks.errors import DbutilsError
from houseboat.databricks.gaps import GAPS as OTHER_GAPS
from houseboat.databricks.notebook_files import Cell
from houseboat.databricks.requirements import pip
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from houseboat.databricks.notebook_session import NotebookSession

Magic = Callable[["NotebookSession", Cell], None]

GAPS = {
    "scala": "translate the cell to Python or SQL",
    "r": "translate the cell to Python or SQL",
    "sh": "shell commands act on the machine that runs Houseboat: write the step in Python",
    "conda": "install what the notebook needs into Houseboat's environment",
    "!": "shell commands act on the machine that runs Houseboat: write the step in Python",
}
"""Cell languages that are declared gaps, with what to do instead."""
IGNORED = ("load_ext", "reload_ext", "autoreload", "matplotlib", "config", "env", "tensorboard", "set_env")
"""Line magics without effect at home."""
_ARGUMENT = re.compile(r"""\$(?P<name>\w+)\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+)""")
_FS_FLAGS = {"-r": True, "--recurse": True, "true": True, "false": False}


def run_python(session: NotebookSession, cell: Cell) -> None:
    """``%python``: run the code; show the value of the last expression."""
    value = session.python.run(cell.text, session.file, cell.line)
    if value is not None:
        session.show_value(value)


def run_sql(session: NotebookSession, cell: Cell) -> None:
    """``%sql``: run each statement; show the last one's result and bind it to ``_sqldf``."""
    result = None
    for statement, offset in sql_text.split(cell.text):
        session.at_line(cell.line + offset)
        result = _statement(session, statement)
    if result is not None:
        session.namespace["_sqldf"] = result
        if result.columns:
            session.display(result)


def _statement(session: NotebookSession, statement: str) -> DataFrame | None:
    if command := sql_text.widget_command(statement):
        if command["command"] == "remove":
            session.widgets.remove(command["name"])
        else:
            session.widgets.text(command["name"], command["default"])
        return None
    filled = sql_text.fill(statement, session.sql_value)
    filled = sql_text.name_identifiers(filled, session.widgets.find)
    names = {name: session.widgets.find(name) for name in sql_text.markers(filled)}
    missing = [name for name, value in names.items() if value is None]
    if missing:
        raise DbutilsError(
            f"[UNBOUND_SQL_PARAMETER] no widget gives a value to :{missing[0]}",
            hint=f'declare it, dbutils.widgets.text("{missing[0]}", ""), or pass it as a parameter',
        )
    return session.spark.sql(filled, args=names) if names else session.spark.sql(filled)


def run_notebook(session: NotebookSession, cell: Cell) -> None:
    """``%run path $name="value"``: the other notebook's cells in this namespace and session."""
    text = " ".join(line for line in cell.text.split("\n") if not line.lstrip().startswith("#")).strip()
    arguments = {match["name"]: match["value"].strip("\"'") for match in _ARGUMENT.finditer(text)}
    path = _ARGUMENT.sub("", text).strip().strip("\"'`").strip()
    if not path:
        raise DbutilsError("%run names no notebook", place=session.place(cell.line), hint="%run ./other_notebook")
    session.include(path, arguments)


def run_fs(session: NotebookSession, cell: Cell) -> None:
    """``%fs ls /path``: a function of ``dbutils.fs``, its result shown."""
    for row in cell.text.split("\n"):
        words = shlex.split(row, comments=True, posix=True)
        if not words:
            continue
        function = getattr(session.dbutils.fs, words[0], None)
        if function is None or words[0].startswith("_"):
            raise DbutilsError(f"%fs has no command {words[0]!r}", hint="ls head put mkdirs rm cp mv mounts")
        flags = {"recurse": True} if any(_FS_FLAGS.get(word.lower()) for word in words[1:]) else {}
        result = function(*(word for word in words[1:] if word.lower() not in _FS_FLAGS), **flags)
        session.show_value(result)


def run_pip(session: NotebookSession, cell: Cell) -> None:
    """``%pip install``: check that what is asked for is installed."""
    for note in pip(cell.text.strip(), session.file.parent, session.place(cell.line)):
        session.note(note)


def run_shell(session: NotebookSession, cell: Cell) -> None:
    """``%sh``: a declared gap, but for comments and ``pip install``."""
    rows = [row.strip() for row in cell.text.split("\n")]
    rows = [row for row in rows if row and not row.startswith("#")]
    for row in rows:
        if re.match(r"pip3?\s|python3? -m pip\s", row):
            run_pip(session, Cell("pip", row.partition("pip")[2].lstrip("3 "), cell.line))
        else:
            gap(session, "sh", cell.line)


def nothing(session: NotebookSession, cell: Cell) -> None:
    """``%md``, ``%skip``: no run."""


def not_here(session: NotebookSession, cell: Cell) -> None:
    """A declared gap."""
    gap(session, cell.language, cell.line)


def gap(session: NotebookSession, name: str, line: int) -> NoReturn:
    """Raise ``Unsupported`` for a language that is a declared gap."""
    sign = name if name == "!" else f"%{name}"
    raise Unsupported(f"{sign} does not run here", place=session.place(line), hint=GAPS[name])


def line_magic(session: NotebookSession, text: str, line: int) -> None:
    """A line magic inside a Python cell: ``%pip install x`` and ``pip install x`` are checked, IPython's are ignored."""
    word, _, rest = text.lstrip("%").partition(" ")
    if word in ("pip", "pip3"):
        run_pip(session, Cell("pip", rest, line))
    elif text.startswith("!"):
        if re.match(r"!\s*pip3?\s", text):
            run_pip(session, Cell("pip", text.partition("pip")[2].lstrip("3 "), line))
        else:
            gap(session, "!", line)
    elif word in IGNORED:
        session.note(f"{text}: ignored")
    elif word in LANGUAGES:
        LANGUAGES[word](session, Cell(word, rest, line, magic=True))
    else:
        raise Unsupported(
            f"the line magic %{word} does not run here",
            place=session.place(line),
            hint=OTHER_GAPS["other line magics (%name)"],
        )


LANGUAGES: dict[str, Magic] = {
    "python": run_python,
    "sql": run_sql,
    "run": run_notebook,
    "fs": run_fs,
    "pip": run_pip,
    "uv": run_pip,
    "sh": run_shell,
    "md": nothing,
    "skip": nothing,
    "configure": nothing,
    "scala": not_here,
    "r": not_here,
    "conda": not_here,
}
"""Cell language -> what runs it."""
