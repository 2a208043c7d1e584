"""Invoices in another currency than the books: converted once, at a dated rate with its source, balanced in both."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.adapters.typst.pdf import render_invoice
from billproof.approvals.policy import Policy
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.erp.recognition import recognize_month, waterfall
from billproof.invoicing.model import Invoice
from billproof.ledger.revenue import revenue_reference
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.service import sync_contract
from billproof.money import Money, Rounding, Taxed, total
from billproof.pipeline.simulating import simulate
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.charges import fee, miles
from tests.support.dollars import US, billed_in_dollars, world_in_dollars
from tests.support.exchange_rates import ECB, rate
from tests.support.lives import ADVANCE, Life
from tests.support.world import EUROPE, INC, JANUARY, World


def test_it_is_in_its_own_currency_and_booked_in_the_books() -> None:
    world = billed_in_dollars(rate())
    invoice = world.invoice(US)
    assert invoice.currency == "USD"
    assert invoice.totals.tax.amount > 0
    assert invoice.exchange == rate()
    for name in ("net", "tax"):
        whole = getattr(invoice.totals, name).amount / Decimal("1.3550")
        assert getattr(invoice.in_books, name) == Money.rounded(whole, "EUR", Rounding.HALF_UP)
        for line in invoice.lines:
            exact = getattr(line.amounts, name).amount / Decimal("1.3550")
            assert abs(getattr(line.in_books, name).amount - exact) < Decimal("0.01")
    assert invoice.in_books == Taxed.total([line.in_books for line in invoice.lines], "EUR")
    assert f"1 EUR = 1.355 USD, {ECB}, 2013-01-31" in invoice.notes[-1]
    assert invoice.in_books.tax.text in invoice.notes[-1]


def test_the_books_hold_the_books_currency_and_balance() -> None:
    world = billed_in_dollars(rate())
    released = world.register.released(US)
    assert released is not None
    entry = world.ledger.entry(EUROPE, released.number)
    assert entry is not None
    assert (entry.currency, entry.document_amount) == ("EUR", released.document.totals.gross)
    assert (
        entry.on(world.directory.legal_entity(EUROPE).chart_of_accounts.receivable) == released.document.in_books.gross
    )
    assert world.reconcile(EUROPE).variances == ()
    proof = prove_run(f"{EUROPE}-{JANUARY}-001", stores=world.stores())
    assert proof.holds, proof.differences


def test_the_run_states_each_currency_apart() -> None:
    world = world_in_dollars(rate())
    statement = world.bill(EUROPE)
    assert "EUR" in statement.totals
    held = {finding.amount_at_risk.currency for finding in statement.findings if finding.amount_at_risk}
    assert held | set(statement.totals) == {"EUR", "USD"}


@pytest.mark.parametrize(
    "rates",
    [
        (),
        (rate(day="2013-01-24"),),  # older than the policy allows
        (rate(day="2013-02-03"),),  # not known yet
        (rate(pair="EUR-GBP"),),
    ],
)
def test_without_a_rate_the_invoice_waits(rates: tuple[ExchangeRate, ...]) -> None:
    world = world_in_dollars(*rates)
    statement = world.bill(EUROPE)
    (found,) = [each for each in statement.findings if each.account == "US" and each.code == "unpriceable_charge"]
    assert "no rate of USD in EUR of 2013-02-01, nor of the 7 days before it" in found.message
    world.publish(rate())
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    assert world.invoice(US).exchange == rate()


def test_the_last_rate_on_or_before_the_issue_date_counts() -> None:
    world = billed_in_dollars(
        rate("1.2", "2013-01-28"),
        rate("1.3", "2013-01-31"),
        rate("1.4", "2013-01-31", version=2),
        rate("1.5", "2013-02-02"),
    )
    assert world.invoice(US).exchange == rate("1.4", "2013-01-31", version=2)
    other = billed_in_dollars(rate("0.75", "2013-01-31", pair="USD-EUR"), rate("9", "2013-01-31"))
    assert other.invoice(US).exchange == rate("0.75", "2013-01-31", pair="USD-EUR")


def test_a_credit_note_keeps_the_rate_and_both_come_to_nothing_in_the_books() -> None:
    world = billed_in_dollars(rate())
    world.publish(rate("2", "2013-02-02"))
    first = world.invoice(US).lines[0].priced.id
    for number in range(3):
        world.credit_and_approve(US, f"C-{number}", lines=[{"line": first, "amount": "33.33"}])
    world.credit_and_approve(US, "rest")
    documents = [world.invoice(US), *(world.invoice(f"{US}~{number:02d}") for number in range(1, 5))]
    for name in ("net", "tax", "gross"):
        assert sum(getattr(each.totals, name).amount for each in documents) == 0
        assert sum(getattr(each.in_books, name).amount for each in documents) == 0
    assert {each.exchange for each in documents} == {rate()}
    assert world.reconcile(EUROPE).variances == ()


def test_a_write_off_gives_up_what_the_books_hold() -> None:
    world = world_in_dollars(rate())
    entity = world.directory.legal_entity(EUROPE)
    chart = entity.chart_of_accounts.model_copy(update={"bad_debt": "6500"})
    world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    world.post_all(EUROPE)
    gone = world.credit_and_approve(US, reason="uncollectible")
    assert gone.in_books.gross == -world.invoice(US).in_books.gross
    assert world.posted(gone.id).on("6500") == world.invoice(US).in_books.gross


def test_revenue_is_deferred_and_earned_in_the_books() -> None:
    world = billed_in_dollars(rate())
    invoice = world.invoice(US)
    fields: dict[str, Any] = {
        "legal_entity": EUROPE,
        "directory": world.directory,
        "register": world.register,
        "objects": world.objects,
    }
    earned = recognize_month(month="2013-02", erps=world.erps, **fields).earned
    (january, february) = waterfall(first=JANUARY, months=2, **fields)
    assert january.closing.currency == "EUR"
    assert earned == february.earned
    assert earned.amount > 0
    chart = world.directory.legal_entity(EUROPE).chart_of_accounts
    released = world.register.released(US)
    assert released is not None
    earned_later = world.ledger.find(EUROPE, revenue_reference(released.number, "2013-02"))
    booked = [
        document.on(account) for document in (world.posted(US), *earned_later) for account in chart.revenue.values()
    ]
    assert -total(booked, "EUR") == invoice.in_books.net


def test_one_invoice_is_in_one_currency() -> None:
    world = world_in_dollars(rate())
    contract = world.directory.contracts("US")[0]
    world.publish(contract.model_copy(update={"id": "other", "currency": "EUR"}))
    statement = world.bill(EUROPE)
    (found,) = [each for each in statement.findings if each.code == "unpriceable_charge"]
    assert found.message == "contracts of US are in EUR and USD: an invoice has one currency"


def test_an_invoice_that_cannot_be_priced_again_still_balances() -> None:
    world = billed_in_dollars(rate())
    contract = world.directory.contracts("US")[0]
    world.publish(contract.model_copy(update={"id": "other", "currency": "EUR"}))
    world.bill(EUROPE)
    run = f"{EUROPE}-{JANUARY}-002"
    assert balance_run(run, stores=world.stores()).balances
    proof = prove_run(run, stores=world.stores())
    assert proof.holds, proof.differences


def test_the_policys_limit_is_met_in_the_books_where_the_currency_has_none() -> None:
    world = world_in_dollars(rate())
    policy = world.directory.policy(EUROPE).model_dump(mode="json")
    policy["thresholds"]["invoice_limit"] = {"EUR": "1"}
    world.publish(Policy.model_validate({**policy, "version": 2}))
    found = [each for each in world.bill(EUROPE).findings if each.account == "US"]
    assert [each.code for each in found] == ["invoice_over_limit"]
    assert found[0].message.endswith("EUR net, the limit is 1 EUR")


def test_a_rate_that_was_tampered_with_is_a_difference() -> None:
    world = billed_in_dollars(rate())
    (key,) = [key for key in world.records["contracts"].items if key.partition == "rates#EUR-USD"]
    world.records["contracts"].items[key] = rate("1.2").model_dump(mode="json")
    proof = prove_run(f"{EUROPE}-{JANUARY}-001", stores=world.stores())
    assert [difference.kind for difference in proof.differences] == [DifferenceKind.TERMS]


def test_a_simulation_compares_in_the_books() -> None:
    world = world_in_dollars(rate())
    contract = world.directory.contracts("US")[0]
    document = contract.model_dump(mode="json")
    for charge in document["charges"]:
        if charge["price"]["model"] == "one_off":
            charge["price"]["amount"] = str(Decimal(charge["price"]["amount"]) + Decimal("13.55"))
    dearer = Contract.model_validate({**document, "version": 2})
    found = simulate(
        legal_entity=EUROPE, period=JANUARY, changes=[dearer], sources=world.preview_sources, now=world.now()
    )
    assert found.before.currency == found.after.currency == "EUR"
    assert found.difference == Money.of(10, "EUR")


def test_it_is_drawn_with_its_rate() -> None:
    world = billed_in_dollars(rate())
    released = world.register.released(US)
    assert released is not None
    assert render_invoice(world.invoice(US), released).startswith(b"%PDF-")


def test_an_invoice_whose_books_do_not_add_up_cannot_be_made() -> None:
    invoice = billed_in_dollars(rate()).invoice(US)
    for changes in ({"booked": None}, {"exchange": None}, {"booked": invoice.totals}):
        with pytest.raises(ValidationError):
            Invoice.model_validate({**dict(invoice), **changes})


def test_rates_come_through_the_queue_of_master_data() -> None:
    world = World(master_data=False)
    assert sync_contract(rate().model_dump_json(), directory=world.directory).outcome == "stored"
    assert sync_contract(rate().model_dump_json(), directory=world.directory).outcome == "known"
    assert world.directory.rate("USD", "EUR", on=date(2013, 2, 1), days=7) == rate()


def test_what_is_taken_back_at_another_rate_is_booked_at_the_rate_that_billed_it() -> None:
    """310.00 EUR for February at 1.30 are 403.00 USD; taken back at the end of February, when a euro is 1.50 USD."""
    ended = {"effective": {"start": "2013-01-01", "end": "2013-02-01"}}
    life = Life(fee("310", **ADVANCE), currency="EUR")
    life.world.publish(rate("1.30", "2013-01-31"), rate("1.50", "2013-02-28"))
    life.bill(1)
    life.publish("2013-01-01", fee("310", **ADVANCE, **ended), miles("1"), currency="EUR")
    life.use("2013-02-05", "100")
    assert life.bill(2) == {"miles:2013-02": "100.00", "difference:fee:2013-02": "-310.00"}
    booked = [
        {line.priced.id: line.in_books.net.text for line in life.world.invoice(f"{INC}.2013-0{number}.UA").lines}
        for number in (1, 2)
    ]
    assert booked == [
        {"fee:2013-01": "403.00", "fee:2013-02": "403.00"},
        {"miles:2013-02": "150.00", "difference:fee:2013-02": "-403.00"},
    ]
