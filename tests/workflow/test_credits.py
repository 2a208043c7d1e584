"""Credit notes and write-offs: exact to the unit, governed, posted, reconciled, billed again; nothing is edited."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.adapters.typst.pdf import render_invoice
from billproof.approvals.policy import Policy
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput
from billproof.invoicing.delivery import deliver_invoice
from billproof.invoicing.model import DocumentKind, Invoice
from billproof.money import Money, total
from billproof.proof.service import prove_run
from tests.support.billed import UA, US, billed_january
from tests.support.world import EUROPE, INC, JANUARY, World, flight

FEBRUARY = "2013-02"


@pytest.fixture
def world() -> World:
    return billed_january()


def parts(invoice: Invoice) -> dict[str, str]:
    return {line.priced.id: f"{line.amounts.net.text} + {line.amounts.tax.text}" for line in invoice.lines}


def test_an_invoice_and_its_full_credit_note_come_to_nothing(world: World) -> None:
    credit = world.credit_and_approve(UA)
    invoice = world.register.released(UA)
    assert invoice is not None
    assert (credit.kind, credit.corrects) == (DocumentKind.CREDIT_NOTE, invoice.number)
    assert world.net_of_credits(UA) == [0, 0, 0]
    released = world.register.released(credit.id)
    assert released is not None
    assert (released.number, released.account) == ("SKY-US-CN-2013-000001", "UA")
    assert world.reconcile().variances == ()
    with pytest.raises(InvalidInput, match=f"nothing is left of {invoice.number}"):
        world.credit(UA, "C-2")


def test_the_invoice_itself_is_never_edited(world: World) -> None:
    before = dict(world.records["invoices"].items)
    world.credit_and_approve(UA)
    after = world.records["invoices"].items
    assert all(after[key] == fact for key, fact in before.items())


def test_a_credit_by_line_amount_and_quantity(world: World) -> None:
    lines = [
        {"line": "platform:2013-01", "amount": "100.50"},
        {"line": "flights:2013-01", "quantity": "1"},
        {"line": "miles:2013-01"},
    ]
    credit = world.credit_and_approve(UA, lines=lines)
    billed = {line.priced.id: line for line in world.invoice(UA).lines}
    one = billed["flights:2013-01"].amounts.net.amount / 3
    assert parts(credit) == {
        "credit:platform:2013-01": "-100.50 + 0.00",
        "credit:flights:2013-01": f"{-one:.2f} + 0.00",
        "credit:miles:2013-01": f"-{billed['miles:2013-01'].amounts.net.text} + 0.00",
    }
    second = world.credit_and_approve(UA, "C-2")
    assert "credit:miles:2013-01" not in parts(second)
    assert world.net_of_credits(UA) == [0, 0, 0]


def test_lines_of_two_contracts_that_are_named_alike_are_told_apart(world: World) -> None:
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"id": "second", "version": 1}))
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.bill(period=FEBRUARY)
    world.approve_all(period=FEBRUARY)
    invoice = f"{INC}.{FEBRUARY}.UA"
    with pytest.raises(InvalidInput, match=f"has a line platform:2013-03 in each of {contract.id}, second"):
        world.credit(invoice, lines=[{"line": "platform:2013-03"}])
    one = world.credit_and_approve(invoice, lines=[{"line": "platform:2013-03", "contract": "second", "amount": "1"}])
    assert one.lines[0].priced.explanation.contract == "second"
    world.credit_and_approve(invoice, "C-2")
    assert world.net_of_credits(invoice) == [0, 0, 0]


def test_a_write_off_gives_up_the_receivable_and_leaves_the_tax(world: World) -> None:
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"bad_debt": "6500"})
    world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    gone = world.credit_and_approve(UA, reason="uncollectible")
    gross = world.invoice(UA).totals.gross
    assert (gone.kind, gone.totals.gross, gone.totals.tax.is_zero) == (DocumentKind.WRITE_OFF, -gross, True)
    assert world.posted(gone.id).totals == {"6500": gross, chart.receivable: -gross}
    assert [body for body in world.postings.bodies if gone.id in body] != []
    assert [body for body in world.deliveries.bodies if gone.id in body] == []
    with pytest.raises(InvalidInput, match="was written off"):
        world.credit(UA, "C-2")


def chart_with(world: World, **accounts: Any) -> None:
    """Publish the legal entity with another chart of accounts."""
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update=accounts)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": chart}))


NO_ACCOUNT = [
    ("uncollectible", {"bad_debt": None}, "no account for bad debt"),
    ("billing_error", {"revenue": {}}, "no revenue account for subscription, usage"),
]


@pytest.mark.parametrize(("reason", "lost", "said"), NO_ACCOUNT, ids=["write-off", "credit note"])
def test_what_the_chart_has_no_account_for_is_refused_when_it_is_asked_for(
    reason: str, lost: dict[str, Any], said: str, world: World
) -> None:
    """Its number was taken, and no ERP ever took its entry."""
    chart_with(world, **lost)
    with pytest.raises(InvalidInput, match=said):
        world.credit(UA, reason=reason)
    assert list(world.register.credits(UA)) == []


@pytest.mark.parametrize(("reason", "lost", "said"), NO_ACCOUNT, ids=["write-off", "credit note"])
def test_what_the_chart_lost_the_account_for_since_takes_no_number(
    reason: str, lost: dict[str, Any], said: str, world: World
) -> None:
    chart_with(world, bad_debt="6500")
    asked = world.credit(UA, reason=reason)
    world.decide(asked.exception, "approved", "ben")
    revenue = world.directory.legal_entity(INC).chart_of_accounts.revenue
    chart_with(world, **lost)
    applied = world.apply(asked.exception)
    assert (applied.outcome, applied.number, said in applied.reason) == ("outdated", None, True)
    assert world.apply(asked.exception) == applied
    assert world.register.released(asked.document) is None
    chart_with(world, bad_debt="6500", revenue=revenue)
    assert applied.raised is not None
    assert world.decide(applied.raised, "rejected", "ben").outcome == "decided"
    assert world.credit_and_approve(UA, "C-2", reason=reason).id.endswith("~02")


def test_a_repeated_release_of_a_credit_note_asks_no_chart(world: World) -> None:
    asked = world.credit(UA)
    world.decide(asked.exception, "approved", "ben")
    released = world.apply(asked.exception)
    chart_with(world, revenue={})
    assert world.apply(asked.exception) == released


def test_what_is_credited_to_be_billed_again_is_on_the_next_invoice(world: World) -> None:
    contract = world.directory.contracts("UA")[-1]
    document = contract.model_dump(mode="json")
    for charge in document["charges"]:
        if charge["id"] == "platform":
            charge["price"]["amount"] = "2000"
    policy = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {"credit_percent": "100000"}}
    world.publish(Policy.model_validate(policy))
    world.credit_and_approve(UA, rebill=True)
    world.publish(Contract.model_validate({**document, "version": 2}))
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.bill(period=FEBRUARY)
    world.approve_all(period=FEBRUARY)
    lines = {line.priced.id: line.amounts.net.text for line in world.invoice(f"{INC}.{FEBRUARY}.UA").lines}
    assert lines["difference:platform:2013-01"] == lines["difference:platform:2013-02"] == "2000.00"
    assert lines["platform:2013-03"] == "2000.00"
    world.post_all(period=FEBRUARY)
    proof = prove_run(f"{INC}-{FEBRUARY}-001", stores=world.stores())
    assert proof.holds, proof.differences


def test_a_credit_that_is_not_to_be_billed_again_stays_a_credit(world: World) -> None:
    world.credit_and_approve(UA)
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.bill(period=FEBRUARY)
    lines = world.invoice(f"{INC}.{FEBRUARY}.UA").lines
    assert not [line for line in lines if line.priced.adjusts is not None]


def test_the_statement_knows_what_was_credited(world: World) -> None:
    world.credit_and_approve(UA, lines=[{"line": "platform:2013-01", "amount": "500"}])
    statement = balance_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    assert statement.balances
    mine = next(each for each in statement.accounts if each.account == "UA")
    (equation,) = [each for each in mine.equations if each.code == "receivables posted"]
    assert equation.parts["credited or written off"] == 500
    assert prove_run(f"{INC}-{JANUARY}-001", stores=world.stores()).holds


def test_a_credit_note_is_drawn_as_one(world: World) -> None:
    credit = world.credit_and_approve(UA, refund=True)
    released = world.register.released(credit.id)
    assert released is not None
    assert render_invoice(credit, released).startswith(b"%PDF-")
    assert credit.refund
    deliver_invoice(
        invoice_id=credit.id,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=lambda _invoice, _released: b"%PDF-",
        mailer=world.mailer,
        sender="billing@skymeter.example",
        electronic=world.einvoices,
    )
    assert b"Subject: Credit note SKY-US-CN-2013-000001" in world.mailer.sent[-1][1]


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(min_value=1, max_value=99_999), min_size=1, max_size=5))
def test_any_parts_and_the_rest_come_to_nothing_with_their_tax(cuts: list[int]) -> None:
    world = World(accounts={"US"})
    address = world.directory.legal_entity(EUROPE).address
    account = world.directory.account("US")
    assert account is not None
    world.publish(account.model_copy(update={"version": 2, "address": address}))
    world.ingest([flight(number, account="US") for number in range(7)])
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    invoice = world.invoice(US)
    assert invoice.totals.tax.amount > 0
    line = max(invoice.lines, key=lambda each: each.amounts.net.amount)
    left = line.amounts.net.amount
    for number, cut in enumerate(cuts):
        amount = min(Decimal(cut) / 100, left)
        if amount > 0:
            world.credit_and_approve(US, f"C-{number}", lines=[{"line": line.priced.id, "amount": f"{amount:f}"}])
            left -= amount
    if world.net_of_credits(US)[0]:
        world.credit_and_approve(US, "rest")
    assert world.net_of_credits(US) == [0, 0, 0]
    taxes = total((each.amounts.tax for each in invoice.lines), "EUR")
    assert taxes == Money.of(invoice.totals.tax.amount, "EUR")


CHARTS = {
    "an account for bad debt": ("uncollectible", {"bad_debt": "6500"}),
    "another receivable": ("billing_error", {"receivable": "1200"}),
}


@pytest.mark.parametrize(("reason", "accounts"), CHARTS.values(), ids=CHARTS)
def test_what_is_posted_by_a_later_chart_is_proved_with_it(reason: str, accounts: dict[str, Any], world: World) -> None:
    """The proof of the month stopped at a write-off, and took a credit note for a changed posting."""
    run = f"{INC}-{JANUARY}-001"
    world.post_all()
    chart_with(world, **accounts)
    note = world.credit_and_approve(UA, reason=reason)
    assert prove_run(run, stores=world.stores()).differences == ()
    number = world.posted(note.id).external_reference
    changed = next(
        key for key in world.records["ledger"].items if key.sort.startswith(number) or number in key.partition
    )
    lines = [dict(line) for line in world.records["ledger"].items[changed]["lines"]]
    lines[0]["account"] = "9999"
    world.records["ledger"].items[changed] = {**world.records["ledger"].items[changed], "lines": lines}
    proof = prove_run(run, stores=world.stores())
    assert ("posting_differs", number) in {(difference.kind, difference.where) for difference in proof.differences}


def test_an_invoice_that_is_posted_by_a_later_chart_is_proved_with_it() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    world.bill()
    chart_with(world, receivable="1200")
    world.post_all()
    assert world.posted(UA).totals.keys() >= {"1200"}
    assert prove_run(f"{INC}-{JANUARY}-001", stores=world.stores()).differences == ()
