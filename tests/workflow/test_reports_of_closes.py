"""A month is signed off by a report that is not older than the last fact of it, and by who decided that only."""

from datetime import UTC, datetime

import pytest

from billproof.errors import Conflict, InvalidPeriod
from billproof.ids import canonical_json
from billproof.invoicing.facts import REGISTER_SHARDS
from billproof.pipeline.month_facts import SignOff, signed_off, signed_off_months
from billproof.ports import Key, Record
from billproof.reconciliation.parts import PartItem, join_parts, reconcile_part, write_items
from tests.support.balances import FEB, JAN
from tests.support.cash import cash_world, number_of, receipt, told, usd
from tests.support.closing import billed, close
from tests.support.gateways import charge_row, deliver, gateway_world, report
from tests.support.verifying import verified
from tests.support.world import INC, World

MARCH = "2013-03"
APRIL = datetime(2013, 4, 5, tzinfo=UTC)


def paid(world: World, amount: str, day: str, reference: str = "1", remittance: str = "") -> None:
    money = receipt(usd(amount), reference, booked_on=day, remittance=remittance)
    told(world, canonical_json({"kind": "receipt", "receipt": money.model_dump(mode="json")}).decode())


def test_a_receipt_of_the_month_that_came_after_the_report_is_reconciled_first() -> None:
    world = billed(JAN, FEB)
    close(world)
    world.moment = APRIL
    paid(world, "30", "2013-02-15", remittance=number_of(world, JAN))
    for month in (JAN, FEB):
        world.reconcile(period=month)
    paid(world, "7", "2013-02-28", reference="2")
    with pytest.raises(Conflict, match="2013-01 was not reconciled since the last that came"):
        close(world, FEB)
    world.reconcile(period=JAN)
    with pytest.raises(Conflict, match=r"unknown_payer 7\.00 USD"):
        close(world, FEB)


def test_a_month_of_cash_without_runs_needs_a_report_too() -> None:
    world = cash_world(JAN)
    world.moment = datetime(2013, 5, 3, tzinfo=UTC)
    paid(world, "7", "2013-03-05")
    with pytest.raises(Conflict, match="2013-02 was not reconciled since the last that came"):
        close(world, MARCH)
    world.reconcile(period=FEB)
    with pytest.raises(Conflict, match=r"unknown_payer 7\.00 USD"):
        close(world, MARCH)


def test_movements_of_a_gateway_are_of_their_month() -> None:
    world = gateway_world(JAN)
    world.moment = APRIL
    for month in (JAN, FEB):
        world.reconcile(period=month)
    report(world, charge_row(world), "2013-02-20,monthly fee,f-1,,,-2.00,,,")
    deliver(world)
    with pytest.raises(Conflict, match="2013-01 was not reconciled since the last that came"):
        close(world, FEB)


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_document_of_the_month_that_was_released_after_the_report_is_reconciled_first(*, in_parts: bool) -> None:
    world = cash_world(JAN)
    world.moment = APRIL
    items = write_items([(INC, JAN)], "one", world.objects)
    parts = [PartItem(legal_entity=INC, period=JAN, part=part, round="one") for part in range(REGISTER_SHARDS)]
    if in_parts:
        for part in parts:
            reconcile_part(part, world.reconciliation_sources())
    else:
        world.reconcile(period=JAN)
    world.credit_and_approve(f"{INC}.{JAN}.UA", lines=[{"line": f"fee:{JAN}", "amount": "5"}])
    if in_parts:  # what was released while the parts were compared is in none of them
        join_parts(items, world.reconciliation_sources())
    with pytest.raises(Conflict, match="2013-01 was not reconciled since the last that came"):
        close(world)
    world.reconcile(period=JAN)
    assert close(world).period == JAN


def test_documents_of_other_months_do_not_make_a_report_old() -> None:
    world = billed(JAN)
    world.moment = APRIL
    world.reconcile(period=JAN)
    world.bill(period=FEB)
    assert close(world).period == JAN


def forged(month: str) -> Record:
    signed = SignOff(legal_entity=INC, period=month, signed_by="ana", signed_at="2013-02-03T00:00:00.000000Z")
    return Record(Key(f"signed-off#{INC}", month), signed.model_dump(mode="json"))


def test_a_sign_off_that_nobody_decided_does_not_count_and_the_month_can_be_closed() -> None:
    """Whoever may write runs, as the schedule's function may, closes no month with it."""
    world = billed(JAN, FEB)
    assert world.runs.create(forged(JAN))
    assert (signed_off(world.runs, INC, JAN), signed_off_months(world.runs, INC)) == (None, [])
    world.moment = APRIL
    world.start(period=JAN)  # the month takes a run
    other = billed(JAN, FEB)
    assert other.runs.create(forged(JAN))
    signed = close(other)
    assert (signed_off(other.runs, INC, JAN), signed_off_months(other.runs, INC)) == (signed, [JAN])
    with pytest.raises(InvalidPeriod, match="signed off by ana"):
        other.start(period=JAN)


def test_who_signed_a_month_off_is_missed_where_it_is_taken_away() -> None:
    world = billed(JAN)
    close(world)
    world.settle()
    assert verified(world).findings == ()
    (key,) = (key for key in world.records["decisions"].items if key.partition == f"sign-offs#{INC}")
    del world.records["decisions"].items[key]
    assert signed_off(world.runs, INC, JAN) is None
    assert verified(world).findings != ()
