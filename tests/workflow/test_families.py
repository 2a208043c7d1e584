"""Parents and children: one invoice for a family of accounts, line by line and account by account."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.errors import Conflict
from billproof.money import Money, Taxed
from billproof.pipeline.previewing import preview
from billproof.proof.service import events_behind, prove_invoice
from tests.support.families import CHILDREN, DATA, FEBRUARY, INVOICE, PARENT, amounts, bill, family, holds
from tests.support.world import EUROPE, INC, JANUARY, World, flight


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
