"""``SET key = value`` in SQL, and the settings that mean nothing at home."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyspark.sql.connect.proto import base_pb2 as pb2

from houseboat.engine import answers, plans
from houseboat.engine.handler import Handler, Proceed, SessionContext

_SET = re.compile(r"^\s*SET\s+(?P<key>[\w.\-]+)\s*(?:=\s*(?P<value>.*?))?\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_RESET = re.compile(r"^\s*RESET\s+(?P<key>[\w.\-]+)\s*;?\s*$", re.IGNORECASE)
_NOT_KEYS = ("catalog", "time", "var", "variable", "role")


class Settings(Handler):
    """Answers SET and RESET through the session's configuration, as ``spark.conf`` does."""

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:
        """Answer ``SET key``, ``SET key = value`` and ``RESET key``."""
        text = plans.sql_text(plan)
        if text is None:
            return proceed(plan)
        if match := _RESET.match(text):
            session.spark.conf.unset(match["key"])
            return answers.empty_sql_result()
        match = _SET.match(text)
        if match is None or match["key"].lower() in _NOT_KEYS:
            return proceed(plan)
        import pyarrow as pa  # noqa: PLC0415

        value = match["value"]
        if value is None:
            value = session.setting(match["key"]) or session.spark.conf.get(match["key"], "<undefined>")
        else:
            value = value.strip().strip("'\"")
            session.spark.conf.set(match["key"], value)
        return answers.sql_result(pa.table({"key": [match["key"]], "value": [value]}))
