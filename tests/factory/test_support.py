"""The support page says what the runtime's tables say."""

from __future__ import annotations

from pathlib import Path

from bicep_types import ResourceTypes

from houseboat.factory import triggers
from houseboat.factory.activities import ACTIVITIES
from houseboat.factory.support import page


def test_the_support_page_is_up_to_date(repository: Path) -> None:
    """Written again from the tables, it is the same; if not: write ``houseboat.factory.support.page()`` into it."""
    assert (repository / "docs" / "reference" / "data-factory.md").read_text(encoding="utf-8") == page()


def test_every_type_that_azure_knows_runs_or_is_a_declared_gap(shared: Path) -> None:
    """No valid pipeline is called unknown."""
    types = ResourceTypes(shared / "schemas" / "azure" / "microsoft.datafactory" / "2018-06-01" / "types.json")
    assert types.variants("Activity") - set(ACTIVITIES) == set()
    assert types.variants("Trigger") - {"ScheduleTrigger", *triggers.GAPS} == set()
