"""What of a Copy's many settings counts at home: the rest is refused by name, or declared to change nothing here.

``NO_EFFECT``: accepted; they concern the cloud's machines, their cost, or attributes that files at home do not have.
``GAPS``: refused when they ask for something; a value that asks for nothing (the default) is accepted.
Names are paths below ``typeProperties`` (``sink.x`` stands for the sink and its store and format settings alike).
Source: the published reference of the Copy activity and its schema, 2018-06-01.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

_POWER = "the machine at home gives all it has"
_NETWORK = "nothing is retried or batched on the way to a local disk; the activity's own policy.retry counts"

NO_EFFECT: dict[str, str] = {
    "dataIntegrationUnits": _POWER,
    "parallelCopies": _POWER,
    "enableStaging": "files are always made beside their place and renamed when complete",
    "stagingSettings": "files are always made beside their place and renamed when complete",
    "preserve": "files at home have no owners, access lists or attributes",
    "preserveRules": "files at home have no owners, access lists or attributes",
    "logSettings": "rows that are skipped are logged where it says; files copied are in the run's record, without a log",
    "logStorageSettings": "as logSettings",
    "source.maxConcurrentConnections": _POWER,
    "source.disableMetricsCollection": "nothing is measured for others",
    "source.sourceRetryCount": _NETWORK,
    "source.sourceRetryWait": _NETWORK,
    "source.compressionProperties": "an archive holds one file, which gets the archive's name",
    "sink.maxConcurrentConnections": _POWER,
    "sink.disableMetricsCollection": "nothing is measured for others",
    "sink.sinkRetryCount": _NETWORK,
    "sink.sinkRetryWait": _NETWORK,
    "sink.writeBatchSize": _NETWORK,
    "sink.writeBatchTimeout": _NETWORK,
    "sink.blockSizeInMB": _POWER,
    "sink.metadata": "files at home have no attributes",
    "sink.fileNamePrefix": "counts only together with maxRowsPerFile",
    "translator.typeConversionSettings.allowDataTruncation": "a value that does not fit its column is always an error",
}
"""Setting -> why it changes nothing."""


@dataclass(frozen=True)
class Gap:
    """``harmless`` are values that ask for nothing; ``instead`` is the next step."""

    instead: str
    harmless: tuple[Json, ...] = ()


_DATES = Gap("convert the column in a notebook")

GAPS: dict[str, Gap] = {
    "skipErrorFile.fileMissing": Gap("let a wildcard select the files: what is not there is not selected", (False,)),
    "skipErrorFile.fileForbidden": Gap("make the files readable", (False,)),
    "skipErrorFile.dataInconsistency": Gap("let the copy fail, and find out why the file changed", (False,)),
    "skipErrorFile.invalidFileName": Gap("rename the files", (False,)),
    "source.fileListPath": Gap("use a folder or a wildcard"),
    "source.enablePartitionDiscovery": Gap("read the folder in a notebook, which sees its partitions", (False,)),
    "source.partitionRootPath": Gap("read the folder in a notebook, which sees its partitions"),
    "sink.maxRowsPerFile": Gap("leave it out: one file is written per source file", (0,)),
    "translator.collectionReference": Gap("flatten it in a notebook"),
    "translator.mapComplexValuesToString": Gap("write the nested value as text in a notebook", (False,)),
    "translator.schemaMapping": Gap("write it as mappings"),
    "translator.typeConversionSettings.treatBooleanAsNumber": Gap("convert the column in a notebook", (False,)),
    "translator.typeConversionSettings.dateTimeFormat": _DATES,
    "translator.typeConversionSettings.dateTimeOffsetFormat": _DATES,
    "translator.typeConversionSettings.timeSpanFormat": _DATES,
    "translator.typeConversionSettings.culture": Gap("convert the column in a notebook", ("en-us", "invariant")),
}
"""Setting -> what to do instead."""


def check(call: Call) -> None:
    """Raise ``Unsupported`` for the first setting that asks for what is a declared gap."""
    for name, value, place in _given(call.settings):
        gap = GAPS.get(name)
        if gap is None or value in (None, "", {}, []) or _plain(value) in gap.harmless:
            continue
        raise Unsupported(
            f"activity '{call.step.name}': Copy's '{place}' = {value!r} is not known here",
            place=call.step.at(f"typeProperties.{place}"),
            hint=gap.instead,
            code="UnsupportedCopySetting",
        )


def _plain(value: Json) -> Json:
    """Texts in lower case, and what expressions give for booleans."""
    text = str(value).lower() if isinstance(value, str) else value
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _given(settings: Mapping[str, Json]) -> Iterator[tuple[str, Json, str]]:
    """Every setting: its name as the tables have it, its value, and where it stands."""
    for side in ("source", "sink"):
        part = settings.get(side) or {}
        yield from _side(part, side, side)
        for inner in ("storeSettings", "formatSettings"):
            yield from _side(part.get(inner) or {}, side, f"{side}.{inner}")
    translator = settings.get("translator")
    translator = translator if isinstance(translator, Mapping) else {}
    yield from _side(translator, "translator", "translator")
    conversion = "translator.typeConversionSettings"
    yield from _side(translator.get("typeConversionSettings") or {}, conversion, conversion)
    skipped = settings.get("skipErrorFile")
    yield from _side(skipped if isinstance(skipped, Mapping) else {}, "skipErrorFile", "skipErrorFile")


def _side(part: Mapping[str, Json], name: str, place: str) -> Iterable[tuple[str, Json, str]]:
    return ((f"{name}.{key}", value, f"{place}.{key}") for key, value in part.items())
