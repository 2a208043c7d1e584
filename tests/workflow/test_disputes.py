"""What customers dispute of their invoices: each amount is known by hand.

UA owes 30.00 of January, due on the 3rd of March, without tax; in New York 30.00 and 8.875 % tax, 2.66.
"""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.approvals.outdated import is_refused
from billproof.conservation.cash import RELEASED, cash_statement
from billproof.errors import Conflict, InvalidInput, NotFound
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.credit_requests import WantedCredit
from billproof.ports import Key, Record
from billproof.receivables.ageing import age_receivables
from billproof.receivables.dispute_notes import DisputeAnswer, DisputeDecision
from billproof.receivables.disputes import DisputeStatus
from billproof.receivables.disputing import IsRefused, credit_outcomes, resolve_dispute
from billproof.receivables.statement import state_account
from billproof.receivables.texts import statement_text
from billproof.reconciliation.model import Cause
from tests.support.balances import FEB, JAN, bill, events, world_with_balances
from tests.support.cash import cash_world, number_of, open_of, receipt, receivables_of, take, usd, with_cash
from tests.support.disputes import MARCH_10, UA, dispute
from tests.support.reminders import facts, remind, reminding_world
from tests.support.world import INC, World

FEE = f"fee:{JAN}"


def refused_in(world: World) -> IsRefused:
    return partial(is_refused, register=world.register, exception_store=world.exception_store)


def resolve(world: World, verdict: str, day: date = MARCH_10, *, number: int = 1, **fields: Any) -> DisputeAnswer:
    def ask(wanted: WantedCredit) -> str:
        terms = wanted.model_dump(mode="json", exclude={"id", "invoice"}, exclude_defaults=True)
        return world.credit(wanted.invoice, wanted.id, **terms).document

    said = {"legal_entity": INC, "account": "UA", "dispute": number, "verdict": verdict, "reason": "we looked"}
    return resolve_dispute(
        DisputeDecision.model_validate({**said, **fields}),
        decided_by="ben",
        receivables=receivables_of(world),
        book=world.dispute_book,
        is_refused=refused_in(world),
        ask=ask,
        today=day,
    )


def disputed(world: World, day: date = MARCH_10) -> str:
    whole = age_receivables(receivables_of(world), world.dispute_book, on=day).totals
    return whole[0].disputed.text if whole else "0.00"


def approve(world: World, document: str) -> None:
    """Let ben approve a credit note that ana asked for, and release it on the 12th of March."""
    world.moment = datetime(2013, 3, 12, 12, tzinfo=UTC)
    exception = f"{document}.001"
    assert world.decide(exception, "approved", "ben").outcome == "decided"
    assert world.apply(exception).outcome == "released"


def test_a_part_of_a_line_is_disputed_and_is_of_what_is_open() -> None:
    world = cash_world(JAN)
    answer = dispute(world, line=FEE, amount="12")
    assert (answer.dispute, answer.status, answer.amount) == (1, DisputeStatus.OPEN, usd(12))
    (whole,) = age_receivables(receivables_of(world), world.dispute_book, on=MARCH_10).totals
    assert (whole.open, whole.disputed) == (usd(30), usd(12))
    equation = cash_statement(receivables_of(world), world.dispute_book).equations[0]
    assert (equation.code, equation.balances) == (RELEASED, True)
    assert {name: str(part) for name, part in equation.parts.items() if part} == {"open": "18.00", "disputed": "12.00"}
    text = statement_text(
        state_account("UA", receivables_of(world), world.dispute_book, on=MARCH_10, only_open=True)
    ).splitlines()
    assert [line for line in text if "disputed" in line] == [
        "  disputed: 12.00",
        "  of it disputed                                                 12.00",
    ]
    assert disputed(world, date(2013, 3, 9)) == "0.00"


def test_no_more_is_disputed_of_a_line_than_it_billed_though_more_is_open_of_the_invoice() -> None:
    """The fee is 30.00, and flights are 30.00: 20.00 of the fee are disputed; once rejected, all of it may be."""
    world = cash_world()
    world.ingest(events(30))
    assert bill(world, JAN) is not None
    dispute(world, line=FEE, amount="20")
    with pytest.raises(InvalidInput, match=r"10\.01 USD cannot be disputed of a line of 30\.00 USD: 20\.00 USD are"):
        dispute(world, line=FEE, amount="10.01", cause="price")
    assert dispute(world, line=f"flights:{JAN}").amount == usd(30)
    resolve(world, "rejected")
    assert dispute(world, line=FEE, cause="price").amount == usd(30)


def test_the_proof_of_the_line_is_attached() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE)
    released = world.register.released(UA)
    assert released is not None
    evidence = world.dispute_book.state(INC, "UA", 1).opened.evidence
    assert (evidence.invoice, evidence.digest, evidence.line) == (UA, released.document.digest, FEE)


def test_the_gross_of_a_part_has_its_share_of_the_tax() -> None:
    """10.00 of 30.00 with 2.66 tax are 10.89: 32.66 / 3 = 10.8867."""
    world = world_with_balances(state="NY")
    world.publish(with_cash(world.directory.legal_entity(INC)))
    assert bill(world, JAN) is not None
    gross = world.invoice(UA).totals.gross
    assert dispute(world, line=FEE, amount="10").amount == usd(str(round(gross.amount / 3, 2)))
    assert dispute(world, line=FEE, amount="20").amount == usd(str(round(gross.amount * 2 / 3, 2)))


def test_the_same_dispute_is_one_and_no_more_is_disputed_than_is_open() -> None:
    world = cash_world(JAN)
    take(world, receipt(usd(10), remittance=number_of(world, JAN)))
    assert dispute(world, line=FEE, amount="12") == dispute(world, date(2013, 3, 11), line=FEE, amount="12")
    with pytest.raises(InvalidInput, match=r"8\.01 USD cannot be disputed: 20\.00 USD are open of it, 12\.00 USD"):
        dispute(world, line=FEE, amount="8.01", cause="price")
    assert dispute(world, line=FEE, amount="8", cause="price").dispute == 2
    assert disputed(world) == "20.00"
    take(world, receipt(usd(5), "2", remittance=number_of(world, JAN)))
    assert disputed(world) == "15.00"


@pytest.mark.parametrize(
    ("fields", "error", "why"),
    [
        ({"invoice": f"{INC}.{JAN}.XX"}, NotFound, "is not released"),
        ({"line": "flights"}, InvalidInput, "has 0 lines of that name"),
        ({"line": FEE, "contract": "another"}, InvalidInput, "has 0 lines of that name"),
        ({"line": FEE, "amount": "30.01"}, InvalidInput, "cannot be disputed of a line of 30.00 USD"),
        ({"deadline": "2013-03-09"}, InvalidInput, "is past"),
    ],
)
def test_a_dispute_is_of_what_there_is(fields: dict[str, Any], error: type[Exception], why: str) -> None:
    world = cash_world(JAN)
    with pytest.raises(error, match=why):
        dispute(world, **fields)
    assert world.dispute_book.of_account(INC, "UA") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "   "},
        {"reason": "\x1b[31mred"},
        {"reason": "x" * 501},
        {"cause": "mood"},
        {"amount": "5"},
        {"owner": "nobody"},
        {"line": FEE, "amount": "0"},
    ],
)
def test_a_dispute_has_a_cause_and_an_owner_of_the_list(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        dispute(cash_world(JAN), **fields)


def test_what_is_rejected_is_disputed_no_more_from_that_day_on() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE)
    answer = resolve(world, "rejected", date(2013, 3, 12))
    assert (answer.status, answer.amount, answer.credit) == (DisputeStatus.REJECTED, usd(0), "")
    assert resolve(world, "rejected", date(2013, 3, 13)) == answer
    assert (disputed(world, date(2013, 3, 11)), disputed(world, date(2013, 3, 12))) == ("30.00", "0.00")
    with pytest.raises(Conflict, match="it was rejected"):
        resolve(world, "upheld")


def test_what_is_upheld_is_credited_through_its_approval_and_disputed_until_then() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE, amount="12")
    answer = resolve(world, "upheld")
    assert (answer.status, answer.amount) == (DisputeStatus.WAITS_FOR_CREDIT, usd(12))
    assert (open_of(world, JAN), disputed(world)) == (usd(30), "12.00")
    assert resolve(world, "upheld") == answer
    approve(world, answer.credit)
    assert (open_of(world, JAN), disputed(world, date(2013, 3, 12))) == (usd(18), "0.00")
    assert disputed(world, date(2013, 3, 11)) == "12.00"
    assert reason_of(world.invoice(answer.credit)) == "service_level"
    with pytest.raises(Conflict, match="it was credited"):
        resolve(world, "rejected", reason="we looked again")


def test_of_what_is_partial_the_rest_is_disputed_no_more() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE, amount="12")
    with pytest.raises(InvalidInput, match=r"12\.01 USD is more than the 12\.00 USD"):
        resolve(world, "partial", amount="12.01")
    answer = resolve(world, "partial", amount="5")
    assert (answer.amount, disputed(world)) == (usd(5), "5.00")
    assert resolve(world, "partial", amount="5") == answer
    with pytest.raises(Conflict, match="it waits for its credit note"):
        resolve(world, "partial", amount="6")
    approve(world, answer.credit)
    assert (open_of(world, JAN), disputed(world, date(2013, 3, 12))) == (usd(25), "0.00")


def test_a_whole_invoice_is_upheld_or_rejected() -> None:
    world = cash_world(JAN)
    assert dispute(world).amount == usd(30)
    with pytest.raises(InvalidInput, match="of a whole invoice no part is upheld"):
        resolve(world, "partial", amount="5")
    approve(world, resolve(world, "upheld").credit)
    assert open_of(world, JAN) == usd(0)


def test_a_dispute_whose_credit_note_is_rejected_is_decided_anew() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE, amount="12")
    answer = resolve(world, "upheld")
    assert world.decide(f"{answer.credit}.001", "rejected", "ben").outcome == "decided"
    assert disputed(world) == "12.00"
    again = resolve(world, "partial", amount="2", reason="the director says so")
    assert (again.status, again.amount) == (DisputeStatus.WAITS_FOR_CREDIT, usd(2))
    assert again.credit != answer.credit


def test_a_dispute_whose_credit_note_waits_is_not_decided_otherwise() -> None:
    """Else it would be rejected, reminded of, and credited once the note is approved."""
    world = cash_world(JAN)
    dispute(world, line=FEE, amount="12")
    answer = resolve(world, "upheld")
    with pytest.raises(Conflict, match="it waits for its credit note"):
        resolve(world, "rejected", reason="we looked again")
    assert (disputed(world), resolve(world, "upheld")) == ("12.00", answer)


def test_a_dispute_whose_credit_note_is_rejected_is_open_and_decided_as_before_by_another_credit_note() -> None:
    world = cash_world(JAN)
    dispute(world, line=FEE, amount="12")
    first = resolve(world, "upheld")
    world.decide(f"{first.credit}.001", "rejected", "ben")
    (state,) = world.dispute_book.of_account(INC, "UA")
    outcomes = credit_outcomes(UA, receivables_of(world), refused_in(world))
    assert state.status(outcomes) is DisputeStatus.OPEN
    second = resolve(world, "upheld")
    assert (second.status, second.credit != first.credit) == (DisputeStatus.WAITS_FOR_CREDIT, True)
    approve(world, second.credit)
    assert open_of(world, JAN) == usd(18)


def test_a_dispute_that_is_not_there_is_not_decided() -> None:
    with pytest.raises(NotFound):
        resolve(cash_world(JAN), "rejected")


def test_a_decision_names_an_amount_where_it_is_partial_alone() -> None:
    with pytest.raises(ValidationError):
        resolve(cash_world(JAN), "partial")
    with pytest.raises(ValidationError):
        resolve(cash_world(JAN), "upheld", amount="1")


def test_only_what_is_not_disputed_is_reminded_of() -> None:
    """12.00 of 30.00 are disputed: 18.00 are reminded of on the 8th, and nothing once all of it is disputed."""
    world = reminding_world(JAN)
    dispute(world, date(2013, 3, 5), line=FEE, amount="12")
    remind(world, "2013-03-08")
    assert [row.open for fact in facts(world) for row in fact.reminded] == [usd(18)]
    dispute(world, date(2013, 3, 9), line=FEE, amount="18", cause="price")
    remind(world, "2013-03-18")
    assert len(facts(world)) == 1


def forged_verdicts(world: World, month: str) -> list[tuple[str, str, str, str]]:
    return [
        (one.invoice, one.external_reference, str(one.amount), str(one.since))
        for one in world.reconcile(period=month).variances
        if one.cause is Cause.VERDICT_NOT_GIVEN
    ]


def test_a_verdict_that_whoever_writes_payments_wrote_in_a_persons_name_counts_for_nothing() -> None:
    world = cash_world(JAN, FEB)
    dispute(world)
    (opened,) = [key for key in world.records["payments"].items if key.partition.startswith("disputes#")]
    forged = {"ordinal": 1, "verdict": "rejected", "amount": usd(0).model_dump(mode="json"), "credit": ""}
    forged |= {"day": "2013-03-10", "reason": "nothing was wrong"}
    for number, actor in enumerate(("ben", "gateway cards"), start=1):
        key = Key(opened.partition, f"{opened.sort}#{number:012d}")
        assert world.records["payments"].create(Record(key, forged | {"decided_by": actor}))
    assert disputed(world) == "30.00"
    told = [(f"{INC}.{JAN}.UA", f"UA-dispute-1-{number}", "30.00 USD", "2013-03-10") for number in (1, 2)]
    assert (forged_verdicts(world, JAN), forged_verdicts(world, FEB)) == (told, told)
    assert resolve(world, "rejected").status is DisputeStatus.REJECTED
    assert (forged_verdicts(world, JAN), forged_verdicts(world, FEB)) == (told, [])  # a person decided since
    (decided,) = [key for key in world.records["decisions"].items if key.partition.startswith("disputes#")]
    assert world.records["decisions"].items[decided]["decided_by"] == "ben"
    assert disputed(world) == "0.00"
