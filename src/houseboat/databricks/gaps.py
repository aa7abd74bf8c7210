"""Gaps of notebooks that stand in no other table of this package (see ``magics``, ``dbutils``, ``tasks``)."""

from __future__ import annotations

GAPS: dict[str, str] = {
    "%pip install of an address or a path": "install it into Houseboat's environment and leave the line out, or name "
    "the package",
    "other line magics (%name)": "write it in Python",
}
"""What is not here -> what to do instead."""
