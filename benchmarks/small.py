"""The wall time of ``houseboat run`` on a small catalogue, from process start: cold, and again with nothing new.

python benchmarks/small.py --data ../shared/data/netflix

Without ``--data``, the sample's first drop is taken. A cold run starts from a fresh copy of the project with the files
delivered; the runs that follow on the same copy find nothing new. The weekly maintenance is left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ways import PROJECT, without_maintenance


def timed(project: Path, *arguments: str) -> tuple[float, bool]:
    """Seconds of one run, and whether it found nothing new."""
    started = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "houseboat", "run", str(project), "--json", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started, bool(json.loads(ended.stdout)["nothing_new"])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PROJECT / "sample" / "drop-1")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    cold: list[float] = []
    again: list[float] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / "netflix"
            shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".houseboat", "__pycache__"))
            without_maintenance(project / "houseboat.toml")
            seconds, nothing_new = timed(project, "--data", str(options.data.resolve()))
            assert not nothing_new
            cold.append(seconds)
            seconds, nothing_new = timed(project)
            assert nothing_new
            again.append(seconds)
    for name, values in (("cold", cold), ("nothing new", again)):
        print(
            f"{name:<12} median {statistics.median(values):.2f} s, least {min(values):.2f} s, most {max(values):.2f} s"
        )


if __name__ == "__main__":
    main()
