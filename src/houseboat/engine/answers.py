"""Builds the responses of a handler that answers by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import relations_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from houseboat.engine.handler import SessionContext


def done() -> Iterator[pb2.ExecutePlanResponse]:
    """A command that has no result."""
    return iter(())


def table(data: pa.Table) -> Iterator[pb2.ExecutePlanResponse]:
    """A relation's rows and schema."""
    response = pb2.ExecutePlanResponse()
    response.schema.CopyFrom(_schema(data))
    yield response
    response = pb2.ExecutePlanResponse()
    response.arrow_batch.row_count = data.num_rows
    response.arrow_batch.data = _ipc(data)
    yield response


def sql_result(data: pa.Table) -> Iterator[pb2.ExecutePlanResponse]:
    """The result of a SQL command: a relation that holds these rows, as Spark answers for a command with output."""
    response = pb2.ExecutePlanResponse()
    response.sql_command_result.relation.CopyFrom(local_relation(data))
    yield response


def local_relation(data: pa.Table) -> relations_pb2.Relation:
    """A relation that holds these rows."""
    relation = relations_pb2.Relation()
    relation.local_relation.data = _ipc(data)
    relation.local_relation.schema = _spark_schema(data).json()
    return relation


def empty_sql_result() -> Iterator[pb2.ExecutePlanResponse]:
    """What Spark answers for a statement without output: no columns, no rows."""
    import pyarrow as pa

    return sql_result(pa.table({}))


def collect(session: SessionContext, relation: relations_pb2.Relation) -> pa.Table:
    """The rows of a relation, computed through the whole chain of handlers."""
    return arrow(session.execute_relation(relation))


def arrow(responses: list[pb2.ExecutePlanResponse]) -> pa.Table:
    """The Arrow table that a list of responses carries."""
    import pyarrow as pa

    batches: list[pa.RecordBatch] = []
    schema = None
    for response in responses:
        if response.HasField("arrow_batch"):
            with pa.ipc.open_stream(response.arrow_batch.data) as reader:
                schema = reader.schema
                batches.extend(reader)
    return pa.Table.from_batches(batches, schema=schema) if schema is not None else pa.table({})


def _ipc(data: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as writer:
        if data.num_rows:
            writer.write_table(data)
        else:  # the client takes a stream without a batch for no answer at all
            writer.write_batch(pa.RecordBatch.from_pylist([], schema=data.schema))
    return sink.getvalue().to_pybytes()


def _spark_schema(data: pa.Table):  # type: ignore[no-untyped-def] # noqa: ANN202 - pyspark.sql.types.StructType
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(data.schema)


def _schema(data: pa.Table):  # type: ignore[no-untyped-def] # noqa: ANN202 - types_pb2.DataType
    from pyspark.sql.connect.types import pyspark_types_to_proto_types

    return pyspark_types_to_proto_types(_spark_schema(data))
