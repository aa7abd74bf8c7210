"""Readers of files, one module per format, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from houseboat.autoloader.reader.binary_files import BinaryFile
from houseboat.autoloader.reader.csv_files import Csv
from houseboat.autoloader.reader.job import InputFile, ReadJob
from houseboat.autoloader.reader.json_files import Json
from houseboat.autoloader.reader.parquet_files import Parquet
from houseboat.autoloader.reader.text_files import Text

if TYPE_CHECKING:
    from houseboat.autoloader.reader.job import Format

FORMATS: dict[str, Format] = {
    "csv": Csv(),
    "json": Json(),
    "parquet": Parquet(),
    "text": Text(),
    "binaryFile": BinaryFile(),
}

__all__ = ["FORMATS", "InputFile", "ReadJob"]
