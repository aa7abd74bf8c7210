"""The options of ``cloudFiles``, read once into a value.

Keys are case-insensitive, as all options of Spark. An unknown ``cloudFiles.*`` key is an error unless
``cloudFiles.validateOptions`` is false; an unknown key without the prefix is the format reader's, and ignored by it.
Source: Databricks, "Auto Loader options".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from houseboat.autoloader.errors import CloudFilesError, unknown_keys
from houseboat.errors import Unsupported

PREFIX = "cloudfiles."

HONOURED = [
    "format",
    "schemaLocation",
    "inferColumnTypes",
    "schemaHints",
    "schemaEvolutionMode",
    "includeExistingFiles",
    "allowOverwrites",
    "maxFilesPerTrigger",
    "maxBytesPerTrigger",
    "partitionColumns",
    "useStrictGlobber",
    "validateOptions",
    "rescuedDataColumn",
    "cleanSource",
    "cleanSource.retentionDuration",
    "cleanSource.moveDestination",
    "maxFileAge",
]
"""Options that change what is read."""

IGNORED = [
    "useNotifications",
    "useManagedFileEvents",
    "useIncrementalListing",
    "fetchParallelism",
    "pathRewrites",
    "queueUrl",
    "backfillInterval",
    "connectionString",
    "resourceGroup",
    "subscriptionId",
    "tenantId",
    "clientId",
    "clientSecret",
    "queueName",
    "region",
    "roleArn",
    "awsAccessKey",
    "awsSecretKey",
    "projectId",
    "privateKey",
    "privateKeyId",
    "client",
    "clientEmail",
    "subscription",
    "databricks.serviceCredential",
    "useEnhancedFileNotifications",
    "sourceVersion",
]
"""Options accepted without effect: they tune the cloud's own machinery, for which a folder has no use."""

GAPS = {
    "format": {
        "avro": "convert the files to Parquet or JSON",
        "orc": "convert the files to Parquet",
        "xml": "convert the files to JSON",
    },
    "schemaEvolutionMode": {
        "addnewcolumnswithtypewidening": "use addNewColumns, with cloudFiles.schemaHints for wider types"
    },
}
"""Values that exist on Databricks and not here: option -> value in lower case -> what to do instead."""

READER_GAPS = {
    "badRecordsPath": "leave it out and keep the rescued data column: broken records stay in the table, or add "
    "_corrupt_record to the schema",
    "singleVariantColumn": "read the files as text and keep the column value, or let the columns be inferred",
    "prefersDecimal": "name the decimal columns in cloudFiles.schemaHints",
    "inferTimestamp": "name the timestamp columns in cloudFiles.schemaHints",
}
"""Options of the formats' readers that exist on Databricks and not here -> what to do instead."""

_INFERRING = ("prefersDecimal", "inferTimestamp")
"""Those of them that mean something only where types are inferred."""

FORMATS = ("csv", "json", "parquet", "text", "binaryFile")
MODES = ("addNewColumns", "rescue", "failOnNewColumns", "none")

_SIZE = re.compile(r"^\s*(\d+)\s*([kmgtp]?)b?\s*$", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_DURATION = re.compile(r"^\s*(?:interval\s+)?(\d+)\s*(second|minute|hour|day|week)s?\s*$", re.IGNORECASE)
_LEAST_AGE = 14 * 86400
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass(frozen=True)
class Discovery:
    """How files are found, for any streaming source of files. Sizes in bytes; None where there is no limit."""

    max_files: int | None = None
    max_bytes: int | None = None
    include_existing: bool = True
    allow_overwrites: bool = False
    path_glob: str | None = None
    modified_after: str | None = None
    modified_before: str | None = None
    latest_first: bool = False
    strict_globber: bool = False


@dataclass(frozen=True)
class Cleaning:
    """What becomes of files once they are in the sink: ``mode`` OFF, DELETE or MOVE; ``retention`` in seconds.

    ``max_age``: seconds after which a file is no longer remembered, and may be read again; None: never.
    """

    mode: str = "OFF"
    retention: int = 30 * 86400
    destination: str | None = None
    max_age: int | None = None


@dataclass(frozen=True)
class CloudFilesOptions:
    """All options of one ``cloudFiles`` stream. ``reader``: the format's own options, keys in lower case."""

    format: str
    schema_location: str | None = None
    infer_types: bool = False
    schema_hints: str | None = None
    mode: str = "addNewColumns"
    partition_columns: tuple[str, ...] | None = None
    rescued_column: str | None = "_rescued_data"
    discovery: Discovery = field(default_factory=Discovery)
    cleaning: Cleaning = field(default_factory=Cleaning)
    reader: Mapping[str, str] = field(default_factory=dict)


def parse(options: Mapping[str, str], *, has_schema: bool) -> CloudFilesOptions:
    """Read the options of ``spark.readStream.format("cloudFiles")``.

    ``has_schema``: the user gave ``.schema(...)``, which changes the default evolution mode to ``none`` and leaves
    the rescued column out unless asked for. Raises ``CloudFilesError`` for unknown keys or values, ``Unsupported`` for
    declared gaps.
    """
    given = {key.lower(): str(value) for key, value in options.items()}
    own = {key[len(PREFIX) :]: value for key, value in given.items() if key.startswith(PREFIX)}
    reader = {key: value for key, value in given.items() if not key.startswith(PREFIX)}
    if boolean("cloudFiles.validateOptions", own.get("validateoptions", "true")):
        _check_keys(own)
    infer_types = boolean("cloudFiles.inferColumnTypes", own.get("infercolumntypes", "false"))
    check_reader(reader, infers=infer_types and not has_schema)
    mode = _choice("schemaEvolutionMode", own.get("schemaevolutionmode"), MODES) or ("none" if has_schema else MODES[0])
    if has_schema and mode == "addNewColumns":
        raise CloudFilesError(
            "Schema evolution mode addNewColumns is not supported when the schema is specified.",
            hint="leave .schema(...) out and name the columns in cloudFiles.schemaHints",
            code="CF_ADD_NEW_NOT_SUPPORTED",
        )
    default_rescued = None if has_schema or mode == "none" else "_rescued_data"
    return CloudFilesOptions(
        format=_format(own),
        schema_location=own.get("schemalocation"),
        infer_types=infer_types,
        schema_hints=None if has_schema else own.get("schemahints"),
        mode=mode,
        partition_columns=_names(own.get("partitioncolumns")),
        rescued_column=own.get("rescueddatacolumn", reader.get("rescueddatacolumn", default_rescued)) or None,
        discovery=_discovery(own, reader),
        cleaning=_cleaning(own),
        reader=reader,
    )


def file_discovery(options: Mapping[str, str]) -> Discovery:
    """The discovery options of Spark's own streaming file source (``maxFilesPerTrigger``, ``latestFirst``...)."""
    given = {key.lower(): str(value) for key, value in options.items()}
    return Discovery(
        max_files=_count("maxFilesPerTrigger", given.get("maxfilespertrigger")),
        max_bytes=size("maxBytesPerTrigger", given.get("maxbytespertrigger")),
        path_glob=given.get("pathglobfilter", given.get("filenamepattern")),
        modified_after=given.get("modifiedafter"),
        modified_before=given.get("modifiedbefore"),
        latest_first=boolean("latestFirst", given.get("latestfirst", "false")),
        strict_globber=True,
    )


def check_reader(reader: Mapping[str, str], *, infers: bool) -> None:
    """Raise ``Unsupported`` for a format's option (keys in lower case) that is a gap. ``infers``: types are inferred."""
    for name, instead in READER_GAPS.items():
        given = reader.get(name.lower())
        if given is None or (name in _INFERRING and (not infers or not boolean(name, given))):
            continue
        raise Unsupported(f"the option {name} is not supported", hint=instead)


def boolean(name: str, text: str) -> bool:
    """``true`` or ``false`` in any case; raises ``CloudFilesError`` naming the option for anything else."""
    if text.strip().lower() not in ("true", "false"):
        raise CloudFilesError(
            f"Invalid value {text!r} for option {name}: true or false was expected", code="CF_INVALID_OPTION"
        )
    return text.strip().lower() == "true"


def size(name: str, text: str | None) -> int | None:
    """A number of bytes: ``1048576``, ``10m``, ``10g``; None stays None."""
    if text is None:
        return None
    match = _SIZE.match(text)
    if not match or int(match[1]) <= 0:
        raise CloudFilesError(
            f"Invalid value {text!r} for option {name}: a size such as 10g was expected", code="CF_INVALID_OPTION"
        )
    return int(match[1]) * _UNITS[match[2].lower()]


def _check_keys(own: Mapping[str, str]) -> None:
    known = {name.lower(): name for name in (*HONOURED, *IGNORED)}
    unknown = [key for key in own if key not in known and not key.startswith("resourcetag.")]
    if unknown:
        near = [known[n] for key in unknown for n in difflib.get_close_matches(key, known, n=1)]
        raise unknown_keys([f"cloudFiles.{key}" for key in unknown], [f"cloudFiles.{name}" for name in near])


def _format(own: Mapping[str, str]) -> str:
    if "format" not in own:
        raise CloudFilesError(
            "Please provide the source file format by the option cloudFiles.format",
            hint=f'add .option("cloudFiles.format", "csv"), or one of {", ".join(FORMATS)}',
            code="CF_FILE_FORMAT_REQUIRED",
        )
    return _choice("format", own["format"], FORMATS) or FORMATS[0]


def _choice(name: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    gap = GAPS.get(name, {}).get(value.strip().lower())
    if gap:
        raise Unsupported(f"cloudFiles.{name} = {value!r} is not supported", hint=gap)
    for candidate in known:
        if candidate.lower() == value.strip().lower():
            return candidate
    raise CloudFilesError(
        f"Invalid value {value!r} for option cloudFiles.{name}",
        hint=f"use one of {', '.join(known)}",
        code="CF_INVALID_OPTION",
    )


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _count(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.strip().isdigit() or int(text) <= 0:
        raise CloudFilesError(
            f"Invalid value {text!r} for option {name}: a positive number was expected", code="CF_INVALID_OPTION"
        )
    return int(text)


def _discovery(own: Mapping[str, str], reader: Mapping[str, str]) -> Discovery:
    return Discovery(
        max_files=_count("cloudFiles.maxFilesPerTrigger", own.get("maxfilespertrigger", "1000")),
        max_bytes=size("cloudFiles.maxBytesPerTrigger", own.get("maxbytespertrigger")),
        include_existing=boolean("cloudFiles.includeExistingFiles", own.get("includeexistingfiles", "true")),
        allow_overwrites=boolean("cloudFiles.allowOverwrites", own.get("allowoverwrites", "false")),
        path_glob=reader.get("pathglobfilter", reader.get("filenamepattern")),
        modified_after=reader.get("modifiedafter"),
        modified_before=reader.get("modifiedbefore"),
        strict_globber=boolean("cloudFiles.useStrictGlobber", own.get("usestrictglobber", "false")),
    )


def _cleaning(own: Mapping[str, str]) -> Cleaning:
    mode = own.get("cleansource", "OFF").strip().upper()
    if mode not in ("OFF", "DELETE", "MOVE"):
        raise CloudFilesError(
            f"Invalid value {mode!r} for option cloudFiles.cleanSource",
            hint="use OFF, DELETE or MOVE",
            code="CF_INVALID_OPTION",
        )
    retention = _duration(
        "cloudFiles.cleanSource.retentionDuration", own.get("cleansource.retentionduration", "30 days")
    )
    age = _duration("cloudFiles.maxFileAge", own["maxfileage"]) if "maxfileage" in own else None
    if age is not None and age < _LEAST_AGE:
        raise CloudFilesError("cloudFiles.maxFileAge must be at least 14 days", code="CF_INVALID_OPTION")
    week = 7 * 86400
    if mode == "DELETE" and retention <= week:
        raise CloudFilesError(
            "cloudFiles.cleanSource.retentionDuration must be more than 7 days for DELETE", code="CF_INVALID_OPTION"
        )
    if mode == "MOVE" and "cleansource.movedestination" not in own:
        raise CloudFilesError(
            "cloudFiles.cleanSource = MOVE needs cloudFiles.cleanSource.moveDestination", code="CF_INVALID_OPTION"
        )
    return Cleaning(mode, retention, own.get("cleansource.movedestination"), age)


def _duration(name: str, text: str) -> int:
    """Seconds."""
    match = _DURATION.match(text)
    if not match:
        raise CloudFilesError(
            f"Invalid value {text!r} for option {name}: a time such as 14 days was expected", code="CF_INVALID_OPTION"
        )
    return int(match[1]) * _SECONDS[match[2].lower()]
