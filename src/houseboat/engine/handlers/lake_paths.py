"""Lake addresses in plans become local paths: ``abfss://...`` and friends in reads, writes and SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2, relations_pb2

from houseboat.engine import plans
from houseboat.engine.handler import Handler, Proceed, ProceedAnalyze, SessionContext
from houseboat.engine.sql_text import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from houseboat.lake import Lake

_FORMATS = ("DELTA", "CSV", "JSON", "PARQUET", "TEXT", "ORC", "AVRO", "BINARYFILE")


class LakePaths(Handler):
    """Maps every lake address that a plan reads or writes; other paths pass untouched."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:  # noqa: ARG002
        """Map the addresses of a plan and its command."""
        plan = plans.copied(plan)
        self._relations(plan)
        if plan.HasField("command"):
            self._command(plan)
        return proceed(plan)

    def analyze(
        self,
        request: pb2.AnalyzePlanRequest,
        session: SessionContext,  # noqa: ARG002
        proceed: ProceedAnalyze,
    ) -> pb2.AnalyzePlanResponse:
        """Map the addresses of the plan that is asked about; input files come back as addresses."""
        copy = pb2.AnalyzePlanRequest()
        copy.CopyFrom(request)
        self._relations(copy)
        answer = proceed(copy)
        if answer.HasField("input_files"):
            files = [self._address(path) for path in answer.input_files.files]
            del answer.input_files.files[:]
            answer.input_files.files.extend(files)
        return answer

    def text(self, sql: str) -> str:
        """A SQL text with the addresses behind LOCATION, ``format.`path` `` and ``read_files`` mapped."""
        found = tokens(sql)
        pieces, at = [], 0
        for index, token in enumerate(found):
            if (
                token.kind in ("string", "quoted")
                and self._names_a_place(found, index)
                and self._lake.is_address(token.value)
            ):
                quote = sql[token.end - 1]
                pieces += [sql[at : token.start], quote, self._local(token.value), quote]
                at = token.end
        return "".join([*pieces, sql[at:]])

    @staticmethod
    def _names_a_place(found: list[Token], index: int) -> bool:
        before = [token.upper for token in found[max(0, index - 2) : index]]
        if found[index].kind == "quoted":
            names = [token.value.upper() for token in found[max(0, index - 2) : index]]
            return len(names) == 2 and names[1] == "." and names[0] in _FORMATS  # noqa: PLR2004
        if before[-1:] == ["LOCATION"] or before[-1:] == ["PATH"] or before[-2:] == ["PATH", "="]:
            return True
        values = [token.value.lower() for token in found[max(0, index - 2) : index] if token.kind == "string"]
        if values[-1:] == ["path"]:
            return True
        return before[-2:] in (["READ_FILES", "("], ["CLOUD_FILES", "("])

    def _relations(self, message: Any) -> None:
        for relation in plans.relations(message):
            if relation.HasField("read") and relation.read.HasField("data_source"):
                self._source(relation.read.data_source)
            elif relation.HasField("sql"):
                relation.sql.query = self.text(relation.sql.query)

    def _source(self, source: relations_pb2.Read.DataSource) -> None:
        for key in [key for key in source.options if key.lower() == "path"]:
            path = source.options.pop(key)
            if not source.paths:
                source.paths.append(path)
        if source.format.lower() != "delta":
            for path in source.paths:
                if self._lake.is_address(path):
                    self._lake.refuse_links(path)
        mapped = [self._local(path) for path in source.paths]
        del source.paths[:]
        source.paths.extend(mapped)

    def _command(self, plan: pb2.Plan) -> None:
        command = plan.command
        text = plans.sql_text(plan)
        if text is not None:
            plans.set_sql_text(plan, self.text(text))
        write = plans.write_target(command)
        if write is not None:
            self._path_option(write.options)
            if isinstance(write, commands_pb2.WriteOperation):
                self._write_place(write)

    def _write_place(self, write: commands_pb2.WriteOperation) -> None:
        """The path of a write; ``option("path", ...).save()`` is one, too, which Sail 0.7.2 does not see for Delta."""
        if write.WhichOneof("save_type") != "table" and not write.path:
            for key in [key for key in write.options if key.lower() == "path"]:
                write.path = write.options.pop(key)
        elif write.WhichOneof("save_type") == "path":
            write.path = self._local(write.path)

    def _path_option(self, options: Any) -> None:
        for key in options:
            if key.lower() == "path":
                options[key] = self._local(options[key])

    def _local(self, path: str) -> str:
        if not self._lake.is_address(path):
            return path
        place = self._lake.local(path)
        return place.as_posix()

    def _address(self, path: str) -> str:
        from pathlib import Path

        local = path.removeprefix("file://")
        return self._lake.address(Path(local)) if local.startswith("/") else path
