"""Three months of one account with tiers, a discount and a commitment, and what is billed late of them."""

from datetime import UTC, datetime
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.invoicing.model import Invoice
from billproof.pricing.model import LineKind
from tests.support.charges import charge, miles
from tests.support.world import INC, World

JAN, FEB, MAR = "2013-01", "2013-02", "2013-03"


RUN_DAYS = {
    JAN: datetime(2013, 2, 2, 12, tzinfo=UTC),
    FEB: datetime(2013, 3, 2, 12, tzinfo=UTC),
    MAR: datetime(2013, 4, 2, 12, tzinfo=UTC),
}


def tiered_world() -> World:
    """One account: three flights at 1.00, the rest at 0.40, miles by origin with 10 % off, 5.00 committed."""
    world = World(accounts={"UA"})
    (contract,) = world.directory.contracts("UA")
    tiers = [{"up_to": "3", "unit_price": "1"}, {"up_to": None, "unit_price": "0.4"}]
    terms: dict[str, Any] = contract.model_dump(mode="json") | {
        "version": 2,
        "charges": [
            charge("flights", {"model": "graduated", "tiers": tiers}, meter="flights_handled"),
            miles("0.001", group_by=["origin"]),
        ],
        "discounts": [
            {"id": "off", "name": "10 %", "percent": "10", "charges": ["miles"], "effective": {"start": "2013-01-01"}}
        ],
        "commitments": [
            {
                "id": "least",
                "name": "Minimum",
                "amount": "5",
                "charges": ["flights"],
                "revenue_category": "usage",
                "effective": {"start": "2013-01-01"},
            }
        ],
    }
    world.publish(Contract.model_validate(terms))
    policy = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {"credit_percent": "1000"}}
    world.publish(Policy.model_validate(policy))
    return world


def bill(world: World, period: str) -> Invoice:
    world.moment = RUN_DAYS[period]
    world.bill(period=period)
    return world.invoice(f"{INC}.{period}.UA")


def differences(invoice: Invoice) -> dict[str, str]:
    return {line.priced.id: line.priced.net.text for line in invoice.lines if line.priced.kind is LineKind.DIFFERENCE}
