"""What Auto Loader tells its user, in the original's words where it has them.

    HouseboatError
    +-- CloudFilesError             an option, a schema or a source folder is wrong
    +-- UnknownFieldException       the input has columns that the schema lacks
    +-- MalformedRecord             a record cannot be read and the mode is FAILFAST

Source: Databricks' error conditions ``CF_*``, ``UNKNOWN_FIELD_EXCEPTION`` and ``MALFORMED_RECORD_IN_PARSING``.
"""

from __future__ import annotations

from collections.abc import Iterable

from houseboat.errors import HouseboatError


class CloudFilesError(HouseboatError):
    """A ``cloudFiles`` stream cannot be set up as asked."""


class MalformedRecord(HouseboatError):  # noqa: N818 - the original's name
    """A record cannot be parsed and ``mode`` is ``FAILFAST``."""


class UnknownFieldException(HouseboatError):  # noqa: N818 - the name that users and their handlers know
    """The input has columns that the stream's schema lacks.

    ``fields`` are their names; ``retryable`` says whether a plain restart continues with them (the new schema is
    already stored) or the same failure would come again.
    """

    def __init__(self, fields: Iterable[str], *, path: str, retryable: bool, schema_location: str | None) -> None:
        self.fields = tuple(fields)
        self.retryable = retryable
        where = " while parsing the file " + path
        stored = f" The new schema is stored in {schema_location}." if retryable and schema_location else ""
        super().__init__(
            f"Encountered unknown fields{where}: {', '.join(self.fields)}.{stored}"
            f" This error can be fixed by an automatic retry: {str(retryable).lower()}",
            hint="run the stream again: it continues with the new columns"
            if retryable
            else "add the columns to the schema or to cloudFiles.schemaHints, or set cloudFiles.schemaEvolutionMode",
            code="UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE",
        )


def unknown_keys(keys: Iterable[str], similar: Iterable[str]) -> CloudFilesError:
    """``cloudFiles.*`` keys that do not exist; ``similar``: existing ones that were perhaps meant."""
    names, near = ", ".join(sorted(keys)), ", ".join(similar)
    return CloudFilesError(
        f"Found unknown option keys: {names}. Please make sure that all provided option keys are correct."
        " If you want to skip the validation of your options and ignore these unknown keys, you can set:"
        ' .option("cloudFiles.validateOptions", "false")',
        hint=f"did you mean {near}?" if near else None,
        code="CF_UNKNOWN_OPTION_KEYS_ERROR",
    )


def empty_directory(path: str) -> CloudFilesError:
    """Nothing to infer a schema from."""
    return CloudFilesError(
        f"Cannot infer schema when the input path {path!r} is empty. Please try to start the stream when there are"
        " files in the input path, or specify the schema.",
        hint="land a file first, or give the schema with .schema(...)",
        code="CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE",
    )


def no_schema_location() -> CloudFilesError:
    """Inference was asked for and has nowhere to keep its result."""
    return CloudFilesError(
        "Please provide a schema location using the option cloudFiles.schemaLocation for storing inferred schema and"
        " supporting schema evolution.",
        hint='add .option("cloudFiles.schemaLocation", "<folder of its own, or the checkpoint>")',
        code="CF_MISSING_SCHEMA_LOCATION",
    )
