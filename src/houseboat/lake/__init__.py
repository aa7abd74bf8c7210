"""The lake: cloud addresses on one side, places on this machine on the other."""

from houseboat.lake.paths import Lake
from houseboat.lake.sources import WebSources

__all__ = ["Lake", "WebSources"]
