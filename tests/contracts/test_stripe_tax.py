"""A legal entity whose tax is determined and declared by Stripe Tax: asked over HTTP, told each thing once."""

from typing import Any

import pytest

from billproof.adapters.stripe.tax import StripeTax
from billproof.contracts.model import Contract
from billproof.errors import Conflict, Contended, ExternalServiceUnavailable, InvalidInput
from billproof.findings import Finding
from billproof.invoicing.facts import DECLARED
from billproof.masterdata.parties import Account, TaxEngineName
from billproof.money import Money, Taxed, total
from billproof.pipeline.previewing import preview
from billproof.proof.service import prove_run
from billproof.proof.taxes import recalculate_tax
from billproof.tax.port import TaxTransaction
from billproof_ops.demo import story
from tests.support.stripe_server import FakeStripe
from tests.support.world import EUROPE, JANUARY, World, flight

pytestmark = pytest.mark.long

US = f"{EUROPE}.{JANUARY}.US"


DATA = story.master_data()


def world_of(stripe: FakeStripe | None, entity: str = EUROPE, **account: Any) -> World:
    """The world of the tests, but a legal entity asks Stripe; US is in Germany, as the European one is."""
    world = World(master_data=False)
    world.publish(*DATA.meters, *DATA.policies)
    for each in DATA.legal_entities:
        engine = TaxEngineName.STRIPE if each.id == entity else TaxEngineName.RULES
        world.publish(each.model_copy(update={"tax_engine": engine}))
    for known in DATA.accounts:
        world.publish(Account.model_validate({**known.model_dump(), **account}) if known.id == "US" else known)
    world.publish(*DATA.contracts)
    world.ingest([flight(number, account="US") for number in range(7)])
    if stripe is not None:
        world.tax_engines[TaxEngineName.STRIPE] = StripeTax("sk_test", base=stripe.base)
    return world


def bill(world: World, entity: str = EUROPE) -> tuple[Finding, ...]:
    findings = world.bill(entity).findings
    world.approve_all(entity)
    return findings


def test_the_invoice_bears_what_stripe_says_and_posting_declares_it_once(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    invoice = world.invoice(US)
    assert invoice.totals.tax == Money.of("913.20", "EUR")  # 19 % of 4,806.30, once
    assert total((line.amounts.tax for line in invoice.lines), "EUR") == invoice.totals.tax
    (calculation,) = invoice.tax_calculations.values()
    assert calculation in stripe.calculations
    assert all(line.determination.source == f"Stripe Tax, {calculation}" for line in invoice.lines)
    assert stripe.transactions == {}  # nothing is declared before it is posted
    for _ in range(2):
        world.post_all(EUROPE)
    released = world.register.released(US)
    assert released is not None
    assert f"{released.number}/US" in stripe.transactions
    # AA and DL pay a fee for February in advance and usage of January: each has two tax points
    assert len(stripe.transactions) == len(stripe.calculations) == 5
    assert world.reconcile(EUROPE).variances == ()


def test_the_proof_takes_what_was_written_down_and_asks_nobody(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    world.post_all(EUROPE)
    world.tax_engines.clear()
    proof = prove_run(f"{EUROPE}-{JANUARY}-001", stores=world.stores())
    assert proof.holds, proof.differences
    with pytest.raises(InvalidInput, match="was taxed by stripe, which is not asked again"):
        recalculate_tax(US, stores=world.stores())


def test_credit_notes_take_back_what_was_declared_to_the_cent(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    world.post_all(EUROPE)
    line = world.invoice(US).lines[0].priced.id
    for number in range(3):
        world.credit_and_approve(US, f"C-{number}", lines=[{"line": line, "amount": "333.33"}])
    world.credit_and_approve(US, "rest")
    assert world.net_of_credits(US) == [0, 0, 0]
    released = world.register.released(US)
    assert released is not None
    declared = stripe.transactions[f"{released.number}/US"]
    parts = [declared, *stripe.reversals(declared["id"])]
    assert len(parts) == 5
    for name in ("amount", "amount_tax"):
        assert sum(each["line_items"]["data"][0][name] for each in parts) == 0


def test_two_tax_points_are_two_calculations_and_a_credit_note_takes_back_both(stripe: FakeStripe) -> None:
    """AA's fee is for February, in advance, and asked for at the day of the invoice; its usage is of January."""
    world = world_of(stripe)
    world.ingest([flight(number, account="AA", day="2013-01-06") for number in range(7)])
    bill(world)
    world.post_all(EUROPE)
    invoice = f"{EUROPE}.{JANUARY}.AA"
    days = sorted({line.determination.tax_point.isoformat() for line in world.invoice(invoice).lines})
    assert days == ["2013-01-31", "2013-02-01"]
    assert set(world.invoice(invoice).tax_calculations) == {f"AA@{day}" for day in days}
    released = world.register.released(invoice)
    assert released is not None
    world.credit_and_approve(invoice)
    for day in days:
        declared = stripe.transactions[f"{released.number}/AA@{day}"]
        parts = [declared, *stripe.reversals(declared["id"])]
        assert len(parts) == 2
        assert sum(part["line_items"]["data"][0]["amount"] for part in parts) == 0


def test_a_write_off_leaves_the_tax_declared(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    entity = world.directory.legal_entity(EUROPE)
    chart = entity.chart_of_accounts.model_copy(update={"bad_debt": "6500"})
    world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    bill(world)
    world.post_all(EUROPE)
    before = dict(stripe.transactions)
    world.credit_and_approve(US, reason="uncollectible")
    assert stripe.transactions == before


def test_a_credit_note_waits_until_its_invoice_is_declared(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    asked = world.credit(US)
    world.decide(asked.exception, "approved", "ben")
    world.apply(asked.exception)
    with pytest.raises(Contended, match="is not declared yet"):
        world.post(asked.document)
    world.post(US)
    world.post(asked.document)


@pytest.mark.parametrize("after_effect", [False, True])
def test_while_stripe_fails_nothing_is_declared_and_afterwards_it_is_declared_once(
    stripe: FakeStripe, *, after_effect: bool
) -> None:
    world = world_of(stripe)
    bill(world)
    stripe.failing, stripe.after_effect = 50, after_effect
    with pytest.raises(ExternalServiceUnavailable, match="Stripe Tax"):
        world.post(US)
    released = world.register.released(US)
    assert released is not None
    assert world.register.fact(US, DECLARED) is None
    assert world.ledger.find(EUROPE, released.number) == []
    stripe.failing = 0
    world.post(US)
    assert [name for name in stripe.transactions if name.endswith("/US")] == [f"{released.number}/US"]
    assert len(world.ledger.find(EUROPE, released.number)) == 1


def test_a_short_failure_is_not_even_noticed(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    stripe.failing = 1
    assert [each for each in bill(world) if each.code == "undetermined_tax"] == []


def test_a_preview_asks_and_declares_nothing(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    (found,) = preview(
        legal_entity=EUROPE, period=JANUARY, accounts=["US"], sources=world.preview_sources(), now=world.now()
    )
    assert found.invoice is not None
    assert found.invoice.totals.tax == Money.of("913.20", "EUR")
    assert stripe.transactions == {}


def test_a_run_that_cannot_ask_is_tried_again(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    stripe.failing = 1_000
    with pytest.raises(ExternalServiceUnavailable):
        world.bill(EUROPE)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"address": {**DATA.accounts[0].address.model_dump(), "country": "BR"}}, "does not know what is due in BR"),
    ],
)
def test_what_stripe_does_not_know_is_never_a_zero_rate(stripe: FakeStripe, account: dict[str, Any], said: str) -> None:
    world = world_of(stripe, **account)
    (found,) = [each for each in bill(world) if each.account == "US" and each.code == "undetermined_tax"]
    assert said in found.message


def test_an_engine_that_is_not_set_up_holds_the_invoice() -> None:
    world = world_of(None)
    found = [each.message for each in bill(world) if each.code == "undetermined_tax"]
    assert f"{EUROPE} has its tax determined by stripe, which is not set up" in found


def test_an_engine_that_is_gone_when_it_is_posted_is_for_a_person(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    world.tax_engines.clear()
    with pytest.raises(InvalidInput, match="the tax engine stripe is not set up"):
        world.post(US)


def test_prices_that_include_tax_are_not_asked_about(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    contract = world.directory.contracts("US")[0]
    world.publish(contract.model_copy(update={"version": 2, "prices_include_tax": True}))
    assert any("is asked for the tax on net prices only" in each.message for each in bill(world))


def test_discounts_share_the_tax_and_an_empty_invoice_asks_nothing(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    contract = world.directory.contracts("US")[0]
    half = {"id": "half", "name": "Half", "percent": "50", "effective": {"start": "2013-01-01"}}
    world.publish(Contract.model_validate({**contract.model_dump(mode="json"), "version": 2, "discounts": [half]}))
    bill(world)
    invoice = world.invoice(US)
    assert any(line.amounts.net.amount < 0 for line in invoice.lines)
    asked = sorted(each["line_items"]["data"][0]["amount"] for each in stripe.calculations.values())
    assert 240315 in asked
    assert invoice.totals.tax == Money.of("456.60", "EUR")


def test_a_reversal_of_more_than_is_left_is_refused(stripe: FakeStripe) -> None:
    world = world_of(stripe)
    bill(world)
    world.post(US)
    declared = world.register.fact(US, DECLARED)
    assert declared is not None
    (known,) = declared["transactions"].values()
    amounts = Taxed.of(Money.of("-9999", "EUR"), Money.of("-1", "EUR"))
    with pytest.raises(Conflict, match="more than is left"):
        world.tax_engines[TaxEngineName.STRIPE].void(
            TaxTransaction.model_validate(known), reference="x", amounts=amounts
        )
