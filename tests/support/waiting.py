"""A life whose invoices wait for a person."""

from datetime import UTC, datetime
from typing import Any

from billproof.approvals.policy import Policy
from tests.support.lives import Life, month
from tests.support.world import INC


def waiting(*charges: dict[str, Any]) -> Life:
    """Return a life whose invoices wait, because they are above the limit."""
    life = Life(*charges)
    policy = life.world.directory.policy(INC).model_dump(mode="json")
    policy["thresholds"]["invoice_limit"] = {"USD": "1"}
    life.world.publish(Policy.model_validate({**policy, "version": policy["version"] + 1}))
    return life


def run(life: Life, number: int) -> None:
    life.world.moment = datetime(2013, number + 1, 2, 12, tzinfo=UTC)
    life.world.bill(period=month(number))
    life.world.post_all(period=month(number))
    life.world.recognize(month(number))
