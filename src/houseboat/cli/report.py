"""Prints the summary of a run."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def report(console: Console, summary: dict[str, Any], look_next: list[str]) -> None:
    """Rows per table, what pipelines wrote, what changed, how long it took, and where to look next."""
    from rich.markup import escape

    if summary["tables"]:
        console.print(_rows(summary["tables"]))
    failing = [
        (flow["name"], rule)
        for flow in summary["flows"]
        for rule in flow.get("data_quality", {}).get("expectations", [])
        if rule.get("failed_records")
    ]
    for name, rule in failing:
        console.print(
            f"  [yellow]{escape(name)}[/]: {rule['failed_records']:,} rows broke expectation [bold]{escape(rule['name'])}[/]"
        )
    written = summary["written"]
    if summary["nothing_new"]:
        console.print("[green]Nothing new:[/] every source was read before; no table got a new version.")
    else:
        many = "1 table got a new version" if len(written) == 1 else f"{len(written)} tables got new versions"
        console.print(f"[green]{many}:[/]", highlight=False)
        for schema, names in groupby(sorted(written), key=lambda name: name.rpartition(".")[0]):
            tables = ", ".join(name.rpartition(".")[2] for name in names)
            console.print(f"  [bold]{schema}[/]: {tables}", highlight=False)
    console.print(f"[bold]{summary['status']}[/] in {summary['seconds']:.1f} s", highlight=False)
    for line in look_next:
        console.print(f"  [dim]{escape(line)}[/]", highlight=False)


def _rows(tables: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title="Rows: in = kept + merged + quarantined", title_justify="left", box=None, pad_edge=False)
    shown.add_column("table", no_wrap=True)
    for column in ("in", "kept", "merged", "quarantined"):
        shown.add_column(column, justify="right")
    shown.add_column("by rule")
    for count in tables:
        rules = count["quarantined"] if isinstance(count["quarantined"], dict) else {"": count["quarantined"]}
        total = sum(rules.values())
        adds_up = count["rows_in"] == count["kept"] + count["merged"] + total
        shown.add_row(
            escape(str(count["table"])), f"{count['rows_in']:,}", f"{count['kept']:,}", f"{count['merged']:,}", f"{total:,}",
            escape(", ".join(f"{rule}: {n:,}" for rule, n in rules.items() if n)) + ("" if adds_up else " [red]does not add up[/]"),
        )  # fmt: skip
    return shown
