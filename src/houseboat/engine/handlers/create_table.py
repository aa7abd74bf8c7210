"""Reads CREATE TABLE, and writes it so that the engine can carry it out.

The place is filled in; properties are set by delta-rs afterwards (Sail 0.7.2 knows no table features at creation);
liquid clustering, primary and foreign keys say how a table is laid out or meant, not what it holds, and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import commands_pb2

from houseboat.engine.catalog import Entry, Full
from houseboat.engine.handlers.statements import clause, pairs, span, without, word_after
from houseboat.engine.names import literal
from houseboat.engine.sql_text import Cursor

_CLAUSES = ("USING", "PARTITIONED", "COMMENT", "OPTIONS", "LOCATION")
_KEYS = (("PRIMARY", "KEY"), ("FOREIGN", "KEY"), ("CONSTRAINT",))


@dataclass(frozen=True)
class Made:
    """What a CREATE TABLE asks for. ``behind``: the text behind the table's name, without what is done otherwise."""

    entry: Entry
    behind: str
    body: str | None = None
    partitions: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)

    def statement(self, name: str, place: str, *, replaced: bool) -> str:
        """The statement for the engine. ``name``: quoted."""
        head = "create or replace table" if replaced else "create table"
        return f"{head} {name} {_with_place(self.behind, self.entry.provider, place)}"


def read(cursor: Cursor, full: Full, managed_location: str) -> Made:
    """Read the statement from behind its table's name on."""
    behind = Cursor(cursor.rest())
    options = span(behind, "OPTIONS")
    given = pairs(behind, options[0] + 1) if options else {}
    location = clause(behind, "LOCATION") or next(
        (value for key, value in given.items() if key.lower() == "path"), None
    )
    provider = (word_after(behind, "USING") or "delta").lower()
    properties = span(behind, "TBLPROPERTIES")
    delta = provider == "delta"
    found = pairs(behind, properties[0] + 1) if properties else {}
    at = behind.find("AS")
    text = without(behind, properties if delta else None, span(behind, "CLUSTER", "BY"), *_keys(behind))
    entry = Entry(
        full, "table", provider, location or managed_location, managed=location is None,
        view_text=None if delta else _with_place(text, provider, location or managed_location), comment=clause(behind, "COMMENT"),
    )  # fmt: skip
    body = behind.text[behind.tokens[at].end :] if at is not None else _bare_query(behind)
    return Made(entry, text, body, _partition_columns(behind), found if delta else {})


def as_write(plan: pb2.Plan, made: Made, place: str, *, replaced: bool) -> pb2.Plan:
    """CREATE TABLE AS SELECT as the write that it is; the query keeps its parameters and the views it came with."""
    result = pb2.Plan()
    write = result.command.write_operation
    command = plan.command.sql_command
    if command.HasField("input"):
        write.input.CopyFrom(command.input)
        inner = write.input.with_relations.root if write.input.HasField("with_relations") else write.input
        inner.sql.query = made.body or ""
    else:
        write.input.sql.query = made.body or ""
    write.source = made.entry.provider
    write.path = place
    write.partitioning_columns.extend(made.partitions)
    modes = commands_pb2.WriteOperation
    write.mode = modes.SAVE_MODE_OVERWRITE if replaced else modes.SAVE_MODE_ERROR_IF_EXISTS
    if replaced and made.entry.provider == "delta":
        write.options["overwriteSchema"] = "true"
    options = span(Cursor(made.behind), "OPTIONS")
    if options:
        cursor = Cursor(made.behind)
        for key, value in pairs(cursor, options[0] + 1).items():
            if key.lower() != "path":
                write.options[key] = value
    return result


def _with_place(text: str, provider: str, place: str) -> str:
    """CREATE TABLE's clauses with the provider and the place that they leave out, or with their place replaced."""
    cursor = Cursor(text)
    at = cursor.find("LOCATION")
    if at is not None and at + 1 < len(cursor.tokens) and cursor.tokens[at + 1].kind == "string":
        token = cursor.tokens[at + 1]
        return text[: token.start] + literal(place) + text[token.end :]
    using = cursor.find("USING")
    if using is not None:
        end = cursor.tokens[using + 1].end
        return f"{text[:end]} LOCATION {literal(place)}{text[end:]}"
    starts = [cursor.tokens[i].start for word in _CLAUSES if (i := cursor.find(word)) is not None]
    end = min(starts, default=len(text))
    return f"{text[:end].rstrip()} USING {provider} LOCATION {literal(place)} {text[end:]}"


def _bare_query(cursor: Cursor) -> str | None:
    """The query of ``CREATE TABLE t SELECT ...``, which Spark takes without AS."""
    at = cursor.find("SELECT")
    return None if at is None else cursor.text[cursor.tokens[at].start :]


def _partition_columns(cursor: Cursor) -> list[str]:
    found = span(cursor, "PARTITIONED", "BY")
    if found is None:
        return []
    return [token.value for token in cursor.tokens[found[0] + 3 : found[1] - 1] if token.kind in ("word", "quoted")]


def _keys(cursor: Cursor) -> list[tuple[int, int]]:
    """The token spans of PRIMARY KEY and FOREIGN KEY items in the list of columns, each with the comma before it."""
    if not cursor.tokens or cursor.tokens[0].upper != "(":
        return []
    spans, depth, start = [], 0, 1
    for index, token in enumerate(cursor.tokens):
        depth += (token.upper == "(") - (token.upper == ")")
        if (depth == 1 and token.upper == ",") or (depth == 0 and index):
            words = [found.upper for found in cursor.tokens[start:index]]
            if any(tuple(words[: len(key)]) == key for key in _KEYS) and "CHECK" not in words:
                spans.append((start - 1, index) if start > 1 else (start, index + (token.upper == ",")))
            start = index + 1
        if depth == 0 and index:
            break
    return spans
