"""The table of verbs, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

import houseboat
from houseboat.errors import HouseboatError, disk_full

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERBS = {
    "run": "houseboat.cli.run:run",
    "seed": "houseboat.cli.seed:seed",
    "sql": "houseboat.cli.sql:sql",
    "status": "houseboat.cli.status:status",
    "factory": "houseboat.cli.one:factory",
    "job": "houseboat.cli.one:job",
    "notebook": "houseboat.cli.one:notebook",
    "pipeline": "houseboat.cli.one:pipeline",
    "adf": "houseboat.cli.adf:adf",
    "sample": "houseboat.cli.sample:sample",
}
_HELP = {
    "run": "Run a project's main run to its end.",
    "seed": "Deliver the files of a drop to the project's sources.",
    "sql": "Run SQL on a project's tables.",
    "status": "Show a project's tables and its last runs.",
    "factory": "Run one Data Factory pipeline.",
    "job": "Run one Databricks job.",
    "notebook": "Run one notebook.",
    "pipeline": "Run one update of a declarative pipeline.",
    "adf": "Tools for Data Factory: evaluate expressions.",
    "sample": "Make a catalogue of titles, of any size, from a seed.",
}
_INTERRUPTED = "interrupted; what was committed is whole, and the next run goes on from there"


class _Verbs(click.Group):
    """Loads a verb's module only when that verb is called: ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _VERBS:
            return None
        module, attribute = _VERBS[name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(houseboat.__version__, prog_name="houseboat")
def cli() -> None:
    """Run an Azure lakehouse project - Data Factory, Databricks, declarative pipelines - unchanged, on this machine.

    Example: houseboat run netflix
    """


def main(argv: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one return an outcome
    """The entry point. Exit codes: 0 done, 1 failed, 2 wrong usage or project, 3 a bug in Houseboat, 130 interrupted."""
    try:
        code = cli.main(args=list(argv) if argv is not None else None, standalone_mode=False)
    except click.exceptions.Abort:  # what click makes of Ctrl-C
        click.echo(f"houseboat: {_INTERRUPTED}", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except HouseboatError as error:
        click.echo(f"houseboat: {error}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        click.echo(f"houseboat: {_INTERRUPTED}", err=True)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - what comes here is a bug, and is told as one
        if full := disk_full(error):
            click.echo(f"houseboat: {full}", err=True)
            return full.exit_code
        import traceback

        traceback.print_exc()
        click.echo("houseboat: this is a bug in Houseboat; please report it with the lines above", err=True)
        return 3
    return code if isinstance(code, int) else 0


def script() -> None:
    """What the installed command calls: ends the process at once, so that no thread of an engine holds it."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
