"""Errors of declarative pipelines, beneath the tree of ``houseboat.errors``.

ProjectError
+-- PipelineSettingsError       the pipeline's entry in the bundle is wrong
+-- DefinitionError             a definition in the pipeline's files is wrong by itself
+-- GraphError                  the definitions do not fit together (cycle, unknown name, duplicate)
HouseboatError
+-- ExpectationViolation        rows broke an ``expect_or_fail`` rule
+-- CdcError                    change events that AUTO CDC cannot apply
RunFailed
+-- UpdateFailed                one or more flows of an update failed
"""

from __future__ import annotations

from houseboat.errors import HouseboatError, ProjectError, RunFailed


class PipelineSettingsError(ProjectError):
    """The pipeline's settings in the bundle are malformed."""


class DefinitionError(ProjectError):
    """A table, view, flow or rule in the pipeline's files is malformed."""


class GraphError(ProjectError):
    """The pipeline's definitions contradict each other; nothing was written."""


class ExpectationViolation(HouseboatError):  # noqa: N818 - Databricks' own word, EXPECTATION_VIOLATION
    """Rows broke a rule that fails the flow; nothing of the batch was written."""


class CdcError(HouseboatError):
    """Change events without key or sequence, or a target that cannot take them."""


class UpdateFailed(RunFailed):
    """An update ended with failed flows; tables whose flows completed keep their data."""
