"""Copy: files or rows from one dataset to another.

Both sides Binary: bytes as they are. Otherwise rows are read in the source's format and written in the sink's. A file
appears under its name only when it is complete. Source of the output's keys: Data Factory's published monitoring.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from houseboat.factory.activities.output import RUNTIME
from houseboat.factory.connectors import Dataset, resolve, store_of
from houseboat.factory.copying import settings, skipped
from houseboat.factory.copying.names import behavior
from houseboat.factory.copying.staging import staging
from houseboat.factory.copying.work import Counts, Job, copy_bytes, copy_rows, is_binary
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.functions.formats import utc

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()


def run(call: Call) -> Mapping[str, Json]:
    """Copy everything that the source covers."""
    started = time.time()
    source, sink = _dataset(call, "inputs"), _dataset(call, "outputs")
    job = _job(call, source, sink)
    if is_binary(source) != is_binary(sink):
        raise ActivityError(
            "ErrorCode=UserErrorBinaryAndTabular,Message=Binary can only be copied to Binary: "
            f"'{source.name}' is {source.type}, '{sink.name}' is {sink.type}.",
            code="2200",
            hint="give both datasets the type Binary, or both a type of rows",
        )
    with staging(call.context.services.lake.root) as folder:
        (copy_bytes if is_binary(source) else copy_rows)(job, folder)
    return _output(job, started)


def _dataset(call: Call, side: str) -> Dataset:
    references = call.step.definition.get(side) or []
    place = call.step.at(side)
    if len(references) != 1:
        raise ActivityError(
            f"a Copy has exactly one dataset in '{side}', and this one has {len(references)}",
            code="2200",
            place=place,
        )
    return resolve(references[0], call.context, call.step.at(f"{side}[0]"))


def _job(call: Call, source: Dataset, sink: Dataset) -> Job:
    reading, writing = call.settings.get("source") or {}, call.settings.get("sink") or {}
    settings.check(call)
    read, write = _merged(reading), _merged(writing)
    services = call.context.services
    tolerant = _true(call.settings.get("enableSkipIncompatibleRow")) and not is_binary(source)

    def progress(counts: Counts) -> None:
        call.context.cancellation.sleep(0)
        rows = "" if counts.rows is None else f", {counts.rows:,} rows"
        call.progress(f"{counts.files_written} file(s){rows}, {counts.written:,} bytes")

    return Job(
        source=source,
        sink=sink,
        read=read,
        write=write,
        sources=store_of(source, services).select(source, read),
        target=store_of(sink, services).target(sink),
        behavior=behavior(write.get("copyBehavior")),
        progress=progress,
        translator=call.settings.get("translator"),
        tolerant=tolerant,
        verify=_true(call.settings.get("validateDataConsistency")),
        log=skipped.log_of(call) if tolerant else None,
    )


def _true(value: Json) -> bool:
    return value is True or str(value).lower() == "true"


def _merged(side: Mapping[str, Json]) -> dict[str, Json]:
    """The settings of a side: its own, those of its format, those of its store."""
    return {**side, **(side.get("formatSettings") or {}), **(side.get("storeSettings") or {})}


def _output(job: Job, started: float) -> dict[str, Json]:
    counts, seconds = job.counts, time.time() - started
    duration = max(int(seconds), 1)
    output: dict[str, Json] = {"dataRead": counts.read, "dataWritten": counts.written}
    if job.source.linked.type != "HttpServer":
        output["filesRead"] = counts.files_read
    output["filesWritten"] = counts.files_written
    output |= {"sourcePeakConnections": 1, "sinkPeakConnections": 1}
    if counts.rows is not None:
        output |= {"rowsRead": counts.rows + counts.skipped, "rowsCopied": counts.rows}
        if job.tolerant:
            output["rowsSkipped"] = counts.skipped
        if job.log is not None and counts.logged is not None:
            output[job.log.key] = counts.logged
    return {
        **output,
        "copyDuration": duration,
        "throughput": round(counts.read / 1024 / max(seconds, 0.001), 3),
        "errors": [],
        "effectiveIntegrationRuntime": RUNTIME,
        "usedDataIntegrationUnits": 1,
        "usedParallelCopies": 1,
        "billingReference": {"activityType": "DataMovement", "billableDuration": []},
        "executionDetails": [
            {
                "source": {"type": job.source.linked.type},
                "sink": {"type": job.sink.linked.type},
                "status": "Succeeded",
                "start": utc(datetime.fromtimestamp(started, UTC)),
                "duration": duration,
                "usedParallelCopies": 1,
                "profile": {"queue": {"status": "Completed", "duration": 0}, "transfer": {"status": "Completed"}},
                "detailedDurations": {"queuingDuration": 0, "transferDuration": duration},
            },
        ],
        "dataConsistencyVerification": _verified(job),
        "durationInQueue": {"integrationRuntimeQueue": 0},
    }


def _verified(job: Job) -> dict[str, Json]:
    if not job.verify:
        return {"VerificationResult": "NotVerified"}
    return {"VerificationResult": "Verified", "InconsistentData": "None"}
