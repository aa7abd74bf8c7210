"""Activities that Data Factory has and Houseboat has not (yet), each with what to do instead.

They are declared, so that a pipeline that holds one can be read and checked, and fails by name when it gets there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import Unsupported

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.runs import Json

_NOTEBOOK = "run the same work as a DatabricksNotebook or DatabricksJob activity"
_INACTIVE = 'set its "state" to "Inactive" for runs at home'
_SQL = f"keep the data in the lake and use Copy, Lookup or a notebook; or {_INACTIVE}"


@dataclass(frozen=True)
class Gap:
    """A declared gap; ``instead`` is the next step for whoever meets it."""

    type: str
    instead: str
    OWN: tuple[str, ...] = ()

    def run(self, call: Call) -> Mapping[str, Json]:
        """Always raises ``Unsupported``."""
        raise Unsupported(
            f"activity '{call.step.name}': Houseboat cannot run {self.type} activities",
            place=call.step.at("type"),
            hint=self.instead,
            code="UnsupportedActivity",
        )


GAPS: dict[str, str] = {
    "AzureFunctionActivity": f"call the function's address with a WebActivity; or {_INACTIVE}",
    "AzureDataExplorerCommand": _INACTIVE,
    "AzureMLBatchExecution": _INACTIVE,
    "AzureMLExecutePipeline": _INACTIVE,
    "AzureMLUpdateResource": _INACTIVE,
    "Custom": _NOTEBOOK,
    "DataLakeAnalyticsU-SQL": _NOTEBOOK,
    "DatabricksSparkJar": f"there is no JVM here: {_NOTEBOOK}",
    "DatabricksSparkPython": "make it a notebook task or a Python task of a bundle's job, started by DatabricksJob",
    "ExecuteDataFlow": f"data flows are not run: {_NOTEBOOK}",
    "ExecuteSSISPackage": _INACTIVE,
    "ExecuteWranglingDataflow": f"data flows are not run: {_NOTEBOOK}",
    "HDInsightHive": _NOTEBOOK,
    "HDInsightMapReduce": _NOTEBOOK,
    "HDInsightPig": _NOTEBOOK,
    "HDInsightSpark": _NOTEBOOK,
    "HDInsightStreaming": _NOTEBOOK,
    "Script": _SQL,
    "SparkJob": _NOTEBOOK,
    "SqlPoolStoredProcedure": _SQL,
    "SqlServerStoredProcedure": _SQL,
    "SynapseNotebook": _NOTEBOOK,
    "TridentNotebook": _NOTEBOOK,
    "WebHook": f"there is no address here that could be called back: use a WebActivity; or {_INACTIVE}",
}
"""Type -> what to do instead."""
