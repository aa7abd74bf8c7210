"""Declarative pipelines: definitions, graph, updates, expectations, AUTO CDC, event log."""

from __future__ import annotations

from houseboat.pipelines.service import Pipelines
from houseboat.pipelines.spec import PipelineSpec, read_spec

__all__ = ["PipelineSpec", "Pipelines", "read_spec"]
