"""``%pip install`` at home: nothing is installed; what is asked for must already be there.

Installing into the environment that runs everything would change it behind the user's back; Databricks installs
into an environment of the notebook's own.
"""

from __future__ import annotations

import re
import shlex
from importlib import metadata
from pathlib import Path

from houseboat.databricks.errors import DbutilsError
from houseboat.databricks.gaps import GAPS
from houseboat.errors import Place, Unsupported

_NAME = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)\s*(?:\[[^\]]*\])?\s*(?P<wanted>(?:[<>=!~@;].*)?)$")
_WITH_VALUE = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-c", "--constraint", "-t", "--target")
_PROVIDED = ("databricks-dlt", "databricks-sdk", "pyspark", "delta-spark", "databricks-connect")


def pip(arguments: str, folder: Path, place: Place) -> list[str]:
    """Check a ``pip`` command line; returns one note per requirement.

    Raises ``DbutilsError`` naming every package that is missing, ``Unsupported`` for what is not a plain requirement.
    """
    words = shlex.split(arguments.replace("\\\n", " "), comments=True)
    if not words or words[0] != "install":
        return [f"pip {' '.join(words)}: not run; Houseboat leaves the environment alone"]
    wanted = _requirements(words[1:], folder, place)
    missing, notes = [], []
    for requirement in wanted:
        name, version = _parse(requirement, place)
        try:
            notes.append(
                f"{name} {metadata.version(name)} is installed" + (f" (asked for {version})" if version else "")
            )
        except metadata.PackageNotFoundError:
            if name.lower().replace("_", "-") in _PROVIDED:
                notes.append(f"{name}: Houseboat provides what notebooks use of it")
            else:
                missing.append(requirement)
    if missing:
        raise DbutilsError(
            f"%pip install: not installed here: {', '.join(missing)}",
            place=place,
            hint=f"install it into Houseboat's environment: pip install {' '.join(missing)}",
        )
    return notes


def _requirements(words: list[str], folder: Path, place: Place) -> list[str]:
    wanted: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in ("-r", "--requirement"):
            wanted += _from_file(folder / next(rest, ""), place)
        elif word in _WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            wanted.append(word)
    return wanted


def _from_file(path: Path, place: Place) -> list[str]:
    if not path.is_file():
        raise DbutilsError(f"%pip install -r: there is no file {path}", place=place)
    lines = (line.split(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _parse(requirement: str, place: Place) -> tuple[str, str]:
    if requirement.endswith(".whl"):
        return requirement.replace("\\", "/").rsplit("/", 1)[-1].split("-")[0], ""
    match = _NAME.match(requirement)
    if match is None or "://" in requirement or "/" in requirement:
        raise Unsupported(
            f"%pip install {requirement}: only names of packages and wheels are checked here",
            place=place,
            hint=GAPS["%pip install of an address or a path"],
        )
    return match["name"], match["wanted"].strip()
