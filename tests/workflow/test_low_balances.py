"""A customer's balance that is low, by an amount or by a share of what was left to it, is told once."""

from typing import Any

import pytest

from billproof.approvals.policy import Policy
from billproof.invoicing.balance import BalanceChange, granted
from tests.support.balances import bill, taken_back, world_with_balances
from tests.support.cash import usd
from tests.support.events import MemoryPositions, MemorySink, published
from tests.support.world import INC


@pytest.mark.parametrize(
    ("declared", "balance", "threshold"),
    [
        # 120.00 are left in February; March, April, May and June draw 30.00 each
        ({"low_balance_percent": "40"}, "30.00", "48.00"),
        ({"low_balance_percent": "10"}, "0.00", "12.00"),
        ({"low_balance_percent": "58.333"}, "60.00", "70.00"),
        ({"low_balance_percent": "100"}, "90.00", "120.00"),
        ({"low_balance_percent": "40", "low_balance": {"USD": "100"}}, "90.00", "100"),
        ({"low_balance_percent": "40", "low_balance": {"USD": "20", "EUR": "100"}}, "30.00", "48.00"),
    ],
)
def test_a_balance_is_low_by_a_share_of_what_was_left_to_it_and_that_is_told_once(
    declared: dict[str, Any], balance: str, threshold: str
) -> None:
    world = world_with_balances()
    policy = world.directory.policy(INC)
    world.publish(Policy.model_validate(policy.model_dump() | {"version": policy.version + 1} | declared))
    taken_back(world)
    sink, positions = MemorySink(), MemoryPositions()
    for month in ("2013-03", "2013-04", "2013-05", "2013-06"):
        bill(world, month)
        published(world, sink, positions=positions)
    balances = [entry.change.after.amount.amount for entry in world.register.balances.entries(INC, "UA", "USD")]
    assert balances == [120, 90, 60, 30, 0]
    low = [event.data for event in sink.events if event.type.endswith("balance.low.v1")]
    assert [(usd(event["balance"]["amount"]), usd(event["threshold"]["amount"])) for event in low] == [
        (usd(balance), usd(threshold))
    ]


def test_what_was_left_to_a_balance_counts_since_it_was_last_used_up() -> None:
    def change(opening: str, amount: str) -> BalanceChange:
        worth = {"opening": usd(opening), "change": usd(amount)}
        return BalanceChange(ordinal=1, opening_booked=usd("0"), change_booked=usd("0"), **worth)

    first = [change("0", "100.00"), change("100.00", "-60.00"), change("40.00", "20.00")]
    assert granted(first) == usd("120.00")
    used_up = [*first, change("60.00", "-60.00")]
    assert granted(used_up) == usd("120.00")
    assert granted([*used_up, change("0", "30.00"), change("30.00", "-1.00")]) == usd("30.00")
    assert granted([]) is None
