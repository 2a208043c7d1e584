"""Controls that look at the months before: each is shown a fault that it must find, and the same without it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.approvals.model import Refusal
from billproof.findings import Severity
from billproof.money import Money
from tests.support.controls import FEBRUARY, codes, findings, found_in, lines_of, publish, read
from tests.support.world import INC, World, flight


def test_what_the_invoice_before_billed_is_found_on_the_next() -> None:
    world = World()
    world.bill()
    january = lines_of(read(world, "UA")[1])
    world.moment = FEBRUARY
    world.bill(period="2013-02")
    terms, pricing, plan = read(world, "UA", f"{INC}-2013-02-001")
    lines = lines_of(pricing)
    assert codes(terms, pricing, plan, lines) == []
    twice = next(line for line in january if line.id == "platform:2013-02")
    found = {finding.code: finding for finding in found_in(terms, pricing, plan, [*lines, twice])}
    assert found["duplicate_invoice"].amount_at_risk == Money.of("2500", "USD")
    assert "SKY-US-2013-000010" in found["duplicate_invoice"].message


def test_a_service_period_that_no_invoice_billed_in_advance_is_found() -> None:
    world = World()
    publish(world, "B6", charges={"platform": {"timing": "in_advance"}}, discounts=[])
    world.bill()
    world.moment = FEBRUARY
    world.bill(period="2013-02")
    terms, pricing, plan = read(world, "B6", run=f"{INC}-2013-02-001")
    assert terms.before is not None
    assert codes(terms, pricing, plan, lines_of(pricing)) == []
    lacking = terms.model_copy(update={"before": terms.before.model_copy(update={"starts": {}})})
    found = found_in(lacking, pricing, plan, lines_of(pricing))
    assert {finding.code for finding in found} == {"period_gap_or_overlap"}
    assert "2013-02 is owed in advance" in found[0].message


def test_a_fee_that_a_later_version_bills_in_advance_is_billed_as_a_difference() -> None:
    world = World()
    publish(world, "B6", charges={"platform": {"timing": "in_arrears"}}, discounts=[])
    world.bill()
    publish(world, "B6", charges={"platform": {"timing": "in_advance"}})
    world.moment = FEBRUARY
    assert findings(world.bill(period="2013-02"), "B6") == {}
    lines = {line.priced.id: line.priced.net.text for line in world.invoice(f"{INC}.2013-02.B6").lines}
    assert lines["difference:platform:2013-02"] == lines["platform:2013-03"] == "1800.00"


@pytest.mark.parametrize(("flights", "said"), [(60, "rose by 500 %"), (0, "dropped by 100 %"), (12, "")])
def test_usage_that_changed_sharply_is_found(flights: int, said: str) -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(n) for n in range(10)])
    world.bill()
    world.moment = FEBRUARY
    world.ingest([flight(n, day="2013-02-05") for n in range(flights)])
    found = findings(world.bill(period="2013-02"), "UA")
    assert said in found["usage_changed"].message if said else "usage_changed" not in found


def test_a_month_that_nobody_billed_is_found_until_it_is() -> None:
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[0]
    world.bill()
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"id": "LATE"}))
    world.publish(contract.model_copy(update={"id": "LATE-2013", "account": "LATE"}))
    world.moment = FEBRUARY
    statement = world.bill(period="2013-02")
    found = findings(statement, "LATE")["month_not_billed"]
    assert (found.path, found.severity) == ("LATE-2013/2013-01", Severity.WARNING)
    assert found.message == "LATE-2013 was in force in 2013-01, which has no invoice"
    assert "month_not_billed" not in findings(statement, "UA")
    world.bill(period="2013-01")
    world.moment = datetime(2013, 4, 2, 12, tzinfo=UTC)
    assert "month_not_billed" not in findings(world.bill(period="2013-03"), "LATE")


def test_a_contract_that_begins_with_the_month_leaves_no_gap() -> None:
    world = World(accounts={"UA"})
    assert not [each for each in world.bill().findings if each.code == "month_not_billed"]


def onboarding(*, start: str, due_on: str) -> dict[str, Any]:
    """Return a one-off of 750."""
    return {
        "name": "Onboarding",
        "product": "services",
        "revenue_category": "services",
        "timing": "in_arrears",
        "effective": {"start": start},
        "price": {"model": "one_off", "amount": "750", "due_on": due_on},
    }


def test_a_one_off_that_was_due_and_never_billed_is_found() -> None:
    world = World(accounts={"UA"})
    world.bill()
    fee = onboarding(start="2012-12-01", due_on="2012-12-20")
    publish(world, "UA", charges={"onboarding": fee})  # signed late, for a month that billproof did not bill
    world.moment = FEBRUARY
    found = findings(world.bill(period="2013-02"), "UA")["one_off_not_billed"]
    assert found.amount_at_risk == Money.of("750", "USD")
    publish(world, "UA", charges={"onboarding": {"price": {**fee["price"], "due_on": "2013-02-20"}}})
    assert findings(world.bill(period="2013-02"), "UA") == {}


def test_a_one_off_that_is_signed_after_its_month_was_billed_is_billed_with_the_next_one() -> None:
    world = World(accounts={"UA"})
    world.bill()
    fee = onboarding(start="2013-01-01", due_on="2013-01-20")
    publish(world, "UA", charges={"onboarding": fee})
    world.moment = FEBRUARY
    assert "one_off_not_billed" not in findings(world.bill(period="2013-02"), "UA")
    lines = {line.priced.id: line.amounts.net for line in world.invoice(f"{INC}.2013-02.UA").lines}
    assert lines["difference:onboarding:2013-01"] == Money.of("750", "USD")


def test_a_one_off_that_was_billed_in_its_month_is_no_finding() -> None:
    world = World(accounts={"UA"})
    world.bill()
    world.moment = FEBRUARY
    statement = world.bill(period="2013-02")
    assert "one_off_not_billed" not in {finding.code for finding in statement.findings}


def test_an_invoice_that_comes_to_less_than_nothing_is_held() -> None:
    world = World()
    publish(world, "EV", charges={"flights": {"price": {"model": "per_unit", "unit_price": "1"}}})
    world.ingest([flight(1, account="EV")])
    world.bill()
    world.ingest([flight(2, account="EV", retracts="2013-01-05:EV:1", data={})])
    world.moment = FEBRUARY
    found = findings(world.bill(period="2013-02"), "EV")
    assert {"negative_invoice", "credit_ratio"} <= found.keys()
    assert world.decide(f"{INC}.2013-02.EV.001", "approved", "ben").refusal is Refusal.NOTHING_TO_RELEASE


def test_a_converted_quantity_is_compared_with_what_was_converted_before() -> None:
    world = World(accounts={"UA"})
    publish(world, "UA", charges={"miles": {"conversion": {"divide_by": "1000", "decimals": 0, "rounding": "up"}}})
    world.ingest([flight(1), flight(2)])
    world.bill()
    world.moment = FEBRUARY
    world.ingest([flight(1, day="2013-02-05"), flight(2, day="2013-02-05")])
    assert "usage_changed" not in findings(world.bill(period="2013-02"), "UA")
