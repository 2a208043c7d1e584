"""The SQL of docs/compaction.md, as it stands there, over objects that compaction wrote."""

import re
from pathlib import Path

import duckdb

from billproof.usage.aggregation import aggregate
from billproof.usage.compaction import compact_day
from billproof_ops.paths import ROOT
from tests.support.usage_plans import ask, plan
from tests.support.world import World, flight

QUERY = re.search(r"```sql\n(.*?)```", (ROOT / "docs" / "compaction.md").read_text(), re.DOTALL)

AS_ATHENA_HAS_IT = """
create macro json_extract_scalar(document, path) as json_extract_string(document, path);
create view compacted_usage as
select *, filename as "$path" from read_parquet('{folder}/compacted/*/*/*.parquet', hive_partitioning = true,
    hive_types = {{'bucket': 'INTEGER', 'day': 'VARCHAR'}}, filename = true, union_by_name = true);
create view compactions as
select * replace (bucket::integer as bucket, day::varchar as day)
from read_json('{folder}/compactions/*/*/*.json.zst', hive_partitioning = false)
"""


def test_the_query_of_the_page_counts_what_a_run_counts_whatever_was_compacted_before(tmp_path: Path) -> None:
    assert QUERY is not None
    world = World()
    world.ingest([flight(1), flight(1), flight(2), flight(3, account="B6"), flight(9, day="2013-01-01", time=EARLY)])
    compact(world, "2013-01-05")
    world.ingest([flight(4, corrects="2013-01-05:UA:2", data={"distance": "1.5"}), flight(5, day="2013-01-06")])
    for day in ("2013-01-01", "2013-01-05", "2013-01-06"):
        compact(world, day)
    for key, data in world.objects.items.items():
        if key.startswith("compact"):
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    with duckdb.connect() as database:
        database.execute(AS_ATHENA_HAS_IT.format(folder=tmp_path))
        rows = database.execute(QUERY[1]).fetchall()
    usages = aggregate(
        plan(ask("count"), ask("sum", "distance"), accounts=("B6", "UA")).model_copy(update={"known_ids": ""}),
        objects=world.objects,
    )
    expected = [
        (usage.account, "flight.departed", *(quantity.quantity for quantity in usage.quantities)) for usage in usages
    ]
    assert rows == expected
    assert [row[2] for row in rows] == [1, 3]


EARLY = "2013-01-01T02:00:00Z"
"""Still December in New York."""


def compact(world: World, day: str) -> None:
    compact_day(0, day, objects=world.objects, meters=world.directory.meters())
