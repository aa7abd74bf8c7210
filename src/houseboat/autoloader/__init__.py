"""autoloader."""
