"""Months that no run billed: a later one bills them, once; and months that are signed off."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billproof.contracts.model import Contract
from billproof.errors import Conflict, InvalidPeriod
from billproof.invoicing.model import Invoice
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.month_facts import SignOff, signed_off
from billproof.pipeline.months import sign_off_month
from billproof.pipeline.starting import start_due_runs
from tests.reference.builders import charge, flat, version
from tests.support.issued import NOV, approve, on, release, world_of
from tests.support.world import GRACE, INC, JANUARY, World

MARCH = datetime(2013, 3, 3, 12, tzinfo=UTC)
APRIL = datetime(2013, 4, 3, 12, tzinfo=UTC)


def fees(*, bills_from: date | None = None, amount: str = "100") -> World:
    """Return a world in which UA owes a fee a month and nothing else, from January on."""
    world = World()
    terms = version(charge(flat(amount)))["terms"]
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts
    accounts = chart.model_copy(update={"revenue": chart.revenue | {"revenue": "4000"}})
    changes = {"version": entity.version + 1, "bills_from": bills_from, "chart_of_accounts": accounts}
    world.publish(entity.model_copy(update=changes))
    contract = world.directory.contracts("UA")[0]
    world.publish(
        Contract.model_validate(
            {**terms, "id": contract.id, "version": 2, "account": "UA", "effective": {"start": "2013-01-01"}}
        )
    )
    return world


def invoice(world: World, month: str) -> Invoice | None:
    name = f"{INC}.{month}.UA"
    return None if world.register.released(name) is None else world.invoice(name)


def billed(world: World, month: str) -> dict[str, Decimal]:
    found = invoice(world, month)
    assert found is not None
    return {line.priced.id: line.amounts.net.amount for line in found.lines}


def sign_off(world: World, month: str = JANUARY) -> SignOff:
    return sign_off_month(
        legal_entity=INC,
        period=month,
        signed_by="dora",
        records=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )


def test_a_month_that_no_run_billed_is_billed_by_the_next_one() -> None:
    world = fees(bills_from=date(2013, 1, 1))
    world.moment = MARCH
    world.bill(period="2013-02")
    assert billed(world, "2013-02") == {"fee:2013-02": Decimal(100), "difference:fee:2013-01": Decimal(100)}


def test_the_month_itself_then_has_nothing_more_to_bill() -> None:
    world = fees(bills_from=date(2013, 1, 1))
    world.moment = MARCH
    world.bill(period="2013-02")
    statement = world.bill(period=JANUARY)
    assert invoice(world, JANUARY) is None
    assert "UA" not in {finding.account for finding in statement.findings if finding.severity == "blocking"}
    world.moment = APRIL
    world.bill(period="2013-03")
    assert billed(world, "2013-03") == {"fee:2013-03": Decimal(100)}


def test_a_gap_after_the_first_invoice_is_billed_whatever_the_legal_entity_says() -> None:
    world = fees()
    world.bill()
    world.moment = APRIL
    statement = world.bill(period="2013-03")
    assert billed(world, "2013-03") == {"fee:2013-03": Decimal(100), "difference:fee:2013-02": Decimal(100)}
    assert "month_not_billed" not in {each.code for each in statement.findings if each.account == "UA"}


def test_months_before_the_first_invoice_are_another_systems() -> None:
    world = fees()
    world.moment = MARCH
    world.bill(period="2013-02")
    assert billed(world, "2013-02") == {"fee:2013-02": Decimal(100)}


def test_a_month_whose_run_has_not_closed_waits_for_it() -> None:
    world = fees(bills_from=date(2013, 1, 1))
    world.moment = MARCH
    run = world.start(period=JANUARY)
    plan = world.plan(run)
    world.billing_runs.statuses[run] = "FAILED"  # one that is under way would refuse February's
    world.bill(period="2013-02")
    assert billed(world, "2013-02") == {"fee:2013-02": Decimal(100)}
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    for batch in plan.batches:
        world.invoice_batch(run, batch)
    assert billed(world, JANUARY) == {"fee:2013-01": Decimal(100)}


def test_a_month_that_is_signed_off_takes_no_run() -> None:
    world = fees()
    world.bill()
    signed = sign_off(world)
    assert (signed.signed_by, signed.period) == ("dora", JANUARY)
    assert signed_off(world.runs, INC, JANUARY) == signed
    with pytest.raises(InvalidPeriod, match="signed off by dora"):
        world.start(period=JANUARY)
    with pytest.raises(InvalidPeriod, match="signed off by dora"):
        world.plan("skymeter-inc-2013-01-002")


def test_to_sign_off_again_changes_nothing() -> None:
    world = fees()
    first = sign_off(world)
    world.moment = MARCH
    assert sign_off(world) == first


def test_what_a_signed_off_month_still_owes_is_billed_in_the_open_month() -> None:
    world = fees(bills_from=date(2013, 1, 1), amount="0.00")
    world.publish(fee_of(world, "70", number=3))
    sign_off(world)
    world.moment = MARCH
    world.bill(period="2013-02")
    assert billed(world, "2013-02")["difference:fee:2013-01"] == Decimal(70)


def fee_of(world: World, amount: str, *, number: int) -> Contract:
    contract = world.directory.contracts("UA")[-1]
    terms = version(charge(flat(amount)))["terms"]
    return Contract.model_validate(
        {**terms, "id": contract.id, "version": number, "account": "UA", "effective": {"start": "2013-01-01"}}
    )


def test_a_month_that_still_accepts_usage_or_whose_run_is_open_cannot_be_signed_off() -> None:
    world = fees()
    with pytest.raises(InvalidPeriod, match="still accepts usage"):
        sign_off(world, "2013-02")
    world.start(period=JANUARY)
    with pytest.raises(Conflict, match="has not closed"):
        sign_off(world)


def test_a_month_in_which_an_open_run_will_issue_invoices_cannot_be_signed_off() -> None:
    world = fees()
    world.start(period=JANUARY)
    world.moment = APRIL
    with pytest.raises(Conflict, match=f"run {INC}-{JANUARY}-001 has not closed"):
        sign_off(world, "2013-02")
    assert sign_off(world, "2013-03").period == "2013-03"


def test_what_is_held_when_its_month_is_signed_off_is_billed_later_and_only_once() -> None:
    world = world_of("DE")
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "bills_from": date(2010, 11, 1)}))
    world.bill(period=NOV)
    on(world, "2011-01-03")
    sign_off(world, NOV)
    world.bill(period="2010-12")
    assert approve(world, "2011-01-03", "2010-12").startswith("released")
    lines = release(world, "A", "2010-12")[1].lines
    assert {line.priced.id for line in lines} == {"fee:2010-12", "difference:fee:2010-11"}
    assert approve(world, "2011-01-04").startswith(f"outdated {INC}.2010-12.A billed {NOV} while")
    assert world.register.released(f"{INC}.{NOV}.A") is None


def due(world: World) -> list[str]:
    """Let the schedule start what is due, and name the months of it."""
    started = start_due_runs(
        records=world.runs,
        workflows=world.billing_runs,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )
    return [run.period for run in started if run.legal_entity == INC]


def test_the_schedule_looks_back_to_the_last_month_that_was_signed_off_and_starts_one_month_at_a_time() -> None:
    world = fees()
    sign_off(world)
    world.moment = APRIL
    assert due(world) == ["2013-02"]
    assert due(world) == []
    world.bill(period="2013-02")
    assert due(world) == ["2013-03"]
