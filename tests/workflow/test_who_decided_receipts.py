"""What happened to a receipt in a person's name counts only where that person decided it: who else writes is found."""

from typing import Any

import pytest

from billproof.errors import Conflict
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.desk import CashDecision
from billproof.payments.model import UseKind
from billproof.reconciliation.model import Cause
from tests.support.balances import FEB, JAN
from tests.support.cash import arrival, cash_world, desk_of, number_of, told, usd
from tests.support.fakes import MemoryQueue
from tests.support.gateways import NOW
from tests.support.world import INC, World

BEN = CashDecision(by="ben", reason="as the customer says")


def decided(world: World, receipt: str, **said: Any) -> str:
    """Decide as the API does; return the message that has it booked."""
    queue = MemoryQueue()
    wanted = ReceiptDecision.model_validate(
        {"legal_entity": INC, "receipt": receipt, "reason": "as the customer says"} | said
    )
    decide_receipt(wanted, decided_by="ben", sources=world.cash_sources(NOW), events=queue)
    (body,) = queue.bodies
    return body


def not_decided(world: World) -> list[tuple[str, str]]:
    causes = [*world.reconcile(period=JAN).variances, *world.reconcile(period=FEB).variances]
    return [(one.external_reference, one.billing_account) for one in causes if one.cause is Cause.NOT_DECIDED]


@pytest.mark.parametrize(
    "said",
    [
        {"verdict": "applied", "account": "UA"},
        {"verdict": "returned", "amount": "20"},
        {"verdict": "refunded", "amount": "5"},
    ],
)
def test_what_people_decided_is_no_variance_and_is_booked(said: dict[str, Any]) -> None:
    world = cash_world(JAN, FEB)
    receipt = told(world, arrival("20", remittance="nothing that is known")).id
    if said["verdict"] == "applied":
        said = said | {"pays": [{"number": number_of(world, JAN), "amount": "12.50"}]}
    told(world, decided(world, receipt, **said))
    if said["verdict"] == "applied":
        told(world, decided(world, receipt, verdict="reversed"))
    assert not_decided(world) == []


def test_a_use_that_names_a_person_who_decided_something_else_is_refused_and_is_a_variance() -> None:
    """Whoever may write receipts, as the function of the queue may, can write any name; none of it is a decision."""
    world = cash_world(JAN, FEB)
    receipt = told(world, arrival("20", remittance="nothing that is known")).id
    pays = [{"number": number_of(world, JAN), "amount": "10"}]
    body = decided(world, receipt, verdict="applied", account="UA", pays=pays)
    told(world, body)
    desk_of(world).decide(receipt, account="UA", payments=[(number_of(world, JAN), usd(9))], decision=BEN)
    with pytest.raises(Conflict, match="in the name of a person who did not decide that"):
        told(world, body)
    assert not_decided(world) == [(f"{receipt}-3", "UA")]
    desk_of(world).give_back(receipt, usd(1), UseKind.REFUNDED, CashDecision("ana", "as the customer says"))
    assert [reference for reference, _ in not_decided(world)] == [f"{receipt}-3", f"{receipt}-4"]


def test_a_decision_whose_writing_died_before_it_was_done_is_done_again() -> None:
    world = cash_world(JAN)
    receipt = told(world, arrival("20", remittance="nothing that is known")).id
    wanted = {"verdict": "applied", "account": "UA"}
    bodies = [decided(world, receipt, **wanted) for _ in range(2)]
    assert bodies[0] == bodies[1]
    assert len(world.receipt_decisions.of(INC, receipt)) == 1
    assert len(world.cash_book.state(INC, receipt).applications) == 1
