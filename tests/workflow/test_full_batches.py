"""Batches are filled in the order of buckets, so a small run has few of them; every account is billed all the same."""

import json

from billproof.ids import shard_of
from billproof.pipeline.artefacts import BATCH_PLAN, RUN_PLAN, Artefacts
from tests.bench import load
from tests.support.world import INC

BUCKETS, ACCOUNTS = 4, 30


def test_batches_are_full_over_the_bounds_of_buckets_and_every_account_is_in_one() -> None:
    world = load.world(accounts=ACCOUNTS, buckets=BUCKETS)
    load.ingest(world, load.calls(3_000, accounts=ACCOUNTS))
    run = f"{INC}-2013-01-001"
    plan = world.plan(run)
    artefacts = Artefacts(world.objects)
    batches = [artefacts.read(BATCH_PLAN, run, name) for name in plan.batches]
    accounts = [terms.account.id for batch in batches for terms in batch.accounts]
    assert [len(batch.accounts) for batch in batches] == [25, ACCOUNTS - 25]
    assert sorted(accounts) == sorted(map(load.account_name, range(ACCOUNTS)))
    assert accounts == sorted(accounts, key=lambda name: (shard_of(name, BUCKETS), name))
    assert any(len({shard_of(terms.account.id, BUCKETS) for terms in batch.accounts}) > 1 for batch in batches)
    for batch in batches:
        assert {shard_of(terms.account.id, BUCKETS) for terms in batch.accounts} == {*batch.buckets}
    assert artefacts.read(RUN_PLAN, run).batches == plan.batches
    assert json.loads(world.objects.get(f"runs/{run}/maps/batches.json")) == [
        {"run_id": run, "batch_id": name} for name in plan.batches
    ]
