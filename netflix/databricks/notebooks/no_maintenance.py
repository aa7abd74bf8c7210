# Databricks notebook source
# MAGIC %md
# MAGIC # No maintenance today

# COMMAND ----------

dbutils.widgets.text("maintenance_weekday", "Sunday")
print(f"Tables are compacted and vacuumed on {dbutils.widgets.get('maintenance_weekday')}s: nothing to do today.")
