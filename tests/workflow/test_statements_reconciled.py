"""Missing statements and returns that name no receipt are variances of their month, until they are settled."""

from datetime import date

from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.statements import MovementKind
from billproof.reconciliation.model import Cause, Variance
from tests.support.balances import FEB, JAN
from tests.support.bank_days import DAYS, NOW, apply_all, entry, of_day, put
from tests.support.cash import cash_world, usd
from tests.support.world import INC, World


def put_days(world: World, *places: int) -> None:
    for place in places:
        put(world, DAYS[place], name=f"{place}.xml")
    apply_all(world)


def of_statements(world: World, period: str = JAN) -> list[Variance]:
    causes = {Cause.STATEMENT_GAP, Cause.STATEMENT_OVERLAP, Cause.RETURN_WAITS}
    return [variance for variance in world.reconcile(period=period).variances if variance.cause in causes]


def test_a_gap_is_a_variance_of_its_month_until_the_statement_arrives() -> None:
    world = cash_world(JAN)
    put_days(world, 0, 2)
    (gap,) = of_statements(world)
    assert (gap.cause, gap.external_reference) == (Cause.STATEMENT_GAP, DAYS[2].id)
    assert (gap.invoiced, gap.posted) == (usd(5), usd(12))
    assert of_statements(world, FEB) == []
    put_days(world, 1)
    assert of_statements(world) == []


def test_a_return_that_names_no_receipt_is_a_variance_until_a_person_gives_one_back() -> None:
    world = cash_world(JAN)
    taken_back = of_day(7, "0", entry("9", 7, reference="r-1"), entry("-9", 7, kind=MovementKind.REVERSAL))
    put(world, taken_back)
    apply_all(world)
    (waiting,) = of_statements(world)
    assert (waiting.cause, waiting.invoiced, waiting.posted) == (Cause.RETURN_WAITS, usd(9), usd(0))
    (state,) = world.cash_book.received(INC)
    assert state.receipt.booked_on == date(2013, 2, 7)
    decision = ReceiptDecision.model_validate(
        {
            "legal_entity": INC,
            "receipt": state.receipt.id,
            "verdict": "returned",
            "amount": "9",
            "reference": waiting.external_reference,
            "reason": "their bank recalled it",
        }
    )
    decide_receipt(decision, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)
    assert of_statements(world) == []
