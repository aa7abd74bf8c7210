"""Tests of streaming; a package so that its modules share ``conftest``."""
