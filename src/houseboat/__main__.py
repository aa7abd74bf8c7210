"""``python -m houseboat``."""

from houseboat.cli.main import script

script()
