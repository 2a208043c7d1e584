"""Receipts in the books: posted once, reconciled both ways, and in the statement of the run that billed them."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from billproof.conservation.cash import cash_statement
from billproof.conservation.service import balance_run
from billproof.errors import ExternalServiceUnavailable, NotFound
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import (
    PaymentOutcome,
    ReceiptArrived,
    book_receipt,
    read_payment_event,
)
from billproof.reconciliation.model import Cause
from tests.support.balances import JAN
from tests.support.cash import (
    arrival,
    by_number,
    cash_world,
    number_of,
    open_of,
    receipt,
    receivables_of,
    sources,
    told,
    usd,
)
from tests.support.fakes import MemoryQueue
from tests.support.world import INC, World


def of_run(world: World, code: str) -> dict[str, str]:
    statement = balance_run(f"{INC}-{JAN}-001", stores=world.stores())
    assert statement.balances
    (equation,) = (equation for equation in statement.equations if equation.code == code)
    return {name: str(value) for name, value in equation.parts.items() if value}


def test_a_receipt_is_booked_once_however_often_it_is_told_and_reconciles() -> None:
    world = cash_world(JAN)
    body = arrival("20", remittance=number_of(world, JAN))
    first = told(world, body)
    assert first == told(world, body)
    assert (first.outcome, first.entries) == (PaymentOutcome.APPLIED, 2)
    assert len(list(world.ledger.of_period(INC, world.register.released(f"{INC}.{JAN}.UA").period.next()))) == 3  # type: ignore[union-attr]
    assert world.reconcile(period=JAN).variances == ()
    assert of_run(world, "receivables posted") == {"paid": "20.00", "open": "10.00"}


def test_what_the_erp_lost_or_never_got_is_a_variance() -> None:
    world = cash_world(JAN)
    taken = told(world, arrival("30", remittance=number_of(world, JAN)))
    lost = [key for key in world.records["ledger"].items if key.sort.startswith(taken.id) and key.sort != taken.id]
    for key in lost:
        del world.records["ledger"].items[key]
    assert [variance.cause for variance in world.reconcile(period=JAN).variances] == [Cause.CASH_NOT_POSTED]
    intents = [key for key in world.records["payments"].items if key.partition.startswith("cash-entries#")]
    for key in intents:
        del world.records["payments"].items[key]
    causes = [variance.cause for variance in world.reconcile(period=JAN).variances]
    assert causes.count(Cause.CASH_NOT_POSTED) == 2


def test_an_erp_that_does_not_answer_leaves_a_receipt_that_the_next_delivery_books() -> None:
    world = cash_world(JAN)
    body, post = arrival("30", remittance=number_of(world, JAN)), world.ledger.post

    def posts_and_dies(entry: object) -> object:
        post(entry)  # type: ignore[arg-type]
        message = "no answer"
        raise ExternalServiceUnavailable(message)

    world.ledger.post = posts_and_dies  # type: ignore[method-assign, assignment]
    for _ in range(2):
        with pytest.raises(ExternalServiceUnavailable):
            told(world, body)
    world.ledger.post = post  # type: ignore[method-assign]
    assert told(world, body).entries == 2
    assert open_of(world, JAN) == usd(0)
    assert world.reconcile(period=JAN).variances == ()


def test_a_person_decides_and_the_books_follow_by_a_message() -> None:
    world, queue = cash_world(JAN), MemoryQueue()
    unknown = told(world, arrival("42"))
    assert unknown.outcome is PaymentOutcome.PROPOSED
    wanted = ReceiptDecision.model_validate(
        {
            "legal_entity": INC,
            "receipt": unknown.id,
            "verdict": "applied",
            "reason": "they called",
            "account": "UA",
            "pays": [{"number": number_of(world, JAN), "amount": "30"}],
        }
    )
    decided = decide_receipt(wanted, decided_by="ben", sources=sources(world), events=queue)
    assert (decided.status, decided.applied, decided.unapplied) == (ReceiptStatus.PART_APPLIED, usd(30), usd(12))
    (body,) = queue.bodies
    assert told(world, body).entries == 2
    assert of_run(world, "receivables posted") == {"paid": "30.00"}
    undone = {"legal_entity": INC, "receipt": unknown.id, "verdict": "reversed", "reason": "it was another customer's"}
    back = decide_receipt(
        ReceiptDecision.model_validate(undone), decided_by="ben", sources=sources(world), events=queue
    )
    assert back.status is ReceiptStatus.NEW
    told(world, queue.bodies[-1])
    assert of_run(world, "receivables posted") == {"open": "30.00"}
    refund = {**undone, "verdict": "refunded", "amount": "42", "reason": "sent back by transfer 17"}
    for _ in range(2):
        refunded = decide_receipt(
            ReceiptDecision.model_validate(refund), decided_by="ben", sources=sources(world), events=queue
        )
        assert refunded.unapplied == usd(0)
    told(world, queue.bodies[-1])
    assert world.reconcile(period=JAN).variances == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "applied"},
        {"verdict": "reversed", "account": "UA"},
        {"verdict": "returned"},
        {"verdict": "reversed", "amount": "1"},
        {"verdict": "refunded", "amount": "1", "pays": [{"number": "N", "amount": "1"}]},
        {"verdict": "reversed", "receipt": "R1"},
        {"verdict": "reversed", "reason": "x"},
    ],
)
def test_a_decision_says_what_its_verdict_needs(fields: dict[str, object]) -> None:
    whole = {"legal_entity": INC, "receipt": f"R{'0' * 24}", "reason": "they called"}
    with pytest.raises(ValidationError):
        ReceiptDecision.model_validate({**whole, **fields})


def test_a_returned_receipt_is_told_by_its_source() -> None:
    world = cash_world(JAN)
    taken = told(world, arrival("30", remittance=number_of(world, JAN)))
    source = receipt(usd(30)).source
    returned = (
        f'{{"kind": "returned", "legal_entity": "{INC}", "channel": "bank", "source": "{source}", "original": "1",'
        ' "reference": "r-9", "amount": {"amount": "30.00", "currency": "USD"}}'
    )
    assert told(world, returned).outcome is PaymentOutcome.RETURNED
    assert told(world, returned).id == taken.id
    assert open_of(world, JAN) == usd(30)
    assert world.reconcile(period=JAN).variances == ()
    with pytest.raises(NotFound):
        told(world, returned.replace('"original": "1"', '"original": "2"'))


def test_the_statement_of_cash_sees_what_one_side_lost() -> None:
    world = cash_world(JAN)
    told(world, arrival("30", remittance=number_of(world, JAN)))
    assert cash_statement(receivables_of(world), world.dispute_book).balances
    key = next(key for key in world.records["payments"].items if key.partition.startswith("cash#"))
    kept = world.records["payments"].items.pop(key)
    assert not cash_statement(receivables_of(world), world.dispute_book).balances
    world.records["payments"].items[key] = kept
    use = next(key for key in world.records["payments"].items if key.sort.startswith("use#"))
    del world.records["payments"].items[use]
    assert not cash_statement(receivables_of(world), world.dispute_book).balances


def test_a_crash_between_the_receipt_and_its_books_is_a_variance_until_it_is_told_again() -> None:
    world = cash_world(JAN)
    body = arrival("30", remittance=number_of(world, JAN))
    event = read_payment_event(body)
    assert isinstance(event, ReceiptArrived)
    desk = sources(world).desk(INC)
    state = desk.take(event.receipt, by_number, world.directory.policy(INC).matching)
    causes = [variance.cause for variance in world.reconcile(period=JAN).variances]
    assert causes == [Cause.CASH_NOT_POSTED] * 2
    assert book_receipt(state, desk.entity, world.cash_sources(), world.erps) == 2
    assert world.reconcile(period=JAN).variances == ()


def test_a_decision_whose_message_was_lost_is_a_variance_of_its_own_month() -> None:
    world, queue = cash_world(JAN), MemoryQueue()
    unknown = told(world, arrival("30"))
    world.moment = datetime(2013, 4, 3, 12, tzinfo=UTC)
    queue.is_down = True
    wanted = {
        "legal_entity": INC,
        "receipt": unknown.id,
        "verdict": "applied",
        "account": "UA",
        "reason": "they called",
    }
    pays = [{"number": number_of(world, JAN), "amount": "30"}]
    with pytest.raises(ExternalServiceUnavailable):
        decide_receipt(
            ReceiptDecision.model_validate({**wanted, "pays": pays}),
            decided_by="ben",
            sources=sources(world),
            events=queue,
        )
    assert world.reconcile(period=JAN).variances == ()
    assert [variance.cause for variance in world.reconcile(period="2013-03").variances] == [Cause.CASH_NOT_POSTED]
    told(world, f'{{"kind": "decided", "legal_entity": "{INC}", "receipt": "{unknown.id}"}}')
    assert world.reconcile(period="2013-03").variances == ()


def test_what_was_paid_is_known_when_its_cash_account_is_gone() -> None:
    world = cash_world(JAN)
    told(world, arrival("30", remittance=number_of(world, JAN)))
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "cash_accounts": ()}))
    assert of_run(world, "receivables posted") == {"paid": "30.00"}
