"""Whose usage is, as a table for the queries of an aggregation."""

from collections.abc import Sequence

import duckdb

from billproof.masterdata.crosswalk_book import OwnedSpan

_OWNERS = """
create or replace temp table owners as
select unnest($systems::varchar[]) as system, unnest($ids::varchar[]) as external_id,
    unnest($starts::varchar[]) as start_at, unnest($ends::varchar[]) as end_at,
    unnest($accounts::varchar[]) as account, unnest($since::varchar[]) as since
"""


def enter_owners(database: duckdb.DuckDBPyConnection, owners: Sequence[OwnedSpan]) -> None:
    """Make the table `owners`."""
    columns = {
        "systems": [one.system for one in owners],
        "ids": [one.external_id for one in owners],
        "starts": [one.start for one in owners],
        "ends": [one.end for one in owners],
        "accounts": [one.account for one in owners],
        "since": [one.since for one in owners],
    }
    database.execute(_OWNERS, columns)
