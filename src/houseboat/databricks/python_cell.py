"""Compiles and runs the Python of a cell, with the user's file and line numbers in every traceback."""

from __future__ import annotations
import __future__

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

LineMagic = Callable[[str, int], None]
"""``(text of a line such as "%pip install x", its line in the file)``."""

_FUTURE = 0
for _feature in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _feature).compiler_flag
_LINE_MAGIC = re.compile(r"^(?P<indent>\s*)(?P<text>(?:[%!]|pip3?\s+(?:install|list|freeze|uninstall|show)\b).*)$")
HOOK = "__houseboat_line_magic__"
"""The name by which a rewritten line magic reaches its function."""


class PythonCells:
    """The Python side of one notebook run: its namespace, and the ``__future__`` imports made so far."""

    def __init__(self, namespace: dict[str, Any], line_magic: LineMagic) -> None:
        self.namespace = namespace
        self._flags = 0
        namespace[HOOK] = line_magic

    def run(self, text: str, file: Path, line: int) -> object:
        """Run a cell that begins on ``line`` of ``file``; returns the value of its last expression, else None.

        Raises what the cell raises; a ``SyntaxError`` carries the line in the file.
        """
        tree = self._parse(text, file, line)
        last: ast.Expression | None = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not text.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        ast.increment_lineno(tree, line - 1)
        code = compile(tree, str(file), "exec", flags=self._flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURE
        exec(code, self.namespace)  # noqa: S102 - running the user's notebook is what this is for
        if last is None:
            return None
        ast.increment_lineno(last, line - 1)
        value = compile(last, str(file), "eval", flags=self._flags, dont_inherit=True)
        return eval(value, self.namespace)  # noqa: S307 - as above

    def _parse(self, text: str, file: Path, line: int) -> ast.Module:
        try:
            return self._tree(text, file)
        except SyntaxError as error:
            rewritten = _rewrite_magics(text, line)
            if rewritten != text:
                try:
                    return self._tree(rewritten, file)
                except SyntaxError:
                    pass
            if error.lineno is not None:
                error.lineno += line - 1
            if error.end_lineno is not None:
                error.end_lineno += line - 1
            raise

    def _tree(self, text: str, file: Path) -> ast.Module:
        tree = compile(text, str(file), "exec", flags=ast.PyCF_ONLY_AST | self._flags, dont_inherit=True)
        assert isinstance(tree, ast.Module)  # noqa: S101 - what PyCF_ONLY_AST promises
        return tree


def _rewrite_magics(text: str, line: int) -> str:
    """Turn IPython's line magics into calls of the hook; only asked when the text is no Python as it stands."""
    rows = text.split("\n")
    for number, row in enumerate(rows):
        if match := _LINE_MAGIC.match(row):
            rows[number] = f"{match['indent']}{HOOK}({match['text']!r}, {line + number})"
    return "\n".join(rows)
