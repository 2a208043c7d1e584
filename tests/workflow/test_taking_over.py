"""Taking over a running business: balances and numbers go on where the system of before stopped, and are proved.

                     2012-12-31    2013-01                       2013-02
receivable             1,330.50    + 35.00 - 12.00 = 1,353.50    + 30.00
deferred revenue         100.00    - 33.33                       - 33.34
customer's balance        12.00    - 12.00 = 0.00
next number                  42    42                            43
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billproof.approvals.policy import Policy
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.erp.port import PostedDocument
from billproof.erp.recognition import waterfall
from billproof.errors import Conflict, InvalidInput, NotAllowed, NotFound
from billproof.invoicing.series import Series, SeriesKind
from billproof.money import Money
from billproof.periods import Period
from billproof.pipeline.artefacts import DRAFTED, RUN_PLAN, Artefacts
from billproof.proof.service import prove_run
from tests.support.balances import events
from tests.support.taken_over import confirm, opening, propose, publish_entity, running_business, take_over
from tests.support.world import INC, JANUARY, World, flight

FEBRUARY = "2013-02"
ONLY_NUMBERS: dict[str, Any] = {"receivables": [], "deferred": [], "balances": []}
NUMBERS_CONTROL = {"kind": "numbers", "count": 1}
INVOICE = f"{INC}.2013-01.UA"


@pytest.fixture
def world() -> World:
    return running_business()


def bill(world: World, period: str = JANUARY, *, now: datetime | None = None) -> str:
    """Bill a month, post it, and return the run."""
    world.moment = now or world.moment
    run = world.bill(INC, period).run
    world.post_all(INC, period)
    return run


def findings(world: World, run: str) -> dict[str, str]:
    """Return what the controls found in a run."""
    artefacts = Artefacts(world.objects)
    drafts = [
        draft for batch in artefacts.read(RUN_PLAN, run).batches for draft in artefacts.read(DRAFTED, run, batch).drafts
    ]
    return {finding.code: finding.message for draft in drafts for finding in draft.findings}


def ledger(world: World, month: str) -> list[str]:
    """Return what the ledger holds of a month, a line for each entry."""
    return sorted(_said(document) for document in world.ledger.of_period(INC, Period.month(month)))


def _said(document: PostedDocument) -> str:
    amounts = " ".join(f"{account} {amount.text}" for account, amount in sorted(document.totals.items()))
    return f"{document.document_date} {document.external_reference}: {amounts}"


def test_the_first_month_after_a_take_over_draws_numbers_on_reconciles_and_is_proved(world: World) -> None:
    state = take_over(world)
    assert (state.outcome, state.proposed_by, state.confirmed_by) == ("in_effect", "carla", "ben")
    assert ledger(world, "2012-12") == [
        "2012-12-31 OPENING-skymeter-inc-BALANCES: 2300 -12.00 3990 12.00",
        "2012-12-31 OPENING-skymeter-inc-DEFERRED: 2400 -100.00 3990 100.00",
        "2012-12-31 OPENING-skymeter-inc-RECEIVABLES: 1100 1330.50 3990 -1330.50",
    ]
    world.ingest(events(5))
    run = bill(world)
    released = world.register.released(INVOICE)
    assert released is not None
    assert (released.number, str(released.receivable.amount)) == ("SKY-US-2013-000042", "23.00 USD")
    assert world.recognize(JANUARY).earned == Money.of("33.33", "USD")
    assert world.recognize(JANUARY).posted == 0
    proof = prove_run(run, stores=world.stores())
    assert proof.differences == ()
    statement = {equation.code: equation for equation in balance_run(run, stores=world.stores()).equations}
    assert [str(statement[f"opening {kind}"].total) for kind in ("receivables", "deferred", "balances")] == [
        "1330.50",
        "100.00",
        "12.00",
    ]
    assert statement["opening receivables"].parts == {"posted": Decimal("1330.50"), "not posted": 0}
    assert proof.checked.postings == 1 + 3  # the invoice, and three opening entries
    reconciled = world.reconcile(INC, JANUARY)
    assert (reconciled.variances, reconciled.outcome) == ((), "balanced")
    assert world.reconcile(INC, "2012-11").variances == ()  # which looks through December
    run = bill(world, FEBRUARY, now=datetime(2013, 3, 2, 12, tzinfo=UTC))
    assert world.recognize(FEBRUARY).earned == Money.of("33.34", "USD")
    assert world.register.numbers_taken(Series(INC, "SKY-US", date(2013, 3, 1))) == 43
    assert prove_run(run, stores=world.stores()).differences == ()
    assert world.reconcile(INC, FEBRUARY).variances == ()


def test_what_was_deferred_is_in_the_waterfall_from_the_day_before_the_first_period_on(world: World) -> None:
    take_over(world)
    rows = waterfall(
        legal_entity=INC,
        first="2012-12",
        months=4,
        directory=world.directory,
        register=world.register,
        objects=world.objects,
    )
    assert [(row.month, row.opening.text, row.deferred.text, row.earned.text, row.closing.text) for row in rows] == [
        ("2012-12", "0.00", "100.00", "0.00", "100.00"),
        ("2013-01", "100.00", "0.00", "33.33", "66.67"),
        ("2013-02", "66.67", "0.00", "33.34", "33.33"),
        ("2013-03", "33.33", "0.00", "33.33", "0.00"),
    ]


def test_it_takes_a_second_person_whose_limit_it_is_within(world: World) -> None:
    digest = propose(world, opening()).digest
    with pytest.raises(NotAllowed, match="somebody else must confirm"):
        confirm(world, digest, by="carla")
    with pytest.raises(NotAllowed, match="no person with this identity"):
        confirm(world, digest, by="mallory")
    with pytest.raises(NotFound, match="no such opening"):
        confirm(world, "0" * 64)
    with pytest.raises(NotAllowed, match="no person with this identity"):
        propose(world, opening(), by="mallory")
    assert world.ledger.entry(INC, "OPENING-skymeter-inc-DEFERRED") is None
    assert world.register.openings.in_effect(INC) is None
    assert confirm(world, digest, by="ben").outcome == "in_effect"


def test_what_is_booked_counts_against_the_limit_however_small_the_amount_is(world: World) -> None:
    receivable = opening().receivables[0].model_dump(mode="json") | {"currency": "EUR", "amount": "1.00"}
    for booked, is_within in (("8000.01", False), ("7999.00", True)):
        controls = [{"kind": "receivables", "currency": "EUR", "count": 1, "total": "1.00", "booked": booked}]
        rows = {**ONLY_NUMBERS, "receivables": [{**receivable, "booked": booked}], "numbers": []}
        digest = propose(world, opening(**rows, controls=controls), by="ben").digest
        if is_within:
            assert confirm(world, digest, by="ana").outcome == "in_effect"
        else:
            with pytest.raises(NotAllowed, match=r"8000\.01 USD is over the limit of ana"):
                confirm(world, digest, by="ana")


def test_the_same_again_changes_nothing_and_another_one_is_refused(world: World) -> None:
    state = take_over(world)
    facts = {name: len(records.items) for name, records in world.records.items()}
    assert propose(world, opening(), by="ana") == state
    assert confirm(world, state.digest) == state
    assert {name: len(records.items) for name, records in world.records.items()} == facts
    other = opening(balances=[], controls=[row.model_dump(mode="json") for row in opening().controls[:2]], numbers=[])
    with pytest.raises(Conflict, match="another opening of skymeter-inc is confirmed"):
        propose(world, other)


def test_of_two_that_are_proposed_one_is_confirmed(world: World) -> None:
    one = propose(world, opening()).digest
    receivables = [row.model_dump(mode="json") for row in opening().receivables[:1]]
    controls = [{"kind": "receivables", "currency": "USD", "count": 1, "total": "1250"}]
    two = propose(
        world, opening(receivables=receivables, deferred=[], balances=[], numbers=[], controls=controls)
    ).digest
    confirm(world, two)
    with pytest.raises(Conflict, match="another opening"):
        confirm(world, one)
    assert ledger(world, "2012-12") == [
        "2012-12-31 OPENING-skymeter-inc-RECEIVABLES: 1100 1250.00 3990 -1250.00",
    ]


def test_nothing_is_taken_over_once_documents_have_numbers(world: World) -> None:
    digest = propose(world, opening()).digest
    bill(world)
    with pytest.raises(Conflict, match="have numbers already"):
        confirm(world, digest)
    with pytest.raises(Conflict, match="have numbers already"):
        propose(world, opening())
    publish_entity(world, bills_from="2015-01-01")  # a later period makes it no other business
    with pytest.raises(Conflict, match="have numbers already"):
        propose(world, opening(first_period="2015-01", **ONLY_NUMBERS, numbers=[], controls=[]))


def test_what_died_after_the_confirmation_goes_on_when_it_is_confirmed_again(world: World) -> None:
    digest = propose(world, opening()).digest
    erp, world.erps = world.erps, {}
    with pytest.raises(InvalidInput, match="is not configured"):
        confirm(world, digest)
    assert ledger(world, "2012-12") == []
    world.ingest(events(1))
    world.erps = erp
    run = bill(world)
    kinds = {difference.kind for difference in prove_run(run, stores=world.stores()).differences}
    assert kinds == {"posting_differs"}
    causes = [variance.cause for variance in world.reconcile().variances]
    assert causes == ["opening_not_posted"] * 3
    assert confirm(world, digest).outcome == "in_effect"
    assert prove_run(run, stores=world.stores()).differences == ()
    assert world.reconcile().variances == ()


def test_the_legal_entity_bills_from_the_first_period_on_and_has_the_accounts(world: World) -> None:
    publish_entity(world, opening=None, bills_from="2013-02-01")
    with pytest.raises(InvalidInput) as refused:
        propose(world, opening())
    assert "skymeter-inc bills from 2013-02-01: publish it with bills_from 2013-01-01" in str(refused.value)
    assert "has no account `opening` to book against" in str(refused.value)


def test_the_first_invoice_draws_what_is_left_of_a_prepaid_credit(world: World) -> None:
    """Of 100.00, 63.00 are left: January draws 35.00, February the other 28.00 of 30.00."""
    contract = world.directory.contracts("UA")[0]
    prepaid = {"id": "prepaid", "name": "Prepaid", "amount": "100", "effective": {"start": "2012-01-01"}}
    credited = Contract.model_validate(contract.model_dump(mode="json") | {"version": 2, "credits": [prepaid]})
    world.publish(credited)
    left = {"account": "UA", "currency": "USD", "contract": "ua", "credit": "prepaid", "granted": "100", "amount": "63"}
    control = {"kind": "credits", "currency": "USD", "count": 1, "total": "63"}
    take_over(world, opening(**ONLY_NUMBERS, credits=[left], controls=[NUMBERS_CONTROL, control]))
    world.ingest(events(5))
    run = bill(world)
    assert world.invoice(INVOICE).totals.net == Money.of("0.00", "USD")
    assert [drawn.amount for drawn in world.invoice(INVOICE).credits_drawn] == [72]
    assert prove_run(run, stores=world.stores()).differences == ()
    run = bill(world, FEBRUARY, now=datetime(2013, 3, 2, 12, tzinfo=UTC))
    assert world.invoice(f"{INC}.2013-02.UA").totals.net == Money.of("2.00", "USD")
    assert prove_run(run, stores=world.stores()).differences == ()


def test_controls_compare_the_first_month_with_the_last_one_of_the_system_before(world: World) -> None:
    policy = world.directory.policy(INC)
    strict = policy.model_dump() | {"version": policy.version + 1, "thresholds": {"usage_drop_percent": "50"}}
    world.publish(Policy.model_validate(strict))
    of_ua = {"account": "UA", "meter": "flights_handled", "currency": "USD"}
    past = [
        {**of_ua, "month": "2012-11", "quantity": "4", "amount": "34"},
        {**of_ua, "month": "2012-12", "quantity": "20", "amount": "50"},
    ]
    control = {"kind": "history", "currency": "USD", "count": 2, "total": "84"}
    take_over(world, opening(**ONLY_NUMBERS, history=past, controls=[NUMBERS_CONTROL, control]))
    world.ingest(events(5))
    run = bill(world)
    assert findings(world, run) == {"usage_changed": "flights_handled dropped by 75 %: 20 in 2012-12, now 5"}
    assert prove_run(run, stores=world.stores()).differences == ()


def test_months_before_the_first_period_are_not_billed_and_usage_of_them_is_a_finding(world: World) -> None:
    """The contract is older than billproof: December is the other system's, and its late events are said to be."""
    contract = world.directory.contracts("UA")[0].model_dump(mode="json")
    since = {"start": "2012-06-01"}
    charges = [{**charge, "effective": since} for charge in contract["charges"]]
    older = contract | {"version": 2, "effective": since, "charges": charges}
    world.publish(Contract.model_validate(older))
    take_over(world)
    world.ingest([*events(5), flight(77, day="2012-12-20")])
    run = bill(world)
    assert findings(world, run).keys() == {"usage_without_invoice"}
    assert world.approve_all() == [f"{INC}.2013-01.UA.001"]
    world.post_all(INC, JANUARY)
    assert world.invoice(INVOICE).totals.net == Money.of("35.00", "USD")
    assert prove_run(run, stores=world.stores()).differences == ()


def test_zero_invoices_and_credit_notes_have_series_that_go_on_of_their_own(world: World) -> None:
    numbers = [
        {"series": "invoices", "year": 2013, "next": 42, "last_issued": "2013-01-02"},
        {"series": "credit_notes", "year": 2013, "next": 7, "last_issued": "2013-01-04"},
    ]
    controls = [row.model_dump(mode="json") for row in opening().controls[:3]] + [{"kind": "numbers", "count": 2}]
    take_over(world, opening(numbers=numbers, controls=controls))
    world.ingest(events(5))
    run = bill(world)
    world.credit_and_approve(INVOICE, refund=True)
    credited = world.register.released(f"{INVOICE}~01")
    assert credited is not None
    assert credited.number == "SKY-US-CN-2013-000007"
    assert world.register.invoice_numbered(INC, 2013, 41) is None
    assert world.register.invoice_numbered(INC, 2013, 42) == INVOICE
    assert world.register.invoice_numbered(INC, 2013, 7, SeriesKind.CREDIT_NOTES) == f"{INVOICE}~01"
    assert prove_run(run, stores=world.stores()).differences == ()
