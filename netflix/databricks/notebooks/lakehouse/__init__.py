"""The Netflix lakehouse's logic, as functions on DataFrames; the notebooks beside this package only call it.

``names`` says where things are, ``rules`` what is right, ``cleanse`` applies the rules, ``titles`` and ``lookups`` bring
bronze into silver, ``repair`` rejoins cut records, ``quality`` does the sums, ``tables`` writes, ``upkeep`` tidies.
Databricks puts a notebook's own folder on the module path, so ``from lakehouse import ...`` needs nothing else.
"""
