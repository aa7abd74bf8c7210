"""Kills a run at random moments, runs again, and compares every table with those of an undisturbed run.

    python tests/campaigns/kill.py --count 20

Each round takes a fresh copy of the project with its sources delivered, starts ``houseboat run``, sends ``kill -9`` to the
whole process group after a random share of the time that an undisturbed run takes, runs again to the end, and reads
every Delta table. Rows must be equal, and as many. Two undisturbed runs come first: columns in which these two differ (the times at which
rows were written) cannot be compared; they are named in the report.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2] / "netflix"
RUN = [sys.executable, "-m", "houseboat", "run"]
Tables = dict[str, dict[str, list[Any]]]
"""Table -> column -> its values, in the order of the table's sorted rows."""


@dataclass
class Report:
    """What a campaign found."""

    rounds: int
    killed: int = 0
    wrong: list[str] = field(default_factory=list)
    volatile: list[str] = field(default_factory=list)
    seconds: float = 0.0


def campaign(rounds: int, *, seed: int = 1, data: Path | None = None, then_drop: int | None = None) -> Report:
    """Run the campaign. ``data``: files to deliver instead of the sample's first drop. ``then_drop``: run once, then
    deliver this drop of the sample and kill the run that takes it in.
    """
    report = Report(rounds)
    dice = random.Random(seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory(prefix="houseboat-kill-") as folder:
        base = _prepared(Path(folder) / "base", data, then_drop)
        first, whole = _undisturbed(base, Path(folder) / "first")
        second, _ = _undisturbed(base, Path(folder) / "second")
        volatile = _differing(first, second)
        report.volatile = sorted(f"{table}.{column}" for table, column in volatile)
        report.seconds = whole
        expected = _without(first, volatile)
        for number in range(rounds):
            project = Path(folder) / f"round-{number}"
            shutil.copytree(base, project, symlinks=True)
            moment = dice.uniform(0.02, 1.0) * whole
            report.killed += _killed(project, moment)
            ended = subprocess.run([*RUN, str(project), "--json"], capture_output=True, text=True, check=False)
            problem = _problem(ended, project, expected, volatile)
            if problem:
                report.wrong.append(f"round {number}, killed after {moment:.2f} s: {problem}")
            shutil.rmtree(project)
    return report


def _prepared(project: Path, data: Path | None, then_drop: int | None) -> Path:
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".houseboat", "__pycache__"))
    deliver = ["--data", str(data)] if data else ["--drop", "1"]
    _command("seed", str(project), *deliver)
    if then_drop is not None:
        _command("run", str(project))
        _command("seed", str(project), "--drop", str(then_drop))
    return project


def _command(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "houseboat", *arguments], check=True, capture_output=True)


def _undisturbed(base: Path, project: Path) -> tuple[Tables, float]:
    shutil.copytree(base, project)
    started = time.monotonic()
    _command("run", str(project))
    seconds = time.monotonic() - started
    found = read_tables(project)
    shutil.rmtree(project)
    return found, seconds


def _killed(project: Path, moment: float) -> bool:
    """Start a run and kill it; False when it had ended by then."""
    with contextlib.ExitStack() as stack:
        started = subprocess.Popen(
            [*RUN, str(project)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        stack.callback(started.wait)
        try:
            started.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            return True
    return False


def _problem(
    ended: subprocess.CompletedProcess[str], project: Path, expected: Tables, volatile: set[tuple[str, str]]
) -> str | None:
    if ended.returncode != 0:
        return f"the next run ended with {ended.returncode}: {ended.stderr.strip()[-500:]}"
    found = _without(read_tables(project), volatile)
    if found.keys() != expected.keys():
        return f"tables differ: {sorted(found.keys() ^ expected.keys())}"
    wrong = [table for table in expected if found[table] != expected[table]]
    return f"rows differ in {', '.join(wrong)}" if wrong else None


def read_tables(project: Path) -> Tables:
    """Every Delta table of a project, columns by name, rows in one order."""
    from deltalake import DeltaTable

    found: Tables = {}
    for name, place in _places(project):
        data = DeltaTable(str(place)).to_pyarrow_table()
        rows = sorted(data.to_pylist(), key=_sort_key)
        found[name] = {column: [row[column] for row in rows] for column in sorted(data.column_names)}
    return found


def _sort_key(row: dict[str, Any]) -> str:
    """Rows are put in order by what does not depend on the clock."""
    return json.dumps({k: v for k, v in row.items() if not hasattr(v, "isoformat")}, default=str, sort_keys=True)


def _places(project: Path) -> Iterator[tuple[str, Path]]:
    status = subprocess.run(
        [sys.executable, "-m", "houseboat", "status", str(project), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    from houseboat.lake import Lake

    lake = Lake(project / ".houseboat" / "lake", allowed=[project])
    for table in json.loads(status.stdout)["tables"]:
        location = table["location"]
        yield table["table"], lake.local(location) if lake.is_address(location) else Path(location)


def _differing(one: Tables, other: Tables) -> set[tuple[str, str]]:
    found = set()
    for table in one.keys() | other.keys():
        for column in one.get(table, {}).keys() | other.get(table, {}).keys():
            if one.get(table, {}).get(column) != other.get(table, {}).get(column):
                found.add((table, column))
    return found


def _without(tables: Tables, volatile: set[tuple[str, str]]) -> Tables:
    return {
        table: {column: values for column, values in columns.items() if (table, column) not in volatile}
        for table, columns in tables.items()
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="rounds (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--data", type=Path, help="deliver the files of this folder instead of the sample's first drop")
    parser.add_argument(
        "--then-drop", type=int, help="kill the run that takes in this drop of the sample, after a first run"
    )
    options = parser.parse_args()
    report = campaign(options.count, seed=options.seed, data=options.data, then_drop=options.then_drop)
    print(json.dumps(vars(report), indent=2))  # noqa: T201
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
