"""Apache Spark with Delta Lake as a Spark Connect server: installed once into a cache folder, one server per test run.

The server's keeper is this file run as a program: it ends the server when its standard input closes, so a test process
that is killed leaves no server behind.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PYSPARK = "pyspark==4.0.4"
"""The release line of Databricks Runtime 17.3, which the flagship declares; PySpark's client 4.2.0 talks to it."""
DELTA = "io.delta:delta-spark_2.13:4.0.1"
INSTALLING = 900
"""Seconds that the download of some 430 MB may take."""
STARTING = 180
"""Seconds that a server may take to answer; the first one also fetches Delta's jars."""

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.log.level": "WARN",
}
"""For many small questions: no compilation of queries, few partitions, a quick start."""


class SparkError(RuntimeError):
    """Spark could not be installed or started."""


def cache() -> Path:
    """Where Spark is kept between test runs."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "houseboat-parity"


def java() -> str | None:
    """The program that runs Spark, or None."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def install(folder: Path, tell: Callable[[str], None]) -> Path:
    """Spark's home in a folder; installed there when it is not. Raises ``SparkError``."""
    ready = folder / "ready.json"
    if not ready.exists() or json.loads(ready.read_text(encoding="utf-8")) != PYSPARK:
        tell(f"installing {PYSPARK} into {folder}, once: some 430 MB")
        venv.create(folder / "venv", with_pip=True, clear=True)
        command = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYSPARK]
        try:
            subprocess.run(command, check=True, timeout=INSTALLING)
        except (subprocess.SubprocessError, OSError) as error:
            raise SparkError(f"{PYSPARK} could not be installed: {error}") from error
        _replace(ready, json.dumps(PYSPARK))
        tell("installed")
    code = "import importlib.util as u; print(u.find_spec('pyspark').submodule_search_locations[0])"
    found = subprocess.run([str(_python(folder)), "-c", code], check=True, capture_output=True, text=True, timeout=60)
    return Path(found.stdout.strip())


@dataclass
class Server:
    """A running server. ``url``: for Spark Connect clients."""

    url: str
    keeper: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server."""
        if self.keeper.stdin:
            self.keeper.stdin.close()
        self.keeper.wait(timeout=60)


def start(home: Path, folder: Path, work: Path, tell: Callable[[str], None]) -> Server:
    """Start a server on a free port of this machine alone. ``work``: its own folder, and its log. Raises ``SparkError``."""
    work.mkdir(parents=True, exist_ok=True)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tell(f"starting Apache Spark on port {port}")
    log = work / "server.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, str(Path(__file__)), *_command(home, folder, work, port)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=work,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("SPARK_")},
                "SPARK_HOME": str(home),
                "PYSPARK_PYTHON": sys.executable,
                "SPARK_LOCAL_IP": "127.0.0.1",
            },
        )
    server = Server(f"sc://127.0.0.1:{port}", keeper)
    end = time.monotonic() + STARTING
    while not _listens(port):
        if keeper.poll() is not None or time.monotonic() > end:
            server.stop()
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise SparkError(f"Apache Spark did not start; the end of {log}:\n{tail}")
        time.sleep(0.2)
    return server


def _command(home: Path, folder: Path, work: Path, port: int) -> list[str]:
    ivy = folder / "ivy"
    jars = sorted((ivy / "jars").glob("*.jar"))
    settings = {
        **SETTINGS,
        "spark.jars.ivy": str(ivy),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.local.dir": str(work / "local"),
    }
    submit = home / "bin" / ("spark-submit.cmd" if os.name == "nt" else "spark-submit")
    return [
        str(submit), "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--name", "houseboat-parity",
        "--master", "local[2]", "--driver-memory", "2g",
        *(["--jars", ",".join(map(str, jars))] if any("delta-spark" in jar.name for jar in jars) else ["--packages", DELTA]),
        *[part for key, value in settings.items() for part in ("--conf", f"{key}={value}")],
        "spark-internal",
    ]  # fmt: skip


def _listens(port: int) -> bool:
    with closing(socket.socket()) as asked:
        asked.settimeout(1)
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _python(folder: Path) -> Path:
    return folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _replace(file: Path, text: str) -> None:
    temporary = file.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, file)


def _keep(command: list[str]) -> int:
    """Run the server until standard input closes."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    sys.stdin.buffer.read()
    server.terminate()
    try:
        return server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(_keep(sys.argv[1:]))
