# Databricks notebook source
# MAGIC %md
# MAGIC # The lookup tables
# MAGIC Says which tables the next task is repeated for.

# COMMAND ----------

from lakehouse.rules import LOOKUPS

dbutils.jobs.taskValues.set("tables", list(LOOKUPS))
print(", ".join(LOOKUPS))
