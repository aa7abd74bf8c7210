"""Runs Azure Data Factory pipelines from their own JSON files."""

from houseboat.factory.factory import Factory

__all__ = ["Factory"]
