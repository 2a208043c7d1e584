"""A balance of a customer, or a prepaid credit of a contract, that is low is told once."""

from typing import Any

import pytest

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.invoicing.balance import BalanceChange, granted
from tests.support.balances import bill, taken_back, world_with_balances
from tests.support.cash import usd
from tests.support.events import MemoryPositions, MemorySink, published
from tests.support.world import INC, World


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


def prepaid(**changes: Any) -> dict[str, Any]:
    return {"id": "prepaid", "name": "Prepaid", "amount": "100", "effective": {"start": "2013-01-01"}, **changes}


def world_with_credits(*granted_credits: dict[str, Any], **declared: Any) -> World:
    """UA pays 30.00 a month out of prepaid credits."""
    world = world_with_balances()
    (contract,) = world.directory.contracts("UA")
    terms = contract.model_dump(mode="json") | {"version": 2, "credits": list(granted_credits)}
    policy = world.directory.policy(INC)
    world.publish(
        Contract.model_validate(terms),
        Policy.model_validate(policy.model_dump() | {"version": policy.version + 1} | declared),
    )
    return world


def low_credits_of(world: World, *months: str) -> list[tuple[str, str, str, str]]:
    """Bill months, and return what is told of each credit: its id, the invoice's month, what is left, the threshold."""
    sink, positions = MemorySink(), MemoryPositions()
    for month in months:
        bill(world, month)
        for _ in range(2):  # the second call finds nothing new
            published(world, sink, positions=positions)
    low = [event.data for event in sink.events if event.type.endswith("credit.low.v1")]
    return [(one["credit"], one["document"], one["left"]["amount"], one["threshold"]["amount"]) for one in low]


MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")


@pytest.mark.parametrize(
    ("of_contract", "percent", "told"),
    [
        # 100.00: 70.00, 40.00, 10.00 and nothing are left; of an invoice of 30.00 each
        ([prepaid()], "20", [("prepaid", "2013-03", "10", "20")]),
        ([prepaid()], "70.01", [("prepaid", "2013-01", "70", "70.01")]),
        ([prepaid()], "40", [("prepaid", "2013-03", "10", "40")]),  # 40.00 are not below 40.00
        ([prepaid()], "5", [("prepaid", "2013-04", "0", "5")]),
        ([prepaid(amount="1000")], "20", []),
        ([prepaid()], None, []),
        # 10.00 of the first are left in January; of the second 80.00, 50.00 and 20.00 from February on
        (
            [prepaid(id="a", amount="40", priority=1), prepaid(id="b", amount="100", priority=2)],
            "30",
            [("a", "2013-01", "10", "12"), ("b", "2013-04", "20", "30")],
        ),
        # 40.00 of January roll over: 70.00 + 50.00 are 120.00 in February, of which 40 % are 48.00
        (
            [
                prepaid(effective={"start": "2013-01-01", "end": "2013-02-01"}, rolls_over_to="more"),
                prepaid(id="more", amount="50", effective={"start": "2013-02-01"}),
            ],
            "40",
            [("more", "2013-04", "30", "48")],
        ),
    ],
)
def test_a_prepaid_credit_is_low_by_a_share_of_all_that_there_was_and_that_is_told_once(
    of_contract: list[dict[str, Any]], percent: str | None, told: list[tuple[str, str, str, str]]
) -> None:
    world = world_with_credits(*of_contract, **({} if percent is None else {"low_credit_percent": percent}))
    expected = [(credit, f"{INC}.{month}.UA", left, threshold) for credit, month, left, threshold in told]
    assert low_credits_of(world, *MONTHS) == expected


def test_an_invoice_that_is_gone_tells_nothing_of_credits_and_is_told_itself() -> None:
    world = world_with_credits(prepaid(), low_credit_percent="90")
    bill(world, "2013-01")
    for key in [key for key in world.objects.memory.items if key.startswith("invoices/")]:
        del world.objects.memory.items[key]
    sink = MemorySink()
    published(world, sink, positions=MemoryPositions())
    assert "invoice.released.v1" in sink.types
    assert "credit.low.v1" not in sink.types
