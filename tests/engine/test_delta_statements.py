from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.delta.maintenance import DeltaError
from houseboat.engine.catalog import CatalogError
from houseboat.errors import Unsupported

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


@pytest.fixture
def table(spark: Any, schema: str) -> str:
    """A table with three versions and three small files."""
    name = f"{schema}.t"
    for number in range(3):
        spark.range(number, number + 1).write.mode("append").saveAsTable(name)
    return name


def test_history_is_newest_first_and_has_databricks_columns(spark: Any, table: str) -> None:
    """DESCRIBE HISTORY, with a limit, by name and by path; the result is a frame like any other."""
    history = spark.sql(f"describe history {table}")
    assert history.columns[:5] == ["version", "timestamp", "userId", "userName", "operation"]
    assert [row["version"] for row in history.collect()] == [2, 1, 0]
    assert spark.sql(f"desc history {table} limit 1").collect()[0]["version"] == 2
    assert history.where("version > 0").count() == 2


def test_detail_tells_files_and_the_address(home: Home, spark: Any, table: str) -> None:
    """DESCRIBE DETAIL has one row; the location is an address."""
    detail = spark.sql(f"describe detail {table}").collect()[0]
    assert (detail["format"], detail["name"], detail["numFiles"]) == ("delta", table, 3)
    assert detail["location"].startswith("dbfs:/user/hive/warehouse/netflix/")
    place = home.lake.local(detail["location"])
    assert spark.sql(f"describe detail delta.`{detail['location']}`").collect()[0]["numFiles"] == 3
    assert spark.sql(f"describe detail '{place}'").collect()[0]["name"] is None


def test_optimize_joins_files_once(spark: Any, table: str) -> None:
    """The second OPTIMIZE finds nothing to do and writes no version; rows stay."""
    result = spark.sql(f"optimize {table}").collect()[0]
    assert '"numFilesRemoved": 3' in result["metrics"]
    versions = spark.sql(f"describe history {table}").count()
    spark.sql(f"optimize {table}")
    assert spark.sql(f"describe history {table}").count() == versions
    assert spark.table(table).count() == 3
    spark.sql(f"optimize {table} zorder by (id)")
    assert spark.table(table).count() == 3
    with pytest.raises(Unsupported, match="WHERE"):
        spark.sql(f"optimize {table} where id > 1")


def test_vacuum_keeps_seven_days_unless_told(home: Home, spark: Any, table: str) -> None:
    """A shorter retention is refused with Delta's code; after SET it removes what no version needs."""
    spark.sql(f"optimize {table}")
    with pytest.raises(DeltaError, match="168 hours") as caught:
        spark.sql(f"vacuum {table} retain 0 hours")
    assert caught.value.code == "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT"
    spark.sql("set spark.databricks.delta.retentionDurationCheck.enabled = false")
    would = spark.sql(f"vacuum {table} retain 0 hours dry run").collect()
    assert len(would) == 3
    assert all(row["path"].startswith("dbfs:/") for row in would)
    place = home.lake.local(spark.sql(f"describe detail {table}").collect()[0]["location"])
    assert len(list(place.rglob("*.parquet"))) == 4
    spark.sql(f"vacuum {table} retain 0 hours")
    assert len(list(place.rglob("*.parquet"))) == 1
    assert spark.table(table).count() == 3


def test_vacuum_without_retention_keeps_young_files(home: Home, spark: Any, table: str) -> None:
    """The default keeps a week."""
    spark.sql(f"optimize {table}")
    spark.sql(f"vacuum {table}")
    place = home.lake.local(spark.sql(f"describe detail {table}").collect()[0]["location"])
    assert len(list(place.rglob("*.parquet"))) == 4


def test_restore_by_version_and_time(spark: Any, table: str) -> None:
    """RESTORE is a new version with old rows; a time before the first version is an error."""
    spark.sql(f"restore table {table} to version as of 0")
    assert rows(spark.table(table)) == [(0,)]
    second = spark.sql(f"describe history {table}").where("version = 1").collect()[0]["timestamp"]
    spark.sql(f"restore {table} to timestamp as of '{second.isoformat()}'")
    assert rows(spark.table(table)) == [(0,), (1,)]
    with pytest.raises(CatalogError, match="VERSION AS OF"):
        spark.sql(f"restore table {table}")


def test_time_travel(spark: Any, table: str) -> None:
    """VERSION AS OF, @v and versionAsOf read an old version by name and by path."""
    assert spark.sql(f"select * from {table} version as of 0").count() == 1
    assert spark.sql(f"select * from {table}@v1").count() == 2
    assert spark.read.option("versionAsOf", 0).table(table).count() == 1
    location = spark.sql(f"describe detail {table}").collect()[0]["location"]
    assert spark.sql(f"select * from delta.`{location}@v0`".replace("@v0`", "`@v0")).count() == 1
    assert spark.sql(f"select * from {table} timestamp as of '2199-01-01'").count() == 3


def test_columns_are_added_with_all_types(spark: Any, table: str) -> None:
    """Simple, decimal and nested types; old rows read null; a name that is there is refused."""
    spark.sql(f"alter table {table} add columns (b string comment 'text', d decimal(5, 2), n struct<x: int>)")
    spark.sql(f"alter table {table} add column m map<string, int>")
    kinds = {field.name: field.dataType.simpleString() for field in spark.table(table).schema.fields}
    assert kinds == {"id": "bigint", "b": "string", "d": "decimal(5,2)", "n": "struct<x:int>", "m": "map<string,int>"}
    spark.sql(f"insert into {table} values (9, 'x', 1.5, named_struct('x', 1), map('k', 2))")
    assert spark.table(table).where("b is null").count() == 3
    with pytest.raises(DeltaError, match="already exists"):
        spark.sql(f"alter table {table} add columns (B int)")
    with pytest.raises(Unsupported, match="FIRST"):
        spark.sql(f"alter table {table} add columns (z int first)")


def test_constraints_hold(spark: Any, table: str) -> None:
    """ADD CONSTRAINT ... CHECK refuses rows from then on, also in other spellings; DROP CONSTRAINT lets them in."""
    spark.sql(f"alter table {table} add constraint small check (id < (10 + 5))")
    with pytest.raises(Exception, match=r"(?i)small|constraint|check"):
        spark.sql(f"insert into {table} values (99)")
    assert spark.table(table).count() == 3
    spark.sql(f"alter table {table} drop constraint small")
    spark.sql(f"insert into {table} values (99)")
    with pytest.raises(DeltaError, match="no constraint"):
        spark.sql(f"alter table {table} drop constraint small")
    spark.sql(f"alter table {table} drop constraint if exists small")


def test_a_constraint_that_rows_break_is_refused(spark: Any, table: str) -> None:
    """ADD CONSTRAINT checks the rows that are there."""
    with pytest.raises(Exception, match=r"(?i)check|constraint|invalid"):
        spark.sql(f"alter table {table} add constraint none check (id > 100)")


def test_properties_are_set_and_shown(spark: Any, table: str) -> None:
    """SET TBLPROPERTIES takes quoted and bare keys; features the engine cannot write become notes; writes go on."""
    spark.sql(f"alter table {table} set tblproperties ('a.b' = 'x', delta.logRetentionDuration = 'interval 3 days')")
    spark.sql(f"alter table {table} set tblproperties (delta.enableChangeDataFeed = true, delta.minReaderVersion = 2)")
    shown = {row["key"]: row["value"] for row in spark.sql(f"show tblproperties {table}").collect()}
    assert shown["a.b"] == "x"
    assert shown["houseboat.delta.enableChangeDataFeed"] == "true"
    spark.sql(f"insert into {table} values (5)")
    assert spark.table(table).count() == 4


def test_other_alterations_are_declared_gaps(spark: Any, table: str) -> None:
    """The error lists what is supported; owners and tags are accepted and mean nothing at home."""
    with pytest.raises(Unsupported, match="ADD COLUMNS"):
        spark.sql(f"alter table {table} rename column id to other")
    spark.sql(f"alter table {table} set owner to `someone`")
    spark.sql(f"alter table {table} set tags ('a' = 'b')")


@pytest.mark.parametrize(
    "text", ["describe history {}", "optimize {}", "vacuum {}", "restore table {} to version as of 0"]
)
def test_a_missing_table_is_named(spark: Any, schema: str, text: str) -> None:
    """By name and by path."""
    with pytest.raises(CatalogError, match="none does not exist"):
        spark.sql(text.format(f"{schema}.none"))
    with pytest.raises(DeltaError, match="not a Delta table"):
        spark.sql(text.format("delta.`abfss://gold@st.dfs.core.windows.net/none`"))


def test_a_view_has_no_history(spark: Any, schema: str) -> None:
    """Maintenance of a view says what it is."""
    spark.sql(f"create view {schema}.v as select 1 as a")
    with pytest.raises(CatalogError, match="no Delta table"):
        spark.sql(f"describe history {schema}.v")


def test_inserts_by_path(spark: Any) -> None:
    """INSERT INTO, INSERT OVERWRITE and DESCRIBE TABLE of delta.`path`, which Sail alone refuses."""
    address = "abfss://gold@st.dfs.core.windows.net/bypath"
    spark.range(1).write.format("delta").save(address)
    spark.sql(f"insert into delta.`{address}` values (7)")
    assert rows(spark.read.format("delta").load(address)) == [(0,), (7,)]
    spark.sql(f"insert overwrite delta.`{address}` select 1L")
    assert rows(spark.sql(f"select * from delta.`{address}`")) == [(1,)]
    assert spark.sql(f"describe delta.`{address}`").collect()[0]["col_name"] == "id"
