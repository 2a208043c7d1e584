"""A generated month in which a source sends events again under new ids, and three exceptions have other causes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.insights.incidents.service import IncidentSources
from billproof.masterdata.parties import Account
from billproof_ops.demo import story
from tests.support.contracts import contract
from tests.support.playing import played_once
from tests.support.world import INC, World, flight

FEBRUARY = "2013-02"
SOURCE = "test/operations"
ACCOUNTS = [f"A{number:02d}" for number in range(50)]
DOUBLED = ACCOUNTS[:40]
UNCOVERED, GROWN, ABROAD = ACCOUNTS[40:43]
EIGHT = [f"B{number}" for number in range(8)]
DAYS = range(3, 13)
FIRST_DOUBLED = 6
REPEATED = f"{INC}.{FEBRUARY}.source.test%2Foperations.usage_repeated"


def _account(name: str, **changes: Any) -> Account:
    wn = next(account for account in story.master_data().accounts if account.id == "WN").model_dump(mode="json")
    return Account.model_validate(wn | {"id": name, "name": name} | changes)


def _flights(month: str, account: str) -> Iterator[dict[str, Any]]:
    """Yield one flight on each of ten days, of 10 USD."""
    return (flight(1, account=account, day=f"{month}-{day:02d}") for day in DAYS)


def _sent_in_february() -> Iterator[dict[str, Any]]:
    for account in ACCOUNTS:
        yield from _flights(FEBRUARY, account)
    for account in DOUBLED:
        for event in list(_flights(FEBRUARY, account))[FIRST_DOUBLED - DAYS[0] :]:
            yield {**event, "id": f"again-{event['id']}"}
    yield flight(2, account=UNCOVERED, day=f"{FEBRUARY}-05", type="flight.cancelled")
    yield from (
        flight(
            10 + number, account=GROWN, day=f"{FEBRUARY}-{day:02d}", time=f"{FEBRUARY}-{day:02d}T0{number}:30:00-05:00"
        )
        for day in DAYS
        for number in range(1, 3)
    )


def limited_policy(version: int, limit: str) -> Policy:
    """The demo's policy with another limit of invoices, under which ana approves up to 2,000.00 USD in all."""
    policy = story.master_data().policies[0].model_dump(mode="json")
    roles = [role | ({"limits": {"USD": "2000"}} if role["id"] == "manager" else {}) for role in policy["roles"]]
    thresholds = policy["thresholds"] | {"invoice_limit": {"USD": limit}}
    return Policy.model_validate(policy | {"version": version, "roles": roles, "thresholds": thresholds})


def terms(account: str, version: int = 1, start: str = "2012-01-01", *, price: str = "10") -> Contract:
    """A price of each flight."""
    flights = {
        "timing": "in_arrears",
        "meter": "flights_handled",
        "revenue_category": "usage",
        "price": {"model": "per_unit", "unit_price": price},
    }
    zone = "America/New_York"
    return contract(
        version, start, id=account, account=account, charges=[flights], time_zone=zone, signed_by=f"v{version}@import"
    )


def _publish(world: World, accounts: Sequence[str]) -> None:
    world.publish(limited_policy(2, "150"), *map(_account, accounts), *map(terms, accounts))


@played_once
def doubled_february() -> World:
    """Bill January clean and February doubled.

    Each of 50 accounts has 10 flights of 10 USD in both months. In February the flights of 40 accounts come twice from
    the 6th on, 17 in all: 170 USD, over the limit of 150. One account cancels a flight, which no contract covers; one
    has 30 real flights; one moved to Germany without a tax number.
    """
    world = World(accounts=())
    _publish(world, ACCOUNTS)
    world.ingest([event for name in ACCOUNTS for event in _flights("2013-01", name)], per_message=500)
    world.bill()
    address = _account(ABROAD).address.model_dump(mode="json") | {"city": "Hamburg", "region": None, "country": "DE"}
    world.publish(_account(ABROAD, version=2, address=address))
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.ingest(list(_sent_in_february()), per_message=500)
    world.bill(INC, FEBRUARY)
    world.call_limits.burst = 1_000_000
    return world


def incident_sources(world: World) -> IncidentSources:
    return IncidentSources(
        exception_store=world.exception_store,
        objects=world.objects,
        records=world.runs,
        directory=world.directory,
        policies=world.policies,
    )


@played_once
def eight_accounts() -> World:
    """Bill January of eight accounts clean: 10 flights of 10 USD each, under a limit of 150."""
    world = World(accounts=())
    _publish(world, EIGHT)
    world.ingest([event for name in EIGHT for event in _flights("2013-01", name)], per_message=500)
    world.bill()
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    return world


def bill_february(world: World, *, without_distance: Sequence[str] = ()) -> None:
    """Bill February of the eight; of some a flight on the 4th is refused, since it has no distance."""
    events = [event for name in EIGHT for event in _flights(FEBRUARY, name)]
    nothing = {"distance": None}
    events += [flight(7, account=name, day=f"{FEBRUARY}-04", data=nothing) for name in without_distance]
    world.ingest(events, per_message=500)
    world.bill(INC, FEBRUARY)
