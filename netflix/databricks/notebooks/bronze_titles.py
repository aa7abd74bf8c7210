# Databricks notebook source
# MAGIC %md
# MAGIC # Titles: raw to bronze
# MAGIC Auto Loader takes the drops that it has not seen, each file once. All cells stay text; a column that a drop brings
# MAGIC is added to the table, whereupon the stream stops and the task's retry goes on.

# COMMAND ----------

import json

from pyspark.sql import functions as F

from lakehouse.bronze import counted
from lakehouse.names import Lakehouse

dbutils.widgets.text("catalog", "netflix")
dbutils.widgets.text("storage_account", "stnetflixlake")
lake = Lakehouse(dbutils.widgets.get("catalog"), dbutils.widgets.get("storage_account"))
bronze = lake.bronze("netflix_titles")

# COMMAND ----------

titles = (
    spark.readStream.format("cloudFiles")
    .option("cloudFiles.format", "csv")
    .option("cloudFiles.schemaLocation", lake.titles_checkpoint)
    .option("cloudFiles.schemaEvolutionMode", "addNewColumns")
    .option("header", "true")
    .option("escape", '"')
    .load(lake.landed_titles)
    .select(
        "*",
        F.col("_metadata.file_path").alias("source_file"),
        F.col("_metadata.file_modification_time").alias("file_modified_at"),
        F.current_timestamp().alias("ingested_at"),
    )
)

# COMMAND ----------

rows_before = spark.table(bronze).count() if spark.catalog.tableExists(bronze) else 0
query = (
    titles.writeStream.option("checkpointLocation", lake.titles_checkpoint)
    .option("mergeSchema", "true")
    .trigger(availableNow=True)
    .toTable(bronze)
)
query.awaitTermination()

# COMMAND ----------

account = counted(spark, bronze, rows_before, query.recentProgress)
print(account)
dbutils.notebook.exit(json.dumps(account.as_dict()))
