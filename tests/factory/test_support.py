"""The runtime's tables know every type that Azure has."""

from __future__ import annotations

from pathlib import Path

from bicep_types import ResourceTypes

from houseboat.factory import triggers
from houseboat.factory.activities import ACTIVITIES


def test_every_type_that_azure_knows_runs_or_is_a_declared_gap(shared: Path) -> None:
    """No valid pipeline is called unknown."""
    types = ResourceTypes(shared / "schemas" / "azure" / "microsoft.datafactory" / "2018-06-01" / "types.json")
    assert types.variants("Activity") - set(ACTIVITIES) == set()
    assert types.variants("Trigger") - {"ScheduleTrigger", *triggers.GAPS} == set()
