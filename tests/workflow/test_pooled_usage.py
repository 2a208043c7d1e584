"""Pools: tiers and allowances that the accounts of a family fill together."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from tests.support.families import CHILDREN, DATA, FEBRUARY, INVOICE, PARENT, POOL, SEAT, bill, family, holds, of_parent
from tests.support.levels import LEVEL
from tests.support.world import INC, JANUARY, flight


def test_tiers_are_filled_by_all_and_each_share_is_said() -> None:
    world = family(POOL, contracts=(), seats=CHILDREN)
    world.ingest([flight(number) for number in range(3)])
    world.ingest([flight(number, account="EV") for number in range(4)])
    bill(world)
    assert of_parent(world) == {"pool:2013-01": "52.00"}  # 5 x 10 + 2 x 1
    (line,) = [line for line in world.invoice(INVOICE).lines if line.priced.account == PARENT]
    assert line.priced.quantity == 7
    assert line.priced.explanation.note == "7 events, pooled: UA 3, EV 4"
    holds(world)


def test_a_pool_whose_price_changes_within_the_month_is_measured_in_parts_of_all() -> None:
    world = family(POOL, contracts=(), seats=CHILDREN)
    contract = world.directory.contracts(PARENT)[0].model_dump(mode="json")
    dearer = {**POOL, "price": {"model": "per_unit", "unit_price": "2"}}
    changed = {**contract, "version": 2, "effective": {"start": "2013-01-15"}, "charges": [dearer]}
    world.publish(Contract.model_validate(changed))
    world.ingest([flight(number) for number in range(3)])
    world.ingest([flight(number, account="EV", day="2013-01-06") for number in range(4)])
    world.ingest([flight(number, day="2013-01-20") for number in range(2)])
    world.ingest([flight(1, account="EV", day="2013-01-21")])
    bill(world)
    assert of_parent(world) == {
        "pool:2013-01": "52.00",  # 3 and 4 before the 15th: 5 x 10 + 2 x 1
        "pool:2013-01@2013-01-15": "6.00",  # 2 and 1 from then on, at 2
    }
    holds(world)


def test_late_usage_of_a_child_is_billed_at_the_pools_own_tier() -> None:
    world = family(POOL, contracts=(), seats=CHILDREN)
    world.ingest([flight(number) for number in range(4)])
    bill(world)
    world.ingest([flight(number, account="MQ") for number in range(3)])
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.ingest([flight(9, account="EV", day="2013-02-05")])
    bill(world, FEBRUARY)
    february = of_parent(world, f"{INC}.{FEBRUARY}.{PARENT}")
    assert february == {
        "pool:2013-02": "10.00",
        "difference:pool:2013-01": "12.00",  # 5 x 10 + 2 x 1 less 40
    }
    holds(world, f"{INC}-{FEBRUARY}-001")


@pytest.mark.long
@settings(max_examples=6 * LEVEL, deadline=None)
@given(
    arrivals=st.lists(
        st.lists(st.tuples(st.sampled_from([PARENT, *CHILDREN]), st.integers(1, 40)), max_size=12),
        min_size=3,
        max_size=3,
    )
)
def test_however_a_familys_usage_arrives_it_comes_to_what_one_invoice_comes_to(
    arrivals: list[list[tuple[str, int]]],
) -> None:
    tiers = [{"up_to": "3.5", "unit_price": "7"}, {"up_to": "9", "unit_price": "0.33", "flat_fee": "2"}]
    charge = {**POOL, "price": {"model": "graduated", "tiers": [*tiers, {"up_to": None, "unit_price": "0.01"}]}}
    parts, whole = family(charge, buckets=2), family(charge, buckets=2)  # EV is in another than UA and MQ
    events = [[flight(number, account=account) for account, number in arrival] for arrival in arrivals]
    for number, (arrival, period) in enumerate(zip(events, (JANUARY, FEBRUARY, "2013-03"), strict=True)):
        parts.moment = datetime(2013, 2 + number, 2, 12, tzinfo=UTC)
        parts.ingest(arrival)
        bill(parts, period)
        holds(parts, f"{INC}-{period}-001")
    whole.ingest([event for arrival in events for event in arrival])
    bill(whole)
    billed: dict[str, Decimal] = {}
    for period in (JANUARY, FEBRUARY, "2013-03"):
        for line in parts.invoice(f"{INC}.{period}.{PARENT}").lines:
            name = line.priced.adjusts.line if line.priced.adjusts else line.priced.id
            if "2013-01" in name:
                name = f"{line.priced.account}/{name}"
                billed[name] = billed.get(name, Decimal(0)) + line.amounts.net.amount
    for line in whole.invoice(INVOICE).lines:
        if "2013-01" in line.priced.id:
            assert billed[f"{line.priced.account}/{line.priced.id}"] == line.amounts.net.amount


def test_usage_on_days_without_a_contract_is_not_in_the_pool_and_is_a_finding() -> None:
    world = family(POOL, contracts=(), children=("EV",))
    seat = {**SEAT, "effective": {"start": "2013-01-10"}}
    contract = next(contract for contract in DATA.contracts if contract.account == "EV").model_dump(mode="json")
    world.publish(Contract.model_validate({**contract, "effective": {"start": "2013-01-10"}, "charges": [seat]}))
    world.ingest([flight(1), flight(2, account="EV", day="2013-01-05"), flight(3, account="EV", day="2013-01-15")])
    findings = [finding for finding in bill(world) if finding.code == "usage_outside_contract"]
    assert of_parent(world) == {"pool:2013-01": "20.00"}
    assert [finding.message for finding in findings] == [
        "1 events of EV, read by flights_handled, are not in the pool: no contract of it is in force then"
    ]
    holds(world)


def test_usage_of_a_child_without_any_contract_holds_the_familys_invoice() -> None:
    world = family(POOL, contracts=(), children=("EV",))
    world.ingest([flight(1), flight(2, account="EV")])
    assert "unpriced_meter" in {finding.code for finding in world.bill().findings}


def test_an_allowance_that_is_pooled_is_counted_as_included() -> None:
    world = family({**POOL, "included_quantity": "5"}, contracts=(), seats=CHILDREN)
    world.ingest([flight(number, account=account) for account in (PARENT, "EV") for number in range(4)])
    bill(world)
    assert of_parent(world) == {"pool:2013-01": "30.00"}
    statement = balance_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    (accepted,) = [each for each in statement.equations if each.code == "events accepted"]
    assert accepted.parts["billed"] == 3
    assert accepted.parts["included"] == 5
    holds(world)


@pytest.mark.parametrize(
    ("changes", "zone", "said"),
    [
        ({"meter": "longest_leg"}, None, "pools meter longest_leg, whose quantities of several accounts do not add up"),
        ({}, "Europe/Paris", "usage is pooled over contracts in America/New_York and Europe/Paris"),
    ],
)
def test_what_cannot_be_pooled_says_so(changes: dict[str, str], zone: str | None, said: str) -> None:
    world = family({**POOL, **changes})
    if zone is not None:
        contract = world.directory.contracts("EV")[0]
        world.publish(contract.model_copy(update={"id": "other", "time_zone": zone}))
    world.ingest([flight(1)])
    assert any(said in each.message for each in bill(world))
