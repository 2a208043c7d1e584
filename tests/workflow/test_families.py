"""Parents and children: one invoice for a family of accounts, and tiers that they fill together."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.adapters.typst.pdf import render_invoice
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.errors import Conflict
from billproof.findings import Finding
from billproof.masterdata.parties import Account
from billproof.money import Money, Taxed
from billproof.pipeline.previewing import preview
from billproof.proof.service import events_behind, prove_invoice, prove_run
from billproof_ops.demo import story
from tests.support.world import EUROPE, INC, JANUARY, World, flight

FEBRUARY = "2013-02"
PARENT, CHILDREN = "UA", ("EV", "MQ")
INVOICE = f"{INC}.{JANUARY}.{PARENT}"
POOL = {
    "id": "pool",
    "name": "Flights of all",
    "product": "operations",
    "revenue_category": "usage",
    "timing": "in_arrears",
    "effective": {"start": "2013-01-01"},
    "meter": "flights_handled",
    "pooled": True,
    "price": {
        "model": "graduated",
        "tiers": [{"up_to": "5", "unit_price": "10"}, {"up_to": None, "unit_price": "1"}],
    },
}
DATA = story.master_data()


def family(
    *charges: dict[str, Any],
    children: Iterable[str] = CHILDREN,
    contracts: Iterable[str] = CHILDREN,
    buckets: int = 4,
    **changes: Any,
) -> World:
    """UA and its children, in other buckets than it; with `charges` UA's contract has those and nothing else."""
    world = World(buckets=buckets, master_data=False)
    world.publish(*DATA.legal_entities, *DATA.meters, *DATA.policies)
    for account in DATA.accounts:
        if account.id in (PARENT, *children):
            own = {"parent": PARENT, **changes} if account.id in set(children) else {}
            world.publish(Account.model_validate({**account.model_dump(), **own}))
    for contract in DATA.contracts:
        if contract.account == PARENT and charges:
            world.publish(Contract.model_validate({**contract.model_dump(mode="json"), "charges": charges}))
        elif contract.account in (PARENT, *contracts):
            world.publish(contract)
    return world


def bill(world: World, period: str = JANUARY, entity: str = INC) -> Sequence[Finding]:
    statement = world.bill(entity, period)
    world.approve_all(entity, period)
    world.post_all(entity, period)
    return statement.findings


def amounts(world: World, invoice: str = INVOICE) -> dict[tuple[str, str], str]:
    return {(line.priced.account, line.priced.id): line.amounts.net.text for line in world.invoice(invoice).lines}


def holds(world: World, run: str = f"{INC}-{JANUARY}-001") -> None:
    proof = prove_run(run, stores=world.stores())
    assert proof.holds, proof.differences


def test_one_invoice_bills_the_contracts_of_all_by_their_own_usage() -> None:
    world = family()
    world.ingest([flight(number, account=account) for account in (PARENT, *CHILDREN) for number in range(4)])
    bill(world)
    assert [facts.account for facts in world.register.of_period(INC, JANUARY)] == [PARENT]
    invoice = world.invoice(INVOICE)
    assert {line.priced.account for line in invoice.lines} == {PARENT, *CHILDREN}
    flights = [line.priced for line in invoice.lines if line.priced.id == "flights:2013-01"]
    assert {line.account: f"{line.quantity:f}" for line in flights} == {"EV": "4", "MQ": "4", "UA": "4"}
    assert [(each.account, each.name) for each in invoice.accounts] == [
        (account.id, account.name) for account in map(world.directory.account, (PARENT, *CHILDREN)) if account
    ]
    assert Taxed.total([each.amounts for each in invoice.accounts], "USD") == invoice.totals
    assert invoice.events.billed == 12
    assert world.reconcile().variances == ()
    assert len(list(events_behind(INVOICE, stores=world.stores()))) == 12
    assert prove_invoice(INVOICE, stores=world.stores()).holds
    holds(world)


def test_tiers_are_filled_by_all_and_each_share_is_said() -> None:
    world = family(POOL, contracts=())
    world.ingest([flight(number) for number in range(3)])
    world.ingest([flight(number, account="EV") for number in range(4)])
    bill(world)
    assert amounts(world) == {(PARENT, "pool:2013-01"): "52.00"}  # 5 x 10 + 2 x 1
    (line,) = world.invoice(INVOICE).lines
    assert line.priced.quantity == 7
    assert line.priced.explanation.note == "7 events, pooled: UA 3, EV 4"
    holds(world)


def test_a_pool_whose_price_changes_within_the_month_is_measured_in_parts_of_all() -> None:
    world = family(POOL, contracts=())
    contract = world.directory.contracts(PARENT)[0].model_dump(mode="json")
    dearer = {**POOL, "price": {"model": "per_unit", "unit_price": "2"}}
    changed = {**contract, "version": 2, "effective": {"start": "2013-01-15"}, "charges": [dearer]}
    world.publish(Contract.model_validate(changed))
    world.ingest([flight(number) for number in range(3)])
    world.ingest([flight(number, account="EV", day="2013-01-06") for number in range(4)])
    world.ingest([flight(number, day="2013-01-20") for number in range(2)])
    world.ingest([flight(1, account="EV", day="2013-01-21")])
    bill(world)
    assert amounts(world) == {
        (PARENT, "pool:2013-01"): "52.00",  # 3 and 4 before the 15th: 5 x 10 + 2 x 1
        (PARENT, "pool:2013-01@2013-01-15"): "6.00",  # 2 and 1 from then on, at 2
    }
    holds(world)


def test_late_usage_of_a_child_is_billed_at_the_pools_own_tier() -> None:
    world = family(POOL, contracts=())
    world.ingest([flight(number) for number in range(4)])
    bill(world)
    world.ingest([flight(number, account="MQ") for number in range(3)])
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.ingest([flight(9, account="EV", day="2013-02-05")])
    bill(world, FEBRUARY)
    february = amounts(world, f"{INC}.{FEBRUARY}.{PARENT}")
    assert february == {
        (PARENT, "pool:2013-02"): "10.00",
        (PARENT, "difference:pool:2013-01"): "12.00",  # 5 x 10 + 2 x 1 less 40
    }
    holds(world, f"{INC}-{FEBRUARY}-001")


@settings(max_examples=20, deadline=None)
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
    parts, whole = family(charge), family(charge)
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


def test_an_allowance_that_is_pooled_is_counted_as_included() -> None:
    world = family({**POOL, "included_quantity": "5"}, contracts=())
    world.ingest([flight(number, account=account) for account in (PARENT, "EV") for number in range(4)])
    bill(world)
    assert amounts(world) == {(PARENT, "pool:2013-01"): "30.00"}
    statement = balance_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    (accepted,) = [each for each in statement.equations if each.code == "events accepted"]
    assert accepted.parts["billed"] == 3
    assert accepted.parts["included"] == 5
    holds(world)


@pytest.mark.parametrize("buckets", [1, 64])
def test_a_child_that_joins_later_is_billed_from_its_contracts_start(buckets: int) -> None:
    world = family(children=("EV",), contracts=("EV",), buckets=buckets)
    world.ingest([flight(number, account="EV") for number in range(2)])
    bill(world)
    account = next(each for each in DATA.accounts if each.id == "MQ")
    world.publish(account.model_copy(update={"parent": PARENT}))
    world.publish(*(each for each in DATA.contracts if each.account == "MQ"))
    world.ingest([flight(number, account="MQ") for number in range(3)])
    again = bill(world)
    assert again == ()  # the released invoice keeps the family that it was made for
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    bill(world, FEBRUARY)
    lines = world.invoice(f"{INC}.{FEBRUARY}.{PARENT}").lines
    (late,) = [line.priced for line in lines if line.priced.id == "difference:flights:2013-01"]
    assert late.account == "MQ"
    assert late.quantity == 3
    for run in (f"{INC}-{JANUARY}-001", f"{INC}-{JANUARY}-002", f"{INC}-{FEBRUARY}-001"):
        holds(world, run)


@pytest.mark.parametrize(
    ("parent", "publish"),
    [
        ("nobody", ()),
        ("EV", ()),  # a child itself
        ("DL", ("DL",)),  # of another legal entity
    ],
)
def test_a_child_that_nobody_can_bill_waits_for_a_person(parent: str, publish: tuple[str, ...]) -> None:
    world = family(children=("EV",))
    world.publish(*(each for each in DATA.accounts if each.id in publish))
    account = next(each for each in DATA.accounts if each.id == "MQ")
    world.publish(account.model_copy(update={"parent": parent}))
    world.ingest([flight(1, account="MQ")])
    (found,) = [each for each in bill(world) if each.account == "MQ" and each.code == "unpriceable_charge"]
    assert found.message == f"its parent {parent} is no account of {INC}, or is a child itself"
    assert found.path == "account/parent"
    world.bill(EUROPE)  # and nobody else bills it
    assert {facts.account for facts in world.register.of_period(EUROPE, JANUARY)} <= {"DL"}


def test_children_and_parents_may_be_published_in_any_order() -> None:
    world = World(buckets=2, master_data=False)
    world.publish(*DATA.legal_entities, *DATA.meters, *DATA.policies)
    accounts = {account.id: account for account in DATA.accounts}
    world.publish(accounts["EV"].model_copy(update={"parent": PARENT}))
    world.publish(*(each for each in DATA.contracts if each.account in {PARENT, "EV"}))
    world.ingest([flight(1, account="EV")])
    assert "account/parent" in [each.path for each in bill(world) if each.account == "EV"]
    world.publish(accounts[PARENT])
    bill(world)
    assert ("EV", "flights:2013-01") in amounts(world)


@pytest.mark.parametrize("parent", [None, "MQ"])
def test_a_child_is_its_parents_for_good(parent: str | None) -> None:
    world = family()
    account = world.directory.account("EV")
    assert account is not None
    with pytest.raises(Conflict, match="account EV is billed by UA and cannot be billed"):
        world.publish(account.model_copy(update={"version": 2, "parent": parent}))
    assert world.directory.add(account.model_copy(update={"version": 2, "name": "New name"}))
    assert world.directory.account_record(PARENT).children == ("EV", "MQ")


def test_each_line_bears_the_tax_of_its_own_account() -> None:
    address = {"lines": ["1 Main St"], "city": "Austin", "postal_code": "73301", "country": "US", "region": "TX"}
    world = family(address=address, children=("EV",), contracts=("EV",))
    world.ingest([flight(number, account=account) for account in (PARENT, "EV") for number in range(90)])
    bill(world)
    places = {line.priced.account: line.determination.jurisdiction for line in world.invoice(INVOICE).lines}
    assert places == {PARENT: "US-IL", "EV": "US-TX"}
    assert len(world.invoice(INVOICE).tax_summary) == 2


def test_two_contracts_of_one_name_are_not_mixed_up() -> None:
    world = family()
    contract = world.directory.contracts("MQ")[0]
    world.publish(contract.model_copy(update={"id": "EV-2013"}))
    world.ingest([flight(1)])
    (found,) = [each for each in bill(world) if each.account == PARENT and each.code == "unpriceable_charge"]
    assert "EV and MQ are on one invoice and both have a contract EV-2013" in found.message


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


def test_usage_of_a_child_that_no_contract_prices_holds_the_invoice() -> None:
    world = family(children=("EV",), contracts=())
    world.ingest([flight(1, account="EV")])
    statement = world.bill()
    (found,) = [each for each in statement.findings if each.code == "unpriced_meter"]
    assert found.message == "1 events of EV of type flight.departed in 2013-01 that no contract prices or excludes"


def test_a_run_and_a_preview_of_a_child_are_of_its_family() -> None:
    world = family()
    world.ingest([flight(1, account=account) for account in (PARENT, *CHILDREN)])
    plan = world.plan(f"{INC}-{JANUARY}-001", only_accounts=("MQ",))
    assert plan.accounts == 1
    fields: dict[str, Any] = {
        "legal_entity": INC,
        "period": JANUARY,
        "sources": world.preview_sources(),
        "now": world.now(),
    }
    (found,) = preview(accounts=["MQ"], **fields)
    assert found.account == PARENT
    assert found.invoice is not None
    assert {line.priced.account for line in found.invoice.lines} == {PARENT, *CHILDREN}


def test_a_credit_of_a_consolidated_invoice_says_whose_it_is() -> None:
    world = family()
    world.ingest([flight(number, account=account) for account in (PARENT, *CHILDREN) for number in range(4)])
    bill(world)
    lines = [{"line": "flights:2013-01", "contract": "MQ-2013"}]
    credit = world.credit_and_approve(INVOICE, lines=lines)
    worth = {each.account: each.amounts.net for each in credit.accounts}
    assert worth[PARENT] == worth["EV"] == Money.zero("USD")
    assert worth["MQ"] == credit.totals.net
    world.credit_and_approve(INVOICE, "rest")
    assert world.net_of_credits(INVOICE) == [0, 0, 0]


def test_a_consolidated_invoice_is_drawn_by_account() -> None:
    world = family()
    world.ingest([flight(number, account=account) for account in (PARENT, *CHILDREN) for number in range(4)])
    bill(world)
    released = world.register.released(INVOICE)
    assert released is not None
    assert render_invoice(world.invoice(INVOICE), released).startswith(b"%PDF-")
