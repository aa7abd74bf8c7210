"""Stores by the type of their linked service: one file per store, one row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported
from houseboat.factory.connectors.dataset import Dataset, LinkedService, linked_service, resolve
from houseboat.factory.connectors.http import HttpStore
from houseboat.factory.connectors.lake import LakeStore
from houseboat.factory.connectors.store import Entry, SourceFile, Store, Target

if TYPE_CHECKING:
    from houseboat.factory.context import Services

STORES: dict[str, Callable[[Services], Store]] = {
    "AzureBlobFS": lambda services: LakeStore(services.lake),
    "AzureBlobStorage": lambda services: LakeStore(services.lake),
    "AzureStorage": lambda services: LakeStore(services.lake),
    "HttpServer": lambda services: HttpStore(services.web),
}
"""Type of the linked service -> its store."""

_LAKE = "put the files into the lake and use an AzureBlobFS linked service"
GAPS: dict[str, str] = {
    "AmazonS3": _LAKE,
    "AmazonS3Compatible": _LAKE,
    "AzureDataLakeStore": _LAKE,
    "AzureDatabricksDeltaLake": "read and write the table in a notebook",
    "AzureFileStorage": _LAKE,
    "AzureSqlDW": "keep the data in the lake, or set the activity's state to Inactive",
    "AzureSqlDatabase": "keep the data in the lake, or set the activity's state to Inactive",
    "FileServer": _LAKE,
    "FtpServer": _LAKE,
    "GoogleCloudStorage": _LAKE,
    "RestService": "fetch one address with HttpServer or a WebActivity",
    "Sftp": _LAKE,
    "SqlServer": "keep the data in the lake, or set the activity's state to Inactive",
}
"""Types of linked services that exist in Data Factory and not here -> what to do instead."""


def store_of(dataset: Dataset, services: Services) -> Store:
    """The store of a dataset. Raises ``Unsupported``."""
    made = STORES.get(dataset.linked.type)
    if made is None:
        raise Unsupported(
            f"linked service '{dataset.linked.name}': Houseboat has no connector for {dataset.linked.type}",
            place=dataset.linked.place,
            hint=GAPS.get(dataset.linked.type, f"known are {', '.join(STORES)}"),
            code="UnsupportedConnector",
        )
    return made(services)


__all__ = [
    "STORES",
    "Dataset",
    "Entry",
    "LinkedService",
    "SourceFile",
    "Store",
    "Target",
    "linked_service",
    "resolve",
    "store_of",
]
