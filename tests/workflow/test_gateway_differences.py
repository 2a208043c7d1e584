"""A gateway that gives back more than it took, or takes more than was paid: a person decides, and the books balance."""

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.conservation.cash import RECEIVED, cash_statement
from billproof.errors import Conflict, InvalidInput
from billproof.masterdata.parties import LegalEntity
from billproof.payments.cash import ReceiptState
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.settlement import gateway_balance
from billproof.reconciliation.model import Cause
from billproof_ops import cli, payments
from billproof_ops.api import Operation
from billproof_ops.target import Target
from tests.support.api_events import answer, api_event
from tests.support.balances import JAN
from tests.support.cash import open_of, receivables_of, usd
from tests.support.gateways import (
    CARDS,
    NOW,
    OTHER_INCOME,
    charge_row,
    deliver,
    gateway_world,
    on_accounts,
    paid_by_card,
    report,
)
from tests.support.invoking import Context, handler
from tests.support.world import INC, World

MONTHS = (JAN, "2013-02", "2013-03")
DISPUTE, WON = "2013-02-07,chargeback,dp-1,ch-1,,-20.00,,,", "2013-02-27,reversal,dp-1,ch-1,,25.00,,,"
WON_RECEIPT = "dispute_won/dp-1"


@pytest.fixture
def world() -> World:
    """UA owes 30.00 and pays by card, of which the gateway keeps 1.17."""
    world = gateway_world(JAN)
    world.publish(with_other_income(world.directory.legal_entity(INC)))
    return world


def with_other_income(entity: LegalEntity) -> LegalEntity:
    document = entity.model_dump(mode="json")
    document["chart_of_accounts"]["cash"]["other_income"] = OTHER_INCOME
    return LegalEntity.model_validate(document | {"version": entity.version + 1})


def decide(world: World, state: ReceiptState, **fields: Any) -> None:
    said = {"legal_entity": INC, "receipt": state.receipt.id, "reason": "the gateway says it is a gift"}
    decision = ReceiptDecision.model_validate(said | fields)
    for _ in range(2):
        decide_receipt(decision, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)
    deliver(world)


def waiting(world: World) -> list[tuple[str, str, str]]:
    """The differences that wait for a person: of what, what was to be moved, and what was."""
    variances = [one for month in MONTHS for one in world.reconcile(period=month).variances]
    differences = (one for one in variances if one.cause is Cause.GATEWAY_DIFFERENCE)
    return [(one.external_reference, one.invoiced.text, one.posted.text) for one in differences]


def received(world: World) -> dict[str, str]:
    """Where all that was received went; the statement of cash balances."""
    statement = cash_statement(receivables_of(world), world.dispute_book)
    assert statement.balances
    (equation,) = (one for one in statement.equations if one.code == RECEIVED)
    return {name: str(part) for name, part in equation.parts.items() if part}


def holds_what_the_gateway_holds(world: World) -> bool:
    entity = world.directory.legal_entity(INC)
    held = gateway_balance(entity.gateway(CARDS), entity, world.gateway_book).held
    return on_accounts(world).get("clearing", "0.00") == held.text


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_win_of_more_than_was_taken_pays_what_was_opened_and_the_rest_waits_for_a_person(
    order: tuple[int, ...], world: World
) -> None:
    """Charge 30.00, dispute -20.00, won 25.00: 20.00 pay again, 5.00 wait. The gateway holds 30 - 1.17 - 20 + 25."""
    rows = (charge_row(world), DISPUTE, WON)
    for number, place in enumerate(order):
        report(world, rows[place], name=f"{number}.csv")
        deliver(world)
    won = paid_by_card(world, WON_RECEIPT)
    assert (open_of(world, JAN), won.applied.amount, won.unapplied.amount) == (usd(0), usd(20), usd(5))
    assert on_accounts(world) == {"clearing": "33.83", "fees": "1.17", "receivable": "-30.00", "unapplied": "-5.00"}
    assert waiting(world) == [("cards/dp-1", "20.00", "25.00")]
    assert received(world) == {"applied": "30.00", "unapplied": "5.00", "returned": "20.00"}
    assert holds_what_the_gateway_holds(world)


def test_a_person_has_it_booked_as_other_income_once(world: World) -> None:
    """Dr unapplied 5.00, Cr other income 5.00."""
    report(world, charge_row(world), DISPUTE, WON)
    deliver(world)
    decide(world, paid_by_card(world, WON_RECEIPT), verdict="gateway_difference", amount="5.00")
    assert paid_by_card(world, WON_RECEIPT).left.amount == usd(20)
    assert on_accounts(world) == {
        "clearing": "33.83", "fees": "1.17", "receivable": "-30.00", "other income": "-5.00",
    }  # fmt: skip
    assert waiting(world) == []
    assert received(world) == {"applied": "30.00", "returned": "20.00", "gateway differences": "5.00"}
    assert holds_what_the_gateway_holds(world)


def test_a_person_leaves_it_to_the_customer(world: World) -> None:
    report(world, charge_row(world), DISPUTE, WON)
    deliver(world)
    decide(world, paid_by_card(world, WON_RECEIPT), verdict="applied", account="UA")
    won = paid_by_card(world, WON_RECEIPT)
    assert (won.account, won.unapplied.amount, waiting(world)) == ("UA", usd(5), [])
    assert received(world) == {"applied": "30.00", "unapplied": "5.00", "returned": "20.00"}
    assert on_accounts(world)["unapplied"] == "-5.00"
    with pytest.raises(InvalidInput, match=r"0\.00 of this receipt wait"):
        decide(world, won, verdict="gateway_difference", amount="5.00")


def test_what_nobody_decided_pays_no_other_dispute_of_the_charge(world: World) -> None:
    """A second dispute takes the 10.00 that are left of the charge: the 5.00 do not pay what it opens."""
    report(world, charge_row(world), DISPUTE, WON, "2013-02-28,chargeback,dp-2,ch-1,,-10.00,,,")
    deliver(world)
    assert (open_of(world, JAN), paid_by_card(world, WON_RECEIPT).unapplied.amount) == (usd(10), usd(5))
    assert waiting(world) == [("cards/dp-1", "20.00", "25.00")]
    assert holds_what_the_gateway_holds(world)


def test_only_what_a_gateway_gave_too_much_is_other_income(world: World) -> None:
    report(world, charge_row(world), DISPUTE, WON)
    deliver(world)
    charge, won = paid_by_card(world, "ch-1"), paid_by_card(world, WON_RECEIPT)
    for state, amount in ((charge, "5.00"), (won, "5.01"), (won, "0.00")):
        with pytest.raises(InvalidInput, match="is no difference of a gateway"):
            decide(world, state, verdict="gateway_difference", amount=amount)
    decide(world, won, verdict="gateway_difference", amount="2.00")
    assert waiting(world) == [("cards/dp-1", "22.00", "25.00")]
    with pytest.raises(Conflict, match="another amount"):
        decide(world, won, verdict="gateway_difference", amount="3.00")
    decide(world, won, verdict="gateway_difference", amount="3.00", reason="the rest")
    assert waiting(world) == []


def test_what_went_back_by_a_refund_waits_for_nobody(world: World) -> None:
    """Charge 30.00, dispute 20.00, won 25.00: all 35.00 are refunded, and nothing is left to decide."""
    report(world, charge_row(world), DISPUTE, WON, "2013-02-28,refund,re-1,ch-1,,-35.00,,,")
    deliver(world)
    assert waiting(world) == []
    assert received(world) == {"refunded": "35.00", "returned": "20.00"}
    assert holds_what_the_gateway_holds(world)


def test_without_an_account_for_it_nothing_is_decided() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), DISPUTE, WON)
    deliver(world)
    with pytest.raises(InvalidInput, match=r"cash\.other_income"):
        decide(world, paid_by_card(world, WON_RECEIPT), verdict="gateway_difference", amount="5.00")
    assert waiting(world) == [("cards/dp-1", "20.00", "25.00")]


def test_a_refund_of_more_than_was_paid_goes_back_once_a_person_bears_the_rest(world: World) -> None:
    """Charge 30.00, refund 40.00: 10.00 are a loss, Dr other income; the gateway holds 30 - 1.17 - 40."""
    report(world, charge_row(world))
    deliver(world)
    report(world, "2013-02-07,refund,re-1,ch-1,,-40.00,,,", name="refund.csv")
    with pytest.raises(InvalidInput, match="it waits"):
        deliver(world)
    world.payment_events.bodies.clear()
    assert waiting(world) == [("cards/re-1", "-30.00", "-40.00")]
    assert (open_of(world, JAN), received(world)) == (usd(0), {"applied": "30.00"})
    decide(world, paid_by_card(world, "ch-1"), verdict="gateway_difference", amount="10.00")
    assert waiting(world) == []
    assert open_of(world, JAN) == usd(30)
    assert on_accounts(world) == {"clearing": "-11.17", "fees": "1.17", "other income": "10.00"}
    assert received(world) == {"refunded": "40.00", "gateway differences": "-10.00"}
    assert holds_what_the_gateway_holds(world)


def test_a_fee_that_is_given_back_above_what_was_taken_is_booked_where_fees_are(world: World) -> None:
    """1.17 were taken and 3.00 come back: 1.83 to the credit of fees, and nothing is left to explain."""
    report(world, charge_row(world), "2013-02-08,monthly fee,fee-1,,,3.00,,,")
    deliver(world)
    assert on_accounts(world) == {"clearing": "31.83", "fees": "-1.83", "receivable": "-30.00"}
    assert holds_what_the_gateway_holds(world)
    causes = {one.cause for month in MONTHS for one in world.reconcile(period=month).variances}
    assert not causes & {Cause.CASH_NOT_POSTED, Cause.GATEWAY_DIFFERENCE, Cause.CHARGE_UNKNOWN}


def test_the_command_books_what_a_gateway_gave_too_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision goes through the function of the API that records what people decide."""

    def ask(_target: object, _operation: Operation, wanted: dict[str, Any], *, who: str | None) -> Any:
        body = {name: value for name, value in wanted.items() if name != "receipt"}
        event = api_event(body, who, receipt=wanted["receipt"])
        return answer(handler("decide_receipt")(event, Context(), world))

    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    monkeypatch.setattr(payments, "call", ask)
    report(world, charge_row(world), DISPUTE, WON)
    deliver(world)
    won = paid_by_card(world, WON_RECEIPT).receipt.id
    words = ("payments", "give-back", won, "5.00", "--reason", "a gift", "-e", INC, "--as", "ben")
    for _ in range(2):
        result = CliRunner().invoke(cli.app, (*words, "--gateway-difference"), env={"COLUMNS": "120"})
        assert "20.00 USD applied, 0.00 USD left to UA" in result.output, result.exception
    deliver(world)
    assert on_accounts(world)["other income"] == "-5.00"
    assert CliRunner().invoke(cli.app, (*words, "--gateway-difference", "--refunded")).exit_code != 0
