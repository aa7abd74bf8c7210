# Databricks notebook source
# MAGIC %md
# MAGIC # One lookup table: landed snapshot to bronze to silver
# MAGIC The snapshot replaces the one before it when it differs. Rows of a title that silver does not know are quarantined.

# COMMAND ----------

import json

from lakehouse import lookups
from lakehouse.names import Lakehouse

dbutils.widgets.text("catalog", "netflix")
dbutils.widgets.text("storage_account", "stnetflixlake")
dbutils.widgets.dropdown("table", "netflix_cast", list(lookups.LOOKUPS))
lake = Lakehouse(dbutils.widgets.get("catalog"), dbutils.widgets.get("storage_account"))
table = dbutils.widgets.get("table")

# COMMAND ----------

landed = lookups.land(spark, lake, table)
print(f"{lake.bronze(table)}: {'a new snapshot' if landed else 'the same snapshot'}")

# COMMAND ----------

account = lookups.refine(spark, lake, table, landed=landed)
print(account)
dbutils.jobs.taskValues.set("account", account.as_dict())
dbutils.notebook.exit(json.dumps(account.as_dict()))
