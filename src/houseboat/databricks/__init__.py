"""Databricks at home: bundles, jobs, notebooks, dbutils."""
