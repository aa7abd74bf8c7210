"""``dbutils.secrets``: values from the environment or from a file in the state folder, never printed.

A secret ``key`` of ``scope`` is looked up in the environment as ``HOUSEBOAT_SECRET__<scope>__<key>`` (case and
punctuation do not matter: ``kv-prod`` matches ``KV_PROD``), then in ``secrets.toml`` of the state folder
(``[scope]`` tables of ``key = "value"``), which git ignores.

A scope of which nothing is known at home answers every key with a placeholder: notebooks fetch storage credentials
that no folder at home needs. In a scope that is known, a missing key is an error, as on Databricks.
"""

# ruff: noqa: ARG002, N802, N803, PLR2004, T201 - names and signatures are Databricks'

from __future__ import annotations

import builtins
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from houseboat.databricks.errors import DbutilsError
from houseboat.errors import Place

PREFIX = "HOUSEBOAT_SECRET__"
PLACEHOLDER = "no-secret-at-home"
REDACTED = "[REDACTED]"
_SHORTEST = 3
"""Shorter secrets are not redacted: replacing every ``1`` of a log hides nothing and garbles everything."""


class SecretMetadata(NamedTuple):
    """What ``secrets.list`` shows of a secret."""

    key: str


class SecretScope(NamedTuple):
    """What ``secrets.listScopes`` shows of a scope."""

    name: str

    def getName(self) -> str:
        """The scope's name."""
        return self.name


class Secrets:
    """The ``dbutils.secrets`` of one notebook run, and the redactor of its output."""

    def __init__(
        self, state_folder: Path, note: Callable[[str], None], environment: Mapping[str, str] | None = None
    ) -> None:
        """``note`` is told when a placeholder is handed out."""
        self._file = state_folder / "secrets.toml"
        self._environment = os.environ if environment is None else environment
        self._note = note
        self._seen: set[str] = set()

    def get(self, scope: str, key: str) -> str:
        """The secret's text."""
        scopes = self._scopes()
        keys = scopes.get(_plain(scope))
        if keys is None:
            self._note(f"secret scope {scope!r} is not known at home: {key!r} is a placeholder")
            return PLACEHOLDER
        if _plain(key) not in keys:
            raise DbutilsError(
                f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope} and key: {key}",
                hint=f"set {PREFIX}{_variable(scope)}__{_variable(key)} or add it to {self._file.name}",
            )
        value = keys[_plain(key)][1]
        if len(value) >= _SHORTEST:
            self._seen.add(value)
        return value

    def getBytes(self, scope: str, key: str) -> bytes:
        """The secret's text in UTF-8."""
        return self.get(scope, key).encode()

    def list(self, scope: str) -> builtins.list[SecretMetadata]:
        """The keys of a scope."""
        return [SecretMetadata(name) for name, _ in self._scopes().get(_plain(scope), {}).values()]

    def listScopes(self) -> builtins.list[SecretScope]:
        """The scopes known at home."""
        return [SecretScope(name) for name in sorted(self._scopes())]

    def help(self, methodName: str = "") -> None:
        """Print what there is."""
        print("dbutils.secrets: get(scope, key), getBytes(scope, key), list(scope), listScopes()")

    def redact(self, text: str) -> str:
        """The text with every secret that this run has fetched replaced by ``[REDACTED]``."""
        for value in sorted(self._seen, key=len, reverse=True):
            text = text.replace(value, REDACTED)
        return text

    def _scopes(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Scope -> plain key -> (key as written, value)."""
        scopes: dict[str, dict[str, tuple[str, str]]] = {}
        if self._file.is_file():
            try:
                tables = tomllib.loads(self._file.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise DbutilsError("the secrets file is not TOML", place=Place(self._file)) from error
            for scope, keys in tables.items():
                if isinstance(keys, dict):
                    scopes[_plain(scope)] = {_plain(key): (key, str(value)) for key, value in keys.items()}
        for name, value in self._environment.items():
            parts = name[len(PREFIX) :].split("__", 1)
            if name.upper().startswith(PREFIX) and len(parts) == 2:
                scopes.setdefault(_plain(parts[0]), {})[_plain(parts[1])] = (parts[1].lower(), value)
        return scopes


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


def _variable(name: str) -> str:
    return _plain(name).upper()
