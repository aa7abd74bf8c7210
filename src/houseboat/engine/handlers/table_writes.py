"""Writes to tables by name - ``saveAsTable``, ``insertInto``, ``writeTo`` - as writes by path.

The catalogue's entry comes first and counts once the table has a commit, so a crash in between leaves nothing
half-made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.delta import maintenance
from houseboat.engine import answers
from houseboat.engine.catalog import CatalogError, Entry
from houseboat.engine.gaps import GAPS
from houseboat.engine.names import literal, quoted, split
from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from houseboat.engine.catalog import Full
    from houseboat.engine.handler import Proceed, SessionContext
    from houseboat.engine.handlers.catalog_names import CatalogNames

Write = commands_pb2.WriteOperation
_V2 = commands_pb2.WriteOperationV2
_V2_MODES = {
    _V2.MODE_CREATE: Write.SAVE_MODE_ERROR_IF_EXISTS,
    _V2.MODE_APPEND: Write.SAVE_MODE_APPEND,
    _V2.MODE_REPLACE: Write.SAVE_MODE_OVERWRITE,
    _V2.MODE_CREATE_OR_REPLACE: Write.SAVE_MODE_OVERWRITE,
}
_MUST_EXIST = (_V2.MODE_APPEND, _V2.MODE_REPLACE)


def table_write(command: commands_pb2.Command) -> commands_pb2.Command | None:
    """The command, when it writes to a table by its name."""
    by_name = command.HasField("write_operation") and command.write_operation.WhichOneof("save_type") == "table"
    return command if by_name or command.HasField("write_operation_v2") else None


def save(
    resolver: CatalogNames, command: commands_pb2.Command, session: SessionContext, proceed: Proceed
) -> Iterator[pb2.ExecutePlanResponse]:
    """Carry out a write to a table by its name."""
    must_exist, properties = False, {}
    if command.HasField("write_operation_v2"):
        must_exist = command.write_operation_v2.mode in _MUST_EXIST
        properties = dict(command.write_operation_v2.table_properties)
        write = _as_v1(command.write_operation_v2)
    else:
        write = command.write_operation
        must_exist = write.table.save_method == Write.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO
    plan = pb2.Plan()
    full = resolver.full(split(write.table.table_name), session)
    if full is None:
        raise CatalogError(
            f"{write.table.table_name!r} has more than three parts", code="INVALID_NAME", hint="catalog.schema.table"
        )
    entry = resolver.find(full, session)
    _check(resolver, full, entry, write, must_exist=must_exist)
    if entry and write.mode == Write.SAVE_MODE_IGNORE:
        return answers.done()
    if entry and write.table.save_method == Write.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO:
        resolver.register(entry, session)
        write.table.table_name = resolver.engine_name(entry.full)
        plan.command.write_operation.CopyFrom(write)
        return proceed(plan)
    entry = entry or _new_entry(resolver, full, write, session)
    _by_path(resolver, entry, write)
    plan.command.write_operation.CopyFrom(write)
    return _then(resolver, entry, properties, proceed(plan))


def _check(
    resolver: CatalogNames, full: Full, entry: Entry | None, write: commands_pb2.WriteOperation, *, must_exist: bool
) -> None:
    name = ".".join(full)
    if entry is None:
        if must_exist:
            raise CatalogError(
                f"table {name} does not exist", code="TABLE_OR_VIEW_NOT_FOUND", hint="saveAsTable creates it"
            )
        resolver.check_schema(full)
        return
    if entry.kind == "view":
        raise CatalogError(
            f"{name} is a view; rows are written to tables", code="EXPECT_TABLE_NOT_VIEW", hint="DROP VIEW first"
        )
    if write.table.save_method == Write.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO:
        return
    if write.mode in (Write.SAVE_MODE_ERROR_IF_EXISTS, Write.SAVE_MODE_UNSPECIFIED):
        raise CatalogError(
            f"table {name} already exists", code="TABLE_OR_VIEW_ALREADY_EXISTS", hint="choose mode append or overwrite"
        )


def _new_entry(
    resolver: CatalogNames, full: Full, write: commands_pb2.WriteOperation, session: SessionContext
) -> Entry:
    given = next((value for key, value in write.options.items() if key.lower() == "path"), None)
    entry = Entry(
        full,
        "table",
        (write.source or "delta").lower(),
        given or resolver.managed_location(full),
        managed=given is None,
    )
    if entry.provider == "delta":
        resolver.catalog.put(entry)
        return entry
    return replace(entry, view_text=behind_name(entry, write, session))


def behind_name(entry: Entry, write: commands_pb2.WriteOperation, session: SessionContext) -> str:
    """What CREATE TABLE would say of a table that is no Delta table: its columns, options and place."""
    columns = ", ".join(
        f"{quoted((field.name,))} {field.dataType.simpleString()}"
        for field in session.dataframe(write.input).schema.fields
    )
    options = ", ".join(f"{literal(k)} {literal(v)}" for k, v in sorted(write.options.items()) if k.lower() != "path")
    parts = ", ".join(quoted((name,)) for name in write.partitioning_columns)
    return (
        f"({columns}) using {entry.provider}"
        + (f" options ({options})" if options else "")
        + (f" partitioned by ({parts})" if parts else "")
        + f" location {literal(entry.location)}"
    )


def _by_path(resolver: CatalogNames, entry: Entry, write: commands_pb2.WriteOperation) -> None:
    if not write.source:
        write.source = entry.provider
    for key in [key for key in write.options if key.lower() == "path"]:
        del write.options[key]
    write.path = resolver.place(entry).as_posix()


def _then(
    resolver: CatalogNames, entry: Entry, properties: dict[str, str], responses: Iterator[pb2.ExecutePlanResponse]
) -> Iterator[pb2.ExecutePlanResponse]:
    """Carry the write out, then do what the table needs once it is there."""
    if entry.provider == "delta" and not properties:
        return responses
    done = list(responses)
    if entry.provider != "delta":
        resolver.catalog.put(entry)
    else:
        maintenance.set_properties(resolver.place(entry), properties)
    return iter(done)


def _as_v1(v2: commands_pb2.WriteOperationV2) -> commands_pb2.WriteOperation:
    """``writeTo`` as the older write, which the engine does by path."""
    if v2.mode not in _V2_MODES:
        raise Unsupported(
            "writeTo(...).overwrite(condition) and overwritePartitions() are not supported",
            hint=GAPS["writeTo(...).overwrite(condition), overwritePartitions()"],
        )
    write = Write(input=v2.input, source=v2.provider or "", mode=_V2_MODES[v2.mode])
    write.table.table_name = v2.table_name
    write.table.save_method = Write.SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE
    for key, value in v2.options.items():
        write.options[key] = value
    write.partitioning_columns.extend(c.unresolved_attribute.unparsed_identifier for c in v2.partitioning_columns)
    if write.mode == Write.SAVE_MODE_OVERWRITE:
        write.options["overwriteSchema"] = "true"
    return write
