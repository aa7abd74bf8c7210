"""``SET key = value`` in SQL. Values of credentials are never echoed: they go where they are set, and nowhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from houseboat.engine import answers, plans
from houseboat.engine.handler import Handler, Proceed, SessionContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql.connect.proto import base_pb2 as pb2

_SET = re.compile(r"^\s*SET\s+(?P<key>`?[\w.\-]+`?)\s*(?:=\s*(?P<value>.*?))?\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_SET_ALL = re.compile(r"^\s*SET(?:\s+-v)?\s*;?\s*$", re.IGNORECASE)
_RESET = re.compile(r"^\s*RESET(?:\s+(?P<key>`?[\w.\-]+`?))?\s*;?\s*$", re.IGNORECASE)
_NOT_KEYS = ("catalog", "time", "var", "variable", "role")
_SECRET = re.compile(r"secret|password|token|access[.]?key|^(spark[.]hadoop[.])?fs[.]azure[.]", re.IGNORECASE)
"""Spark's ``spark.redaction.regex``, and all of ``fs.azure.*``."""
REDACTED = "*********(redacted)"


class Settings(Handler):
    """Answers SET and RESET through the session's configuration, as ``spark.conf`` does."""

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer ``SET``, ``SET key``, ``SET key = value``, ``RESET`` and ``RESET key``."""
        text = plans.sql_text(plan)
        if text is None:
            return proceed(plan)
        if match := _RESET.match(text):
            for key in [match["key"].strip("`")] if match["key"] else list(session.settings):
                session.spark.conf.unset(key)
            return answers.empty_sql_result()
        if _SET_ALL.match(text):
            return _shown(dict(sorted(session.settings.items())))
        match = _SET.match(text)
        if match is None or match["key"].lower() in _NOT_KEYS:
            return proceed(plan)
        key, value = match["key"].strip("`"), match["value"]
        if value is None:
            value = session.setting(key) or session.spark.conf.get(key, "<undefined>") or ""
        else:
            value = value.strip().strip("'\"")
            session.spark.conf.set(key, value)
        return _shown({key: value})


def _shown(settings: Mapping[str, str]) -> Iterator[pb2.ExecutePlanResponse]:
    import pyarrow as pa

    values = [REDACTED if _SECRET.search(key) else value for key, value in settings.items()]
    return answers.sql_result(
        pa.table({"key": pa.array(settings, pa.string()), "value": pa.array(values, pa.string())})
    )
