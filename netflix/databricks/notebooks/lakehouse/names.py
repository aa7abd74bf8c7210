"""Where things are: the tables of the catalog and the addresses in the lake."""

from __future__ import annotations

from dataclasses import dataclass

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Lakehouse:
    """One deployment: its Unity Catalog catalog and its storage account."""

    catalog: str = "netflix"
    storage_account: str = "stnetflixlake"

    def bronze(self, table: str) -> str:
        """The full name of a bronze table."""
        return f"{self.catalog}.bronze.{table}"

    def silver(self, table: str) -> str:
        """The full name of a silver table."""
        return f"{self.catalog}.silver.{table}"

    def address(self, container: str, path: str) -> str:
        """An address in the data lake; each layer is a container."""
        return f"abfss://{container}@{self.storage_account}.dfs.core.windows.net/{path}"

    @property
    def landed_titles(self) -> str:
        """Where title drops land, one sub-folder per drop."""
        return self.address("raw", "titles/")

    @property
    def titles_checkpoint(self) -> str:
        """What Auto Loader remembers of the title drops: the schema and the files taken."""
        return self.address("bronze", "_checkpoints/netflix_titles")

    def landed_lookup(self, table: str) -> str:
        """The snapshot of a lookup that Data Factory copies at every run."""
        return self.address("bronze", f"{table}/{table}.csv")
