"""Writes the support pages from the registries and gap tables of every service.

    python -m houseboat.support docs/reference

``data-factory.md`` comes from ``factory/support.py``, ``support.md`` from the tables named below. A test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_HEAD = """# What runs at home, and what does not

Written from the runtime's own tables (`python -m houseboat.support docs/reference`); Data Factory has
[a page of its own](data-factory.md). What is listed under "not here" is refused by name, with the advice beside it.
What is listed as accepted changes nothing at home.
"""


def page() -> str:
    """The support page of everything but Data Factory, as Markdown."""
    return "\n".join((_HEAD, *_engine(), *_databricks(), *_pipelines(), *_streaming(), *_autoloader()))


def pages() -> dict[str, str]:
    """File name -> text, of every generated page."""
    from houseboat.factory import support as factory

    return {"data-factory.md": factory.page(), "support.md": page()}


def _engine() -> list[str]:
    from houseboat.engine import gaps
    from houseboat.engine import help as refusals

    sentences = "\n".join(f"- {text}" for _, text in refusals.HELP)
    return [
        "## SQL and DataFrames\n",
        "What PySpark sends goes to the engine; Houseboat's handlers add the catalogue and Delta's commands.\n",
        _gaps(gaps.GAPS),
        f"What the embedded engine refuses keeps the engine's words; these sentences are added:\n\n{sentences}\n",
    ]


def _databricks() -> list[str]:
    from houseboat.databricks import dbutils, gaps, magics, notebook_files
    from houseboat.databricks.tasks import registry, sql

    parts = {f"dbutils.{name}": text for name, text in dbutils.GAPS.items()}
    cells = {name if name == "!" else f"%{name}": text for name, text in magics.GAPS.items()}
    files = {f"notebooks in {name} files": text for name, text in notebook_files.GAPS.items()}
    return [
        "## Jobs: task types\n",
        _known(registry.TYPES),
        _gaps({**registry.GAPS, **{f"sql_task.{name}": text for name, text in sql.GAPS.items()}}),
        "## Notebooks\n",
        f"Cells and magics: {_names(f'%{name}' for name in magics.LANGUAGES if name not in magics.GAPS)}\n",
        f"Accepted: {_names(f'%{name}' for name in magics.IGNORED)}\n",
        _gaps({**cells, **parts, **files, **gaps.GAPS}),
    ]


def _pipelines() -> list[str]:
    from houseboat.pipelines import cdc_api, dlt_module, gaps

    here = (name for name in dlt_module.FUNCTIONS if name not in dlt_module.NOT_SUPPORTED)
    arguments = {f"AUTO CDC: {name}": text for name, text in cdc_api.NOT_SUPPORTED.items()}
    return [
        "## Declarative pipelines\n",
        _known(here),
        f"Arguments of a dataset: {_names(name for name in dlt_module.OPTIONS if name != 'row_filter')}\n",
        _gaps({**dlt_module.NOT_SUPPORTED, **arguments, **gaps.GAPS}),
    ]


def _streaming() -> list[str]:
    from houseboat.streaming import commands, delta_options, gaps, rules, sink_choice, sources, triggers

    stateful = dict(rules.STATEFUL.values())
    named = {
        **{f"source {name}": text for name, text in sources.UNSUPPORTED.items()},
        **{f"sink {name}": text for name, text in sink_choice.UNSUPPORTED.items()},
        **{f"trigger {name}": text for name, text in triggers.UNSUPPORTED.items()},
        **{f"Delta source option {name}": text for name, text in delta_options.UNSUPPORTED.items()},
        **{f"command {name}": text for name, text in commands.UNSUPPORTED.items()},
    }
    return [
        "## Structured Streaming\n",
        f"Sinks: {_names(sink_choice.SINKS)}\n",
        "Queries keep no state between batches.\n",
        _gaps({**stateful, **named, **gaps.GAPS}),
    ]


def _autoloader() -> list[str]:
    from houseboat.autoloader import file_source, options

    values = {
        f"cloudFiles.{name} = {value}": text for name, rows in options.GAPS.items() for value, text in rows.items()
    }
    return [
        "## Auto Loader\n",
        f"Formats: {_names(options.FORMATS)}\n",
        f"Options: {_names(f'cloudFiles.{name}' for name in options.HONOURED)}\n",
        f"Accepted: {_names(f'cloudFiles.{name}' for name in options.IGNORED)}\n",
        _gaps(
            {
                **values,
                **options.READER_GAPS,
                **{f"file stream option {name}": text for name, text in file_source.GAPS.items()},
            }
        ),
    ]


def _known(names: Iterable[str]) -> str:
    return f"{_names(names)}\n"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _gaps(gaps: Mapping[str, str]) -> str:
    rows = "\n".join(f"| `{name}` | {instead} |" for name, instead in sorted(gaps.items()))
    return f"| not here | instead |\n|---|---|\n{rows}\n"


def main(folder: Path) -> None:
    """Write every page into a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
