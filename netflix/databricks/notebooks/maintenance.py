# Databricks notebook source
# MAGIC %md
# MAGIC # Weekly maintenance
# MAGIC OPTIMIZE and VACUUM of all tables of all layers.

# COMMAND ----------

from lakehouse import upkeep
from lakehouse.names import Lakehouse

dbutils.widgets.text("catalog", "netflix")
dbutils.widgets.text("storage_account", "stnetflixlake")
lake = Lakehouse(dbutils.widgets.get("catalog"), dbutils.widgets.get("storage_account"))

# COMMAND ----------

for tidied in upkeep.tidy(spark, lake):
    print(f"{tidied.table}: compacted{', vacuumed' if tidied.vacuumed else ''}")
