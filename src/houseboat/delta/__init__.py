"""Delta tables on disk, by delta-rs: the log, maintenance. Knows paths only, nothing of sessions."""
