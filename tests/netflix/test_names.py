"""Names and addresses follow the catalog and the account."""

from __future__ import annotations

from lakehouse.names import Lakehouse
from lakehouse.rules import LOOKUP_RULES, LOOKUPS, TITLE_RULES


def test_tables_and_addresses_follow_the_deployment() -> None:
    """Nothing else knows where things are."""
    lake = Lakehouse("films", "stfilms")
    assert lake.silver("netflix_titles") == "films.silver.netflix_titles"
    assert lake.landed_titles == "abfss://raw@stfilms.dfs.core.windows.net/titles/"
    assert (
        lake.landed_lookup("netflix_cast")
        == "abfss://bronze@stfilms.dfs.core.windows.net/netflix_cast/netflix_cast.csv"
    )


def test_what_streams_remember_lies_outside_the_tables() -> None:
    """Unity Catalog wants no other files among managed tables."""
    assert "/tables/" not in Lakehouse().titles_checkpoint


def test_rules_have_names_of_their_own() -> None:
    """A count per rule means one rule."""
    for rules in (TITLE_RULES, LOOKUP_RULES):
        assert len({rule.name for rule in rules}) == len(rules)
    assert all(name == lookup.table for name, lookup in LOOKUPS.items())
