"""A Spark session on any Spark Connect engine, completed by handlers. See ``docs/architecture.md``."""

from houseboat.engine.session import Engine

__all__ = ["Engine"]
