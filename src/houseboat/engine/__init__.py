"""A Spark session on any Spark Connect engine, completed by handlers. See ``docs/architecture.md``."""

import sys

from houseboat.engine.session import Engine

_main = sys.modules["__main__"]
if not hasattr(_main, "__file__") and _main.__spec__ is None and not hasattr(sys, "ps1"):
    # `python -c`, a worker of a test runner: PySpark 4.2 takes a main module without a file for its own doctests, looks
    # for a Spark installation and ends the process.
    _main.__file__ = "<string>"

__all__ = ["Engine"]
