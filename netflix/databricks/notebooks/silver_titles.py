# Databricks notebook source
# MAGIC %md
# MAGIC # Titles: bronze to silver
# MAGIC New drops become events; what breaks a rule goes to the quarantine; the sum is checked. `repairs` names what may be
# MAGIC put right on the way, for example `rejoin_cut_records`.

# COMMAND ----------

import json

from lakehouse import repair, titles
from lakehouse.names import Lakehouse

dbutils.widgets.text("catalog", "netflix")
dbutils.widgets.text("storage_account", "stnetflixlake")
dbutils.widgets.text("repairs", "")
lake = Lakehouse(dbutils.widgets.get("catalog"), dbutils.widgets.get("storage_account"))

# COMMAND ----------

account = titles.take_in(spark, lake, repair.parsed(dbutils.widgets.get("repairs")))
print(account)
dbutils.jobs.taskValues.set("account", account.as_dict())
dbutils.notebook.exit(json.dumps(account.as_dict()))
