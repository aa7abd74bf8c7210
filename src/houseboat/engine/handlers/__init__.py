"""One file per capability that handlers of the engine add."""
