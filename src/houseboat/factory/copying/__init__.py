"""What Copy, Lookup and GetMetadata do with files: naming, bytes, rows."""
