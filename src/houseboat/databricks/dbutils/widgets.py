"""``dbutils.widgets``: named text inputs of a notebook.

A value that the caller supplied (job, ``dbutils.notebook.run``, ``%run $x="v"``) exists before the notebook declares
the widget, and beats the declared default. A notebook reached by ``%run`` sees its own defaults unless ``%run``
passes values, and the caller's widgets where it declares none. Source: Databricks' pages on widgets.
"""

# ruff: noqa: ARG002, N802, N803, T201 - names and signatures are Databricks'

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from houseboat.databricks.errors import DbutilsError, InputWidgetNotDefined


@dataclass
class _Frame:
    """The widgets of one notebook: what its caller ``supplied``, and the current values."""

    supplied: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values.update(self.supplied)


class Widgets:
    """The ``dbutils.widgets`` of one notebook run; all values are text."""

    def __init__(self, supplied: Mapping[str, str]) -> None:
        self._frames = [_Frame(dict(supplied))]

    def text(self, name: str, defaultValue: str = "", label: str | None = None) -> None:
        """Declare a text widget; an existing value is kept."""
        self._declare(name, defaultValue)

    def dropdown(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declare a widget with choices; the default must be one of them."""
        if defaultValue not in choices:
            raise DbutilsError(
                f"java.lang.IllegalArgumentException: requirement failed: the default value {defaultValue!r} of the "
                f"dropdown {name!r} is not among its choices",
                hint=f"choices: {', '.join(map(str, choices))}",
            )
        self._declare(name, defaultValue)

    def combobox(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declare a widget with suggested choices."""
        self._declare(name, defaultValue)

    def multiselect(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declare a widget of which several choices may be taken; its value is them joined by commas."""
        self._declare(name, defaultValue)

    def get(self, name: str) -> str:
        """The widget's value; raises ``InputWidgetNotDefined``."""
        value = self.find(name)
        if value is None:
            raise InputWidgetNotDefined(name)
        return value

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        """The widget's value, else the default; without a default as ``get``."""
        value = self.find(name)
        return (
            self.get(name) if value is None and defaultValue is None else str(defaultValue if value is None else value)
        )

    def getAll(self) -> dict[str, str]:
        """All widgets with their values."""
        merged: dict[str, str] = {}
        for frame in self._frames:
            merged.update(frame.values)
        return merged

    def remove(self, name: str) -> None:
        """Remove a widget."""
        for frame in self._frames:
            frame.values.pop(name, None)

    def removeAll(self) -> None:
        """Remove all widgets."""
        for frame in self._frames:
            frame.values.clear()

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.widgets: text, dropdown, combobox, multiselect, get, getAll, getArgument, remove, removeAll")

    def find(self, name: str) -> str | None:
        """The widget's value, or None; the innermost notebook's first."""
        for frame in reversed(self._frames):
            if name in frame.values:
                return frame.values[name]
        return None

    @contextmanager
    def included(self, supplied: Mapping[str, str]) -> Iterator[None]:
        """While a notebook is run by ``%run``; what it declares stays visible to its caller afterwards."""
        self._frames.append(_Frame(dict(supplied)))
        try:
            yield
        finally:
            child = self._frames.pop()
            for name, value in child.values.items():
                self._frames[-1].values.setdefault(name, value)

    def _declare(self, name: str, default: object) -> None:
        if not name:
            raise DbutilsError("java.lang.IllegalArgumentException: a widget needs a name")
        self._frames[-1].values.setdefault(name, str(default))
