"""Auto Loader: the ``cloudFiles`` source, and Spark's own file source on the same parts."""
