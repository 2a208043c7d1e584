"""What planning a run reads grows with its accounts and with the months before it, never with their product."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from billproof.periods import Period
from billproof.ports import Key
from tests.bench import load
from tests.support.world import INC, World

ACCOUNTS = 12
ONE_YEAR, FIVE_YEARS = "2014-01", "2018-01"
MONTHS_BETWEEN = 48
READS_OF_A_MONTH = 2
"""Its runs, and whether the last one is closed: asked for once, however many accounts they are asked for."""


def billed_once() -> World:
    world = load.world(accounts=ACCOUNTS, buckets=4)
    load.ingest(world, load.calls(500, accounts=ACCOUNTS))
    world.bill()
    world.approve_all()
    assert world.register.series(INC, 2013)
    return world


def counted(reads: Counter[str], read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a read that is counted by the kind of what it reads."""

    def counting(at: Any, **terms: Any) -> Any:
        partition = at.partition if isinstance(at, Key) else at
        reads[partition.split("#")[0]] += 1
        return read(at, **terms)

    return counting


def reads_of_planning(world: World, period: str, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return how often each kind of facts is read while a run is planned."""
    world.moment = datetime.combine(Period.month(period).end, time(12), UTC) + timedelta(days=2)
    run = world.start(period=period)
    reads = Counter[str]()
    with monkeypatch.context() as patched:
        for store in world.records.values():
            for name in ("get", "query"):
                patched.setattr(store, name, counted(reads, getattr(store, name)))
        world.plan(run, period=period)
    return reads


@pytest.mark.long
def test_months_without_a_run_are_looked_up_once_for_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    of_one, of_five = (reads_of_planning(billed_once(), period, monkeypatch) for period in (ONE_YEAR, FIVE_YEARS))
    more = of_five - of_one
    assert more.total() <= MONTHS_BETWEEN * READS_OF_A_MONTH, more
