"""A customer who is left a balance: 30.00 a month, and flights that are billed and taken back."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billproof.approvals.policy import Policy
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.invoicing.balance import BalanceStatement, statement_of
from billproof.invoicing.model import Released
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.world import INC, World, flight

JAN, FEB, MAR, APR = "2013-01", "2013-02", "2013-03", "2013-04"
BALANCE, RECEIVABLE = "2300", story.master_data().legal_entities[0].chart_of_accounts.receivable
WIDE_OPEN = {"usage_drop_percent": "100", "usage_spike_percent": "100000", "credit_percent": "100000"}


def world_with_balances(limit: str | None = "1000", *, state: str = "IL", account: str | None = BALANCE) -> World:
    """UA, in a state without tax or in New York, pays 30.00 a month and 1.00 a flight."""
    world = World(master_data=False)
    demo = story.master_data()
    entity = demo.legal_entities[0].model_dump(mode="json")
    chart = {**entity["chart_of_accounts"], "customer_balance": account, "bad_debt": "6800"}
    limits = {} if limit is None else {"USD": limit}
    world.publish(LegalEntity.model_validate({**entity, "chart_of_accounts": chart, "balance_limits": limits}))
    policy = demo.policies[0].model_dump(mode="json")
    world.publish(*demo.meters, Policy.model_validate({**policy, "thresholds": WIDE_OPEN}))
    like = next(each for each in demo.accounts if each.address.region == state and each.legal_entity == INC)
    world.publish(like.model_copy(update={"id": "UA", "parent": None}))
    charge = {"product": "p", "revenue_category": "usage", "effective": {"start": "2013-01-01"}, "timing": "in_arrears"}
    contract = {
        "id": "ua",
        "account": "UA",
        "version": 1,
        "signed_by": "someone",
        "effective": {"start": "2013-01-01"},
        "currency": "USD",
        "time_zone": "America/New_York",
        "charges": [
            {**charge, "id": "fee", "name": "Fee", "price": {"model": "flat", "amount": "30"}},
            {
                **charge,
                "id": "flights",
                "name": "Flights",
                "meter": "flights_handled",
                "price": {"model": "per_unit", "unit_price": "1"},
            },
        ],
    }
    world.publish(Contract.model_validate(contract))
    return world


def events(number: int) -> list[dict[str, Any]]:
    return [flight(each) for each in range(number)]


def back(event: dict[str, Any]) -> dict[str, Any]:
    """Take an event back."""
    return event | {"id": f"back-{event['id']}", "retracts": event["id"], "data": {}}


def bill(world: World, month: str) -> Released | None:
    after = Period.month(month).end
    world.moment = max(world.moment, datetime(after.year, after.month, 3, 12, tzinfo=UTC))
    world.bill(period=month)
    released = world.register.released(f"{INC}.{month}.UA")
    if released is not None:
        world.post(released.invoice)
    return released


def taken_back(world: World, flights: int = 150) -> Released | None:
    """Bill January with its flights, take them all back, and bill February."""
    world.ingest(events(flights))
    bill(world, JAN)
    world.ingest([back(event) for event in events(flights)])
    return bill(world, FEB)


def statement(world: World, **days: Any) -> BalanceStatement:
    entries = world.register.balances.entries(INC, "UA", "USD")
    return statement_of(entries, legal_entity=INC, account="UA", currency="USD", **days)


def table(world: World) -> list[str]:
    rows = [f"{entry.number} {entry.change.change} {entry.change.after.amount}" for entry in statement(world).entries]
    return [row.replace(" USD", "") for row in rows]


def in_books(world: World, account: str) -> str:
    documents = world.records["ledger"].items.items()
    lines = [line for key, entry in documents if key.partition.startswith("documents#") for line in entry["lines"]]
    found = sum((Decimal(line["amount"]["amount"]) for line in lines if line["account"] == account), Decimal(0))
    return f"{found:.2f}"


def holds(world: World, month: str, number: int = 1) -> bool:
    run = f"{INC}-{month}-{number:03}"
    proof = prove_run(run, stores=world.stores())
    assert proof.differences == ()
    assert balance_run(run, stores=world.stores()).balances
    return proof.holds and world.reconcile(period=month).variances == ()
