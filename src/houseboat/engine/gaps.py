"""Statements that Databricks has, and neither the embedded engine nor Houseboat's handlers.

What the engine itself refuses passes through with the engine's own words; ``help.py`` adds a sentence to those.
"""

from __future__ import annotations

GAPS: dict[str, str] = {
    "OPTIMIZE ... WHERE": "OPTIMIZE the whole table",
    "CREATE TABLE ... LIKE, CLONE": "CREATE TABLE ... AS SELECT copies a table",
    "ALTER TABLE ADD COLUMNS ... FIRST, AFTER": "new columns stand last",
    "other ALTER TABLE statements": "RENAME TO, ADD COLUMNS, ADD and DROP CONSTRAINT and SET TBLPROPERTIES are; for "
    "others, write the table anew",
    "DESCRIBE TABLE ... PARTITION, AS JSON": "DESCRIBE TABLE EXTENDED name",
    "writeTo(...).overwrite(condition), overwritePartitions()": 'use write.mode("overwrite").option("replaceWhere", '
    "...).saveAsTable(...)",
    "frame['column'] in a statement of DeltaTable": 'give the DataFrame an alias and write F.col("alias.column")',
    "user-defined functions and windows in a statement of DeltaTable": 'write the condition or value as SQL: "t.id = s.id"',
}
"""What is not here -> what to do instead."""
