"""Houseboat runs an Azure lakehouse project, unchanged, without Azure."""

__version__ = "0.1.0"
