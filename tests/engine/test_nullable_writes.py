from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .conftest import rows

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Home

ADDRESS = "abfss://silver@st.dfs.core.windows.net/"


def strict(spark: Any, name: str) -> list[str]:
    """The columns of a table that forbid nulls."""
    return [field.name for field in spark.table(name).schema.fields if not field.nullable]


def test_what_is_written_may_be_null(spark: Any, schema: str) -> None:
    """However the table is made, of computed columns, literals or nested ones: none of its columns forbids nulls."""
    frame = spark.sql(
        "select id, 'x' as text, 1 as `odd.name`, current_date() as day, named_struct('a', 1) as st, array(1) as ar,"
        " map('k', 1) as m, X'00' as b, true as yes, 1.5BD as dec from range(1)"
    )
    before = frame.collect()
    frame.write.saveAsTable(f"{schema}.saved")
    frame.writeTo(f"{schema}.made").create()
    frame.coalesce(1).write.mode("overwrite").option("overwriteSchema", "true").saveAsTable(f"{schema}.made")
    spark.sql(f"create table {schema}.ctas as select 1 as id, 'x' as text")
    spark.sql(f"create table {schema}.framed as select * from {{frame}}", frame=frame)
    for name in ("saved", "made", "ctas", "framed"):
        assert strict(spark, f"{schema}.{name}") == [], name
    assert spark.table(f"{schema}.saved").collect() == before


def test_merge_schema_keeps_new_columns_after_a_first_write_without_nulls(spark: Any, schema: str) -> None:
    """An append by path with mergeSchema adds its column, and the next one adds another."""
    place = f"{ADDRESS}{schema}/merged"
    spark.range(1).write.format("delta").save(place)
    for text in ("select 1L as id, 'x' as b", "select 2L as id, 'y' as b, 5 as c"):
        spark.sql(text).write.format("delta").mode("append").option("mergeSchema", "true").save(place)
    assert rows(spark.read.format("delta").load(place)) == [(0, None, None), (1, "x", None), (2, "y", 5)]


def test_a_table_made_not_null_stays_so(spark: Any, schema: str) -> None:
    """CREATE TABLE's NOT NULL outlives appends, overwrites and new columns, which mergeSchema adds to it as well."""
    name = f"{schema}.t"
    spark.sql(f"create table {name} (id bigint not null, v string)")
    spark.sql("select 1L as id, 'x' as v").write.mode("append").saveAsTable(name)
    spark.sql("select 2L as id, 'y' as v").write.mode("overwrite").saveAsTable(name)
    spark.sql("select 3L as id, 'z' as v, 7 as n").write.mode("append").option("mergeSchema", "true").saveAsTable(name)
    assert strict(spark, name) == ["id"]
    assert rows(spark.table(name)) == [(2, "y", None), (3, "z", 7)]


def test_a_write_of_one_file_stays_one(home: Home, spark: Any, schema: str) -> None:
    """coalesce(1) decides the number of files although columns are changed on the way."""
    place = f"{ADDRESS}{schema}/one"
    spark.range(0, 300_000, 1, 4).coalesce(1).write.format("delta").save(place)
    folder: Path = home.lake.local(place)
    assert len(list(folder.glob("*.parquet"))) == 1
