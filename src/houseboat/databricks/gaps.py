"""Gaps of notebooks that stand in no other table of this package (see ``magics``, ``dbutils``, ``tasks``)."""

from __future__ import annotations

DELTA_GAPS: dict[str, str] = {
    "DeltaTable.convertToDelta": 'read the files and write them with format("delta")',
    "DeltaTable.generate": "nothing at home reads manifests of symbolic links",
    "DeltaTable.clone": "CREATE TABLE ... AS SELECT copies a table",
    "DeltaTable.cloneAtVersion": "CREATE TABLE ... AS SELECT ... VERSION AS OF copies a version",
    "DeltaTable.cloneAtTimestamp": "CREATE TABLE ... AS SELECT ... TIMESTAMP AS OF copies a version",
    "DeltaTable.upgradeTableProtocol": "leave it out: the engine chooses the protocol that it writes",
    "DeltaTable.addFeatureSupport": "leave it out: the engine chooses the protocol that it writes",
    "DeltaTable.dropFeatureSupport": "leave it out: the engine chooses the protocol that it writes",
    "DeltaTable.optimize().where": "optimize the whole table",
    "DeltaTable generated columns": "compute the value when writing",
    "DeltaTable.create without tableName": "name the table with tableName(...); location(...) says where it lies",
}
"""The part of ``delta.tables`` that is not here -> what to do instead."""

GAPS: dict[str, str] = {
    "%pip install of an address or a path": "install it into Houseboat's environment and leave the line out, or name "
    "the package",
    "other line magics (%name)": "write it in Python",
    **DELTA_GAPS,
}
"""What is not here -> what to do instead."""
