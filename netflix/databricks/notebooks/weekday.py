# Databricks notebook source
# MAGIC %md
# MAGIC # The weekday
# MAGIC Tells the condition after it what day it is (UTC).

# COMMAND ----------

import calendar
from datetime import UTC, datetime

weekday = calendar.day_name[datetime.now(UTC).weekday()]
dbutils.jobs.taskValues.set("weekday", weekday)
print(weekday)
