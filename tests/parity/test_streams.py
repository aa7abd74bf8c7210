"""Streams: Delta to Delta, and Auto Loader, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .conftest import rows

if TYPE_CHECKING:
    from .conftest import Home


def test_a_delta_stream_takes_each_row_once(home: Home, spark: Any, schema: str) -> None:
    """Two runs of availableNow with the same checkpoint; the second finds what came in between."""
    source, target = f"{schema}.source", f"{schema}.target"
    spark.range(2).write.saveAsTable(source)
    for more in (range(2, 4), range(0)):
        query = (
            spark.readStream.table(source).selectExpr("id", "id * 10 as ten").writeStream
            .option("checkpointLocation", str(home.root / schema / "checkpoint")).trigger(availableNow=True).toTable(target)
        )  # fmt: skip
        query.awaitTermination()
        if more:
            spark.range(more.start, more.stop).write.mode("append").saveAsTable(source)
    assert rows(spark.table(target)) == [(0, 0), (1, 10), (2, 20), (3, 30)]


def test_auto_loader_takes_each_file_once(home: Home, spark: Any, schema: str) -> None:
    """``cloudFiles`` for CSV with inferred columns, the rescued data column and the file's name."""
    folder, target = home.lake.local("abfss://raw@st.dfs.core.windows.net/" + schema), f"{schema}.landed"
    folder.mkdir(parents=True)
    for number, text in enumerate(("id,name\n1,Ann\n2,\n", 'id,name\n3,"Bo, junior"\n')):
        (folder / f"{number}.csv").write_text(text, encoding="utf-8")
        for _ in range(2):
            stream = (
                spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv")
                .option("cloudFiles.schemaLocation", str(home.root / schema / "schema")).option("header", "true")
                .load(f"abfss://raw@st.dfs.core.windows.net/{schema}")
            )  # fmt: skip
            query = (
                stream.selectExpr("id", "name", "_rescued_data", "_metadata.file_name as file").writeStream
                .option("checkpointLocation", str(home.root / schema / "checkpoint")).trigger(availableNow=True).toTable(target)
            )  # fmt: skip
            query.awaitTermination()
    found = spark.table(target)
    assert found.columns == ["id", "name", "_rescued_data", "file"]
    assert rows(found) == [("1", "Ann", None, "0.csv"), ("2", None, None, "0.csv"), ("3", "Bo, junior", None, "1.csv")]
