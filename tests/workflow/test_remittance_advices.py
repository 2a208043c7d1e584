"""A payer says what a payment pays: the receipt is applied so where the books confirm it, and never where they do not.

UA owes 30.00 of January and 30.00 of February. What it pays here names nothing by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billproof.adapters.bank_files.csv_advice import parse_advices
from billproof.approvals.policy import MatchingRules
from billproof.errors import InvalidInput, Unreadable
from billproof.masterdata.csv_files import CsvAdviceFormat
from billproof.payments.cash import ReceiptState
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import CashReceipt, Match, MatchOutcome, ReceiptStatus
from billproof.payments.references import payment_reference
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.taking_advices import take_advices
from billproof.payments.taking_statements import BankFile, FileOutcome, TakenFile, file_key
from billproof.ports import Queue
from tests.support.advices import FORMAT, WITH_TOTALS, with_advices
from tests.support.balances import FEB, JAN
from tests.support.bank_days import NOW
from tests.support.cash import cash_world, number_of, open_of, receipt, usd
from tests.support.fakes import MemoryQueue
from tests.support.verifying import verified
from tests.support.world import EUROPE, INC, World

HEAD = "Payment,Day,Invoice,Amount,Total"
UNITED: dict[str, Any] = {"payer": {"name": "United Air Lines Inc."}, "booked_on": "2013-02-15"}


def advised_world() -> World:
    return with_advices(cash_world(JAN, FEB))


def line(world: World, amount: str, total: str, *, month: str = JAN, **other: str) -> str:
    said = {"payment": "run-0215", "day": "2013-02-14", "number": number_of(world, month)} | other
    return f"{said['payment']},{said['day']},{said['number']},{amount},{total}"


def forty(world: World, **other: str) -> list[str]:
    """30.00 of January and 10.00 of February."""
    return [line(world, "30.00", "40.00", **other), line(world, "10.00", "40.00", month=FEB, **other)]


def advise(world: World, rows: Sequence[str], *, entity: str = INC, events: Queue | None = None) -> TakenFile:
    data = "\n".join((HEAD, *rows)).encode()
    file = BankFile(file_key(entity, data, name="advice.csv", advice="totals"), data)
    sources = world.advice_sources()
    return take_advices(file, sources=replace(sources, events=events or sources.events))


def matcher(world: World) -> Callable[..., Match]:
    earlier = EarlierCash(world.cash_book)
    return lambda *what: match(*what, earlier=earlier, advices=world.advice_book)


def work_off(world: World) -> None:
    """Take what waits in the queue, each message twice."""
    for body in [*world.payment_events.bodies] * 2:
        event, sources = read_payment_event(body), world.cash_sources(NOW)
        apply_payment(event, sources=sources, matcher=matcher(world), erps=world.erps)
    world.payment_events.bodies.clear()


def arrive(world: World, amount: str, reference: str = "1", **fields: Any) -> CashReceipt:
    arrived = receipt(usd(amount), reference, **UNITED | fields)
    body = f'{{"kind": "receipt", "receipt": {arrived.model_dump_json()}}}'
    world.payment_events.send([body])
    work_off(world)
    return arrived


def state_of(world: World, arrived: CashReceipt) -> ReceiptState:
    return world.cash_book.state(INC, arrived.id)


@pytest.mark.parametrize("is_first", [True, False])
def test_what_names_nothing_pays_what_its_advice_says_whichever_comes_first(is_first: bool) -> None:  # noqa: FBT001
    world = advised_world()
    if is_first:
        assert advise(world, forty(world)).outcome is FileOutcome.TAKEN
    arrived = arrive(world, "40")
    if not is_first:
        assert state_of(world, arrived).status is ReceiptStatus.PROPOSED
        advise(world, forty(world))
    assert advise(world, forty(world)).outcome is FileOutcome.KNOWN
    work_off(world)
    state = state_of(world, arrived)
    (applied,) = state.applications
    assert applied.match is not None
    assert (applied.match.rule, state.status) == ("remittance-advice", ReceiptStatus.APPLIED)
    assert "remittance advice" in applied.match.evidence[0]
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(0), usd(20))
    assert len(state.uses) == 1 + (not is_first)


def test_an_advice_that_came_while_its_receipt_was_taken_in_is_seen() -> None:
    """The receipt is kept, and not matched yet: whoever is first, one of both finds the other."""
    world = advised_world()
    arrived = receipt(usd(40), **UNITED)

    def meanwhile(*what: Any) -> Match:
        answer = matcher(world)(*what)
        if not world.advice_book.of_amount(INC, usd(40)):
            advise(world, forty(world))
        return answer

    event = read_payment_event(f'{{"kind": "receipt", "receipt": {arrived.model_dump_json()}}}')
    apply_payment(event, sources=world.cash_sources(NOW), matcher=meanwhile, erps=world.erps)
    assert state_of(world, arrived).status is ReceiptStatus.PROPOSED
    work_off(world)
    assert state_of(world, arrived).status is ReceiptStatus.APPLIED


def test_a_file_that_died_before_it_was_told_of_is_taken_again() -> None:
    world = advised_world()
    arrived = arrive(world, "40")

    class Dies(MemoryQueue):
        def send(self, bodies: Iterable[str]) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        advise(world, forty(world), events=Dies())
    assert advise(world, forty(world)).outcome is FileOutcome.KNOWN
    work_off(world)
    assert state_of(world, arrived).status is ReceiptStatus.APPLIED


def unknown(world: World) -> None:
    advise(world, [line(world, "30.00", "40.00"), line(world, "10.00", "40.00", number="SKY-US-2013-999999")])


def too_much(world: World) -> None:
    advise(world, [line(world, "39.00", "40.00"), line(world, "1.00", "40.00", month=FEB)])


def two_of_them(world: World) -> None:
    advise(world, forty(world))
    advise(world, [line(world, "10.00", "40.00"), line(world, "30.00", "40.00", month=FEB)])


def too_early(world: World) -> None:
    advise(world, forty(world, day="2013-02-04"))


def too_late(world: World) -> None:
    advise(world, forty(world, day="2013-02-20"))


def to_another_legal_entity(world: World) -> None:
    europe = world.directory.legal_entity(INC).model_copy(update={"id": EUROPE, "version": 1})
    world.publish(europe)
    advise(world, forty(world), entity=EUROPE)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (unknown, {}),
        (too_much, {}),
        (two_of_them, {}),
        (too_early, {}),
        (too_late, {}),
        (to_another_legal_entity, {}),
        (lambda world: advise(world, forty(world)), {"payer": {"name": "Nobody Known Ltd"}}),
        (lambda world: advise(world, forty(world)), {"remittance": "SKY-US-2013-999999"}),
    ],
)
def test_what_is_not_sure_is_proposed_and_never_applied(
    said: Callable[[World], object], fields: dict[str, Any]
) -> None:
    world = advised_world()
    said(world)
    arrived = arrive(world, "40", **fields)
    assert state_of(world, arrived).status in {ReceiptStatus.PROPOSED, ReceiptStatus.NEW}
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(30), usd(30))


def test_an_advice_is_of_one_receipt_the_same_amount_again_is_proposed() -> None:
    world = advised_world()
    rows = [line(world, "10.00", "20.00"), line(world, "10.00", "20.00", month=FEB)]
    advise(world, rows)
    first, again = arrive(world, "20", "first"), arrive(world, "20", "again", booked_on="2013-02-18")
    assert state_of(world, first).status is ReceiptStatus.APPLIED
    assert state_of(world, again).status is ReceiptStatus.PROPOSED
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(20), usd(20))


def test_a_document_that_was_paid_meanwhile_is_not_paid_twice() -> None:
    world = advised_world()
    advise(world, forty(world))
    arrive(world, "30", "by-number", remittance=number_of(world, JAN))
    late = arrive(world, "40", "late")
    assert state_of(world, late).status is ReceiptStatus.PROPOSED
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(0), usd(30))


def test_the_whole_amount_of_a_document_that_the_text_names_is_a_second_reading() -> None:
    world = advised_world()
    advise(world, [line(world, "20.00", "30.00"), line(world, "10.00", "30.00", month=FEB)])
    arrived = arrive(world, "30", remittance=number_of(world, JAN))
    assert state_of(world, arrived).status is ReceiptStatus.PROPOSED
    assert open_of(world, JAN) == usd(30)


def test_who_names_the_payment_is_known_by_it_and_an_advice_of_others_counts_nothing() -> None:
    world = advised_world()
    advise(world, forty(world))
    stranger: dict[str, Any] = {"payer": {"name": "Airlines Clearing House"}}
    arrived = arrive(world, "40", remittance="our payment RUN 0215", **stranger)
    assert state_of(world, arrived).status is ReceiptStatus.APPLIED
    other = advised_world()
    advise(other, [line(other, "20.00", "30.00"), line(other, "10.00", "30.00", month=FEB)])
    sure = arrive(other, "30", structured=payment_reference(number_of(other, JAN)), **stranger)
    (use,) = state_of(other, sure).uses
    assert use.match is not None
    assert (use.match.rule, use.match.outcome) == ("structured-reference", MatchOutcome.APPLIED)


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (["p,2013-02-14,A,30.00,40.00"], "add up to 30.00 USD"),
        (["p,2013-02-14,A,30.00,40.00", "p,2013-02-14,B,10.00,50.00"], "the same in each of its lines"),
        (["p,2013-02-14,A,50.00,40.00", "p,2013-02-14,B,-10.00,40.00"], "above zero"),
        (["p,2013-02-14,A,20.00,40.00", "p,2013-02-14,A,20.00,40.00"], "each document once"),
        (["p,2013-02-14,A,20.00,40.00", "p,2013-02-15,B,20.00,40.00"], "one day"),
        (["p,2013-02-30,A,20.00,20.00"], "day"),
        (["p,2013-02-14,A,1.001,1.001"], "finer"),
        (["p,2013-02-14,,1.00,1.00"], "names a document"),
        ([",2013-02-14,A,1.00,1.00"], "no payment is named"),
        ([], "there is no payment"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_as_a_whole(rows: list[str], wrong: str) -> None:
    world = advised_world()
    with pytest.raises(Unreadable, match=wrong):
        advise(world, [*forty(world), *rows] if rows else [])
    assert world.advice_book.of_amount(INC, usd(40)) == []


def test_a_format_says_its_currency_once_and_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="either a column or one for the file"):
        CsvAdviceFormat.model_validate(WITH_TOTALS.model_dump() | {"currency": None})
    world = advised_world()
    with pytest.raises(InvalidInput, match="no format of remittance advices"):
        take_advices(BankFile(f"bank-statements/{INC}/advice=other/a.csv", b""), sources=world.advice_sources())
    by_column = FORMAT.model_copy(
        update={"currency": None, "columns": FORMAT.columns.model_copy(update={"currency": "In"})}
    )
    data = b"Payment,Day,Invoice,Amount,In\nrun,2013-02-14,A,10.00,USD\nrun,2013-02-14,B,5,USD\n"
    (advice,) = parse_advices(data, INC, by_column)
    assert (advice.total, advice.paid_on) == (usd(15), date(2013, 2, 14))
    with pytest.raises(InvalidInput, match="one day and one currency"):
        parse_advices(data.replace(b"B,5,USD", b"B,5,EUR"), INC, by_column)


def test_an_advice_that_is_taken_away_is_missed() -> None:
    world = advised_world()
    advise(world, forty(world))
    arrive(world, "40")
    world.settle()
    assert verified(world).findings == ()
    items = world.records["payments"].items
    (key,) = (key for key in items if key.partition.startswith("advices#"))
    del items[key]
    assert verified(world).findings != ()


def test_without_advices_it_is_matched_as_before() -> None:
    world = advised_world()
    advise(world, forty(world))
    arrived = receipt(usd(40), **UNITED)
    receivables = world.cash_sources(NOW).receivables(INC)
    assert match(arrived, receivables, MatchingRules()).rule == "payer-only"
