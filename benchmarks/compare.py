"""Compares Houseboat with its rivals, in one run on one machine.

    python benchmarks/compare.py                                    4 M titles in 40 files, all three ways
    python benchmarks/compare.py --titles 20000 --files 4           small, for CI
    python benchmarks/compare.py --ways handwritten --json out.json

Each way runs as a process of its own, from CSV to the last gold table; afterwards all must have ended with the same
figures, and with those that the generated catalogue's manifest foretells. Needs ``psutil``; Spark needs Java 17.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rules import FIGURES
from ways import WAYS, Place

from houseboat.samples import generate

GIB = 1 << 30
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "houseboat-bench"


@dataclass(frozen=True)
class Result:
    """One way, measured."""

    way: str
    code: int
    seconds: float
    cpu_seconds: float
    peak_gib: float
    lake_mib: int
    layers: dict[str, float]
    figures: dict[str, int]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--titles", type=int, default=4_000_000)
    parser.add_argument("--files", type=int, default=40, help="titles files")
    parser.add_argument("--cast", type=float, default=2.0, help="cast members per title")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ways", default=",".join(WAYS), help=f"some of {', '.join(WAYS)}")
    parser.add_argument("--cache", type=Path, default=CACHE, help="keeps generated data and Spark's environment")
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    return parser.parse_args()


def catalogue(options: argparse.Namespace) -> Path:
    """The folder of the generated catalogue; made once for the same arguments."""
    name = f"{options.titles}-titles-{options.files}-files-{options.cast:g}-cast-seed-{options.seed}"
    folder: Path = options.cache / "data" / name
    if not (folder / "drop-1" / "manifest.json").exists():
        generate(folder, options.titles, options.seed, drops=1, files_per_drop=options.files, cast=options.cast)
    return folder / "drop-1"


def foretold(data: Path) -> dict[str, int]:
    """The figures that the catalogue's manifest leads one to expect."""
    manifest = json.loads((data / "manifest.json").read_text())
    titles, lookups, after = manifest["titles"], manifest["lookups"], manifest["after"]
    pairs = {name: counts["pairs"] for name, counts in lookups.items()}
    return {
        "bronze_titles": titles["rows"],
        "silver_titles": after["titles"],
        **{f"silver_{name}": number for name, number in pairs.items()},
        "quarantine": titles["broken_rows"]
        + titles["no_show_id"]
        + sum(counts["no_such_title"] for counts in lookups.values()),
        "dim_title": after["titles"],
        "dim_person": after["people"],
        "dim_genre": after["genres"],
        "dim_country": after["countries"],
        "bridge_person": pairs["cast"] + pairs["directors"],
        "bridge_genre": pairs["category"],
        "bridge_country": pairs["countries"],
        "fact": after["titles"],
        "minutes": after["minutes"],
        "seasons": after["seasons"],
    }


def run(way: str, options: argparse.Namespace, data: Path) -> Result:
    """Run one way in a new folder, and remove what it wrote."""
    work = Path(tempfile.mkdtemp(prefix=f"bench-{way}-", dir=options.cache))
    try:
        taken, record = WAYS[way](Place(options.cache, data, work))
        if taken.code:
            kept = options.cache / f"failed-{way}.txt"
            kept.write_text(taken.output + (work / "errors.log").read_text(errors="replace"))
            print(f"{way} failed with exit code {taken.code}; what it printed is in {kept}", file=sys.stderr)
        size = sum(file.stat().st_size for file in work.rglob("*") if file.is_file())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Result(
        way,
        taken.code,
        round(taken.seconds, 1),
        round(taken.cpu_seconds, 1),
        round(taken.peak_bytes / GIB, 2),
        size >> 20,
        record.layers,
        record.figures,
    )


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / GIB),
        "load_before": round(psutil.getloadavg()[0], 1),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def differences(results: list[Result], expected: dict[str, int]) -> list[str]:
    """Figures in which a way did not end as the manifest foretells; so equal lists mean equal ways."""
    return [
        f"{result.way}: {name} is {result.figures.get(name)}, expected {expected[name]}"
        for result in results
        for name in FIGURES
        if result.figures.get(name) != expected[name]
    ]


def show(results: list[Result], size: int) -> None:
    """Print the table; ratios are to the hand-written way, or to the first one run."""
    base = next((result for result in results if result.way == "handwritten"), results[0])
    print(f"\n{size >> 20} MiB of CSV\n")
    print(
        f"| {'way':<12} | {'seconds':>8} | {'ratio':>6} | {'CPU s':>7} | {'peak GiB':>8} | {'lake MiB':>8} | layers |"
    )
    print("|---|---:|---:|---:|---:|---:|---|")
    for result in results:
        layers = ", ".join(f"{name} {seconds:g}" for name, seconds in result.layers.items())
        ratio = result.seconds / base.seconds
        cells = (f"{result.way:<12}", f"{result.seconds:>8.1f}", f"{ratio:>6.2f}", f"{result.cpu_seconds:>7.1f}")
        print(f"| {' | '.join(cells)} | {result.peak_gib:>8.2f} | {result.lake_mib:>8} | {layers} |")


def main() -> int:
    """Measure all ways asked for; 1 if one failed or ended with other figures."""
    options = arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    data = catalogue(options)
    size = sum(file.stat().st_size for file in data.glob("*.csv"))
    about = machine()
    results = [run(way, options, data) for way in options.ways.split(",")]
    wrong = differences(results, foretold(data))
    show(results, size)
    print("\n".join(["", *wrong]) if wrong else "\nall figures are those that the catalogue's manifest foretells")
    document = {
        "machine": about,
        "titles": options.titles,
        "csv_bytes": size,
        "results": [asdict(result) for result in results],
        "differences": wrong,
    }
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 1 if wrong or any(result.code for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
